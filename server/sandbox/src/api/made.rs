//! Answers that are one thing: made just now, changed, or asked for by its id.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Map, Value};

use super::errors;

pub(super) fn made(key: &str, thing: Value) -> Response {
    let body = Map::from_iter([(key.to_owned(), thing)]);
    (StatusCode::CREATED, Json(body)).into_response()
}

/// One thing by its id, under its name; 404 where there is none.
pub(super) async fn one_found(name: &str, found: Option<Value>) -> Result<Response, Response> {
    let Some(found) = found else { return Err(errors::not_found().await) };
    Ok(told(name, found))
}

/// One thing under its name, as it is now.
pub(super) fn told(name: &str, thing: Value) -> Response {
    Json(Map::from_iter([(name.to_owned(), thing)])).into_response()
}

/// What was asked to go is gone.
pub(super) fn gone() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
