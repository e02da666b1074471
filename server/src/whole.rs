//! Pages are sent whole, their length first. They are rendered to the end before their first byte goes out
//! (`SsrMode::Async`), but as a stream whose own end comes a moment later: a process that died in between would leave a
//! page that was cut off, which no proxy can ask another replica for any more.

use axum::{
    body::{Body, HttpBody, to_bytes},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

pub(crate) async fn pages(response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_page = kind.is_some_and(|it| it.as_bytes().starts_with(b"text/html"));
    if !is_page || response.body().size_hint().exact().is_some() {
        return response;
    }
    let (parts, body) = response.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(page) => Response::from_parts(parts, Body::from(page)),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
