//! The userinfo endpoint (OpenID Connect Core §5.3), with the three claims known of PagerDuty's.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;

use crate::api;
use crate::state::Here;

pub(crate) async fn show(State(here): State<Here>, headers: HeaderMap) -> Response {
    let world = &here.world;
    let consent = api::bearer(world, &headers);
    let Some((consent, person)) =
        consent.as_ref().and_then(|consent| Some((consent, world.person(consent.person.as_deref()?)?)))
    else {
        // RFC 6750 §3.1.
        let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)]).into_response();
    };
    let body = json!({
        "sub": person.id,
        "user_id": person.id,
        "account_id": consent.region.account_id(),
        "subdomain": consent.region.subdomain(),
    });
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(body)).into_response()
}
