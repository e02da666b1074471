//! PagerDuty's API behind a session: `GET /api/pagerduty/services?limit=5`.
//!
//! What can be read is what PagerDuty documents: see [`pagerduty::Read`]. The host
//! is always PagerDuty's, the token is the session's person's own, and what comes
//! back is the JSON and nothing else of the answer.

use std::time::Duration;

use app::ssr::AppState;
use axum::{
    Json,
    extract::{OriginalUri, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use pagerduty::{Error as ApiError, NoRead, Read};
use pagerduty_connect::Error;
use serde_json::{Value, json};
use url::form_urlencoded;

const PREFIX: &str = "/api/pagerduty";
/// A database that restarts is back by then.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Why there is no answer.
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// Scopes that would help.
    scopes: Option<String>,
    wait: Option<Duration>,
}

pub(crate) async fn read(
    State(state): State<AppState>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    // Nobody else's page has business here: it could spend the person's calls.
    if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        let why = "another site's page may not read this";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "cross-site", why));
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

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl ToString) -> Self {
        Self { status, code, message: message.to_string(), scopes: None, wait: None }
    }
}

impl From<NoRead> for Refusal {
    fn from(error: NoRead) -> Self {
        let status = if error == NoRead::Unknown { StatusCode::NOT_FOUND } else { StatusCode::BAD_REQUEST };
        Self::new(status, "no-read", error)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Api(error) => error.into(),
            e if e.is_reconnect_required() => Self::new(StatusCode::UNAUTHORIZED, e.code(), e),
            Error::Later { wait, .. } => Self {
                wait: Some(wait),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "later", "there is no fresh token at the moment")
            },
            e => Self {
                wait: Some(RETRY_AFTER),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, e.code(), "this app cannot do that right now")
            },
        }
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::MissingScope { ref required } => Self {
                scopes: Some(required.clone()),
                ..Self::new(StatusCode::FORBIDDEN, "missing-scope", &error)
            },
            ApiError::RateLimited { wait } => {
                Self { wait, ..Self::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", &error) }
            }
            ApiError::Status { status: told @ 400..=499, .. } => {
                let status = StatusCode::from_u16(told).unwrap_or(StatusCode::BAD_GATEWAY);
                Self::new(status, "refused", &error)
            }
            ApiError::BeyondReach { .. } => Self::new(StatusCode::BAD_REQUEST, "beyond-reach", &error),
            _ => {
                tracing::warn!(event = "api.trouble", cause = error.kind());
                Self::new(
                    StatusCode::BAD_GATEWAY,
                    "no-answer",
                    "PagerDuty's answer did not come, or made no sense",
                )
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { status, code, message, scopes, wait } = self;
        let error = match scopes {
            Some(scopes) => json!({ "code": code, "message": message, "required_scopes": scopes }),
            None => json!({ "code": code, "message": message }),
        };
        let mut response = (status, Json(json!({ "error": error }))).into_response();
        if let Some(wait) = wait {
            let seconds = HeaderValue::from(wait.as_secs().max(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}
