//! The pages' stylesheet and icon.

use axum::response::{IntoResponse, Response};
use http::header::{self, HeaderValue};

pub(super) async fn stylesheet() -> Response {
    file("text/css; charset=utf-8", include_str!("pages.css"))
}

pub(super) async fn icon() -> Response {
    file("image/svg+xml", include_str!("icon.svg"))
}

fn file(media_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, text).into_response()
}
