//! PagerDuty's API behind a session: `GET /api/pagerduty/services?limit=5`.
//!
//! What can be read is what PagerDuty documents: see [`pagerduty::Read`]. The host
//! is always PagerDuty's, the token is the session's person's own, and what comes
//! back is the JSON and nothing else of the answer.

use app::ssr::AppState;
use axum::{
    Json,
    extract::{OriginalUri, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use pagerduty::{Error as ApiError, NoRead, Read};
use pagerduty_connect::Error;
use serde_json::Value;
use url::form_urlencoded;

use crate::refusal::{Refusal, SOON};

const PREFIX: &str = "/api/pagerduty";

/// Why a person's program gets no answer.
pub(crate) struct Refused(Refusal);

pub(crate) async fn read(
    State(state): State<AppState>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Json<Value>, Refused> {
    // Nobody else's page has business here: it could spend the person's calls.
    if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        let why = "another site's page may not read this";
        return Err(Refused(Refusal::new(StatusCode::FORBIDDEN, "cross-site", why)));
    }
    let connect = &state.connect;
    let session = connect.session(&headers).await?.ok_or(Error::NotConnected)?;
    // As it was sent: nothing in it is decoded, and so nothing decodes to something else.
    let path = uri.path().strip_prefix(PREFIX).unwrap_or_default();
    let query: Vec<_> = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).collect();
    let read = Read::parse(path, query.iter().map(|(key, value)| (&**key, &**value)))?;
    let (client, read) = (connect.client(), &read);
    let told = connect.call(&session.user, |it| async move { it.api(client).tell(read).await }).await?;
    Ok(Json(told.body))
}

impl From<NoRead> for Refused {
    fn from(error: NoRead) -> Self {
        let status = if error == NoRead::Unknown { StatusCode::NOT_FOUND } else { StatusCode::BAD_REQUEST };
        Self(Refusal::new(status, "no-read", error))
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        let later = |code, why| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, code, why);
        Self(match error {
            Error::Api(error) => return error.into(),
            e if e.is_reconnect_required() => Refusal::new(StatusCode::UNAUTHORIZED, e.code(), e),
            Error::Later { wait, .. } => later("later", "there is no fresh token at the moment").wait(wait),
            e => later(e.code(), "this app cannot do that right now").wait(SOON),
        })
    }
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self(match error {
            ApiError::MissingScope { ref required } => {
                Refusal::new(StatusCode::FORBIDDEN, "missing-scope", &error).with("required_scopes", required)
            }
            ApiError::RateLimited { wait } => {
                let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", &error);
                match wait {
                    Some(wait) => refusal.wait(wait),
                    None => refusal,
                }
            }
            ApiError::Status { status: told @ 400..=499, .. } => {
                let status = StatusCode::from_u16(told).unwrap_or(StatusCode::BAD_GATEWAY);
                Refusal::new(status, "refused", &error)
            }
            ApiError::BeyondReach { .. } => Refusal::new(StatusCode::BAD_REQUEST, "beyond-reach", &error),
            _ => {
                tracing::warn!(event = "api.trouble", cause = error.kind());
                let why = "PagerDuty's answer did not come, or made no sense";
                Refusal::new(StatusCode::BAD_GATEWAY, "no-answer", why)
            }
        })
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}
