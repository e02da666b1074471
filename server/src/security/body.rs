//! Bodies are read whole before a handler sees them: at most this large, at
//! most this slow. What arrives with a length, in chunks or dripping byte by
//! byte is all the same afterwards.
//!
//! Forms with files are another matter. Their handlers read them themselves, by
//! [`read_upload`] once it is known who sends it, or by [`read_small`].

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{Method, StatusCode},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use pagerduty::import::table::MAX_BYTES;

use super::{Policy, Refused, refuse};

const MAX_BODY_BYTES: usize = 64 << 10;
const PATIENCE: Duration = Duration::from_secs(10);

/// Where tables are sent.
pub(super) const IMPORTS: &str = "/import";
/// A file and what the form says beside it.
const MAX_UPLOAD_BYTES: usize = MAX_BYTES + (16 << 10);
const UPLOAD_PATIENCE: Duration = Duration::from_secs(60);
/// What is too large is still heard to its end, up to here: a browser that is cut off shows no answer.
const MAX_HEARD_BYTES: usize = 64 << 20;

/// Why there is no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoUpload {
    TooLarge,
    BrokeOff,
    TooSlow,
}

/// The body of a form with a file. Nothing is kept of one that is too large.
pub(crate) async fn read_upload(body: Body) -> Result<Bytes, NoUpload> {
    read_up_to(body, MAX_UPLOAD_BYTES).await
}

/// The body of a form with a file that is never large. What is beyond that is heard, and not kept.
pub(crate) async fn read_small(body: Body) -> Result<Bytes, NoUpload> {
    read_up_to(body, MAX_BODY_BYTES).await
}

/// Hears a body to its end, so that whoever sends it hears the answer.
pub(crate) async fn hear_out(body: Body) {
    _ = read_up_to(body, 0).await;
}

async fn read_up_to(mut body: Body, most: usize) -> Result<Bytes, NoUpload> {
    let reading = async {
        let (mut kept, mut heard) = (Vec::new(), 0);
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| NoUpload::BrokeOff)?.into_data() else { continue };
            heard += data.len();
            if heard <= most {
                kept.extend_from_slice(&data);
            } else {
                kept = Vec::new();
            }
            if heard > MAX_HEARD_BYTES {
                break;
            }
        }
        if heard > most { Err(NoUpload::TooLarge) } else { Ok(Bytes::from(kept)) }
    };
    tokio::time::timeout(UPLOAD_PATIENCE, reading).await.unwrap_or(Err(NoUpload::TooSlow))
}

pub(super) async fn read_whole(policy: &Policy, request: Request) -> Result<Request, Refused> {
    if request.method() == Method::POST && policy.0.uploads.contains(&request.uri().path()) {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let reading = tokio::time::timeout(PATIENCE, Limited::new(body, MAX_BODY_BYTES).collect());
    let bytes: Bytes = match reading.await {
        Ok(Ok(whole)) => whole.to_bytes(),
        Ok(Err(e)) if e.is::<LengthLimitError>() => {
            return Err(refuse(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "That is more than this app takes at once.",
            ));
        }
        Ok(Err(_)) => return Err(refuse(StatusCode::BAD_REQUEST, "broke-off", "The request broke off.")),
        Err(_) => {
            return Err(refuse(
                StatusCode::REQUEST_TIMEOUT,
                "too-slow",
                "The request took too long to arrive.",
            ));
        }
    };
    Ok(Request::from_parts(parts, Body::from(bytes)))
}
