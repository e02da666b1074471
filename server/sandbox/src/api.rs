//! The REST API, of the region whose listener it is.

mod errors;
mod guard;
mod rate;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use http::{HeaderMap, header};

use crate::avatar;
use crate::state::{Consent, Here, World};

pub(crate) use rate::Rates;

pub(crate) fn routes(here: &Here) -> Router {
    let api = Router::new()
        .route("/users/me", get(users::me))
        .fallback(errors::not_found)
        .method_not_allowed_fallback(errors::method_not_allowed)
        .layer(from_fn_with_state(here.clone(), guard::api));
    Router::new().route("/avatars/{file}", get(avatar::show)).merge(api).with_state(here.clone())
}

/// Whose token the request carries, if it is a good one (RFC 6750 §2.1: in the header, nowhere else).
pub(crate) fn bearer(world: &World, headers: &HeaderMap) -> Option<Arc<Consent>> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let now = world.clock.now();
    world.ledger().bearer(token.trim(), now).map(|token| Arc::clone(&token.consent))
}
