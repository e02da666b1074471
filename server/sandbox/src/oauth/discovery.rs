//! What a client can learn without asking anybody: metadata (OpenID Connect Discovery §3) and keys.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::state::Here;

pub(crate) async fn jwks(State(here): State<Here>) -> Response {
    let keys = here.world.keys().jwks();
    Json(keys).into_response()
}

/// The issuer follows its switch, but every endpoint is here: a client sent to the real host would leave the
/// sandbox.
pub(crate) async fn document(State(here): State<Here>) -> Response {
    let base = &here.world.addresses.main;
    let mut scopes = here.world.switches().app_scopes();
    scopes.insert(0, "openid".to_owned());
    Json(json!({
        "issuer": here.world.issuer(),
        "authorization_endpoint": format!("{base}/global/oauth/authorize"),
        "token_endpoint": format!("{base}/global/oauth/token"),
        "revocation_endpoint": format!("{base}/global/oauth/revoke"),
        "userinfo_endpoint": format!("{base}/global/oauth/userinfo"),
        "jwks_uri": format!("{base}/global/oauth/anonymous/jwks"),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        // As seen in PagerDuty's own metadata, though its page allows S256 only, and so does `authorize`.
        "code_challenge_methods_supported": ["S256", "plain"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "authorization_response_iss_parameter_supported": true,
    }))
    .into_response()
}
