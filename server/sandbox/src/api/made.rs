//! The answer to a request that made something.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Map, Value};

pub(super) fn made(key: &str, thing: Value) -> Response {
    let body = Map::from_iter([(key.to_owned(), thing)]);
    (StatusCode::CREATED, Json(body)).into_response()
}
