//! The API's error bodies (PagerDuty docs, “Errors”).

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::faults::LOCKED;
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

/// Code 2001: what was sent breaks rules, each told in a sentence.
pub(super) fn invalid(why: &[String]) -> Response {
    let body = json!({ "error": { "message": "Invalid Input Provided", "code": 2001, "errors": why } });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

/// Another write has the account; it passes by itself.
pub(super) fn locked() -> Response {
    invalid(&[LOCKED.to_owned()])
}

/// The role of the person does not allow it.
pub(super) fn access_denied() -> Response {
    coded(403, 2010, "Access Denied")
}

/// The account's plan does not include it.
pub(super) fn missing_ability(ability: &str) -> Response {
    let why = format!("Your account does not have the {ability} ability");
    let body = json!({ "error": { "message": "Missing Account Ability", "code": 2014, "errors": [why] } });
    (StatusCode::PAYMENT_REQUIRED, Json(body)).into_response()
}

pub(super) fn missing(what: &str) -> Response {
    coded(404, 2100, &format!("{what} Not Found"))
}

pub(super) fn coded(status: u16, code: u32, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(json!({ "error": { "message": message, "code": code } }))).into_response()
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
