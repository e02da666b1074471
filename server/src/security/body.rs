//! Bodies are read whole before a handler sees them: at most this large, at
//! most this slow. What arrives with a length, in chunks or dripping byte by
//! byte is all the same afterwards.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::StatusCode,
    response::Response,
};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::refuse;

const MAX_BODY_BYTES: usize = 64 << 10;
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn read_whole(request: Request) -> Result<Request, Response> {
    let (parts, body) = request.into_parts();
    let reading = tokio::time::timeout(PATIENCE, Limited::new(body, MAX_BODY_BYTES).collect());
    let bytes: Bytes = match reading.await {
        Ok(Ok(whole)) => whole.to_bytes(),
        Ok(Err(e)) if e.is::<LengthLimitError>() => {
            return Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, "That is more than this app takes at once."));
        }
        Ok(Err(_)) => return Err(refuse(StatusCode::BAD_REQUEST, "The request broke off.")),
        Err(_) => return Err(refuse(StatusCode::REQUEST_TIMEOUT, "The request took too long to arrive.")),
    };
    Ok(Request::from_parts(parts, Body::from(bytes)))
}
