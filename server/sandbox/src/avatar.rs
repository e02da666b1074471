//! Avatars, drawn when asked for: a person before an evening sky, in colours of their own.

mod canvas;
mod png;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::state::Here;

pub(crate) async fn show(State(here): State<Here>, Path(file): Path<String>) -> Response {
    let person = file.strip_suffix(".png").and_then(|id| here.world.company.by_id(id));
    let Some(person) = person.filter(|person| person.has_avatar) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/png")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    ];
    (headers, png::encode(canvas::SIZE, &canvas::portrait(&person.id))).into_response()
}
