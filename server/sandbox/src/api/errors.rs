//! The API's error bodies (PagerDuty docs, “Errors”).

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::state::Consent;
use crate::switches::{Switches, UnauthorizedBody};

pub(super) async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({ "error": { "message": "Not Found", "code": 2100 } })))
        .into_response()
}

pub(super) async fn method_not_allowed() -> Response {
    let body = json!({ "error": { "message": "Method Not Allowed" } });
    (StatusCode::METHOD_NOT_ALLOWED, Json(body)).into_response()
}

pub(super) fn unauthorized(switches: &Switches) -> Response {
    match switches.unauthorized_body {
        UnauthorizedBody::Json => {
            let body = json!({ "error": { "message": "Authentication failed", "code": 2006 } });
            (StatusCode::UNAUTHORIZED, Json(body)).into_response()
        }
        UnauthorizedBody::EmptyHtml => {
            (StatusCode::UNAUTHORIZED, [(header::CONTENT_TYPE, "text/html")]).into_response()
        }
    }
}

/// The one error without a code: scopes as strings instead.
pub(super) fn missing_scope(required: &str, consent: &Consent) -> Response {
    let body = json!({ "error": {
        "message": "Token missing required scopes",
        "required_scopes": required,
        "token_scopes": consent.scope(),
    } });
    (StatusCode::FORBIDDEN, Json(body)).into_response()
}

pub(super) fn bad_arguments(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(arguments(why))).into_response()
}

pub(super) fn not_acceptable() -> Response {
    let why = "Accept must be application/vnd.pagerduty+json;version=2";
    (StatusCode::NOT_ACCEPTABLE, Json(arguments(why))).into_response()
}

fn arguments(why: &str) -> Value {
    json!({ "error": { "message": "Arguments Caused Error", "code": 2002, "errors": [why] } })
}

pub(super) fn too_many(bare: bool) -> Response {
    if bare {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    }
    let body = json!({ "error": { "message": "Rate Limit Exceeded", "code": 2020 } });
    (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response()
}
