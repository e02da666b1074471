//! PagerDuty's identity service: the OAuth endpoints, the pages a person sees, the signed id_token.

mod authorize;
mod callback;
mod consent;
mod discovery;
mod grants;
mod id_token;
mod keys;
mod login;
mod pages;
mod revoke;
mod scopes;
mod token;
mod token_request;
mod userinfo;

use axum::Router;
use axum::routing::{get, post};

use crate::state::Here;

pub(crate) use keys::{KeyRing, SigningKey};

/// Both families of paths: those PagerDuty's page documents, and those its metadata name.
pub(crate) fn routes(here: &Here) -> Router {
    let mut routes = Router::new();
    for family in ["/oauth", "/global/oauth"] {
        routes = routes
            .route(&format!("{family}/authorize"), get(authorize::show))
            .route(&format!("{family}/token"), post(token::exchange).options(token::preflight))
            .route(&format!("{family}/revoke"), post(revoke::revoke).options(token::preflight));
    }
    routes
        .route("/oauth/authorize/login", get(login::show).post(login::submit))
        .route("/oauth/authorize/consent", get(consent::show).post(consent::decide))
        .route("/global/oauth/userinfo", get(userinfo::show).post(userinfo::show))
        .route("/global/oauth/anonymous/jwks", get(discovery::jwks))
        .route("/global/oauth/anonymous/.well-known/openid-configuration", get(discovery::document))
        .with_state(here.clone())
}
