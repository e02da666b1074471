//! Why there is no answer: a status, a word for programs, a sentence for people.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use pagerduty_connect::{
    ApiKey, Error,
    api_key::{KeyRefused, KeyScope},
};
use serde_json::json;

/// A database that restarts is back by then.
const RETRY_AFTER_SECS: u64 = 5;

pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// Of the connection, where only the person can mend it.
    reason: Option<&'static str>,
    retry_after: Option<u64>,
    /// RFC 6750 §3.
    challenge: Option<&'static str>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl ToString) -> Self {
        let message = message.to_string();
        Self { status, code, message, reason: None, retry_after: None, challenge: None }
    }

    pub(super) fn bad(message: impl ToString) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", message)
    }

    pub(super) fn no_key() -> Self {
        let why =
            "send a key: `Authorization: Bearer pdc_…`. The operator issues one by `pdconnect keys create`";
        Self { challenge: Some("Bearer"), ..Self::new(StatusCode::UNAUTHORIZED, "no-key", why) }
    }

    pub(super) fn key(why: KeyRefused) -> Self {
        let code = match why {
            KeyRefused::Unknown => "key-unknown",
            KeyRefused::Expired => "key-expired",
            KeyRefused::Revoked => "key-revoked",
        };
        tracing::warn!(target: "security", event = "key.refused", reason = code);
        let challenge = Some("Bearer error=\"invalid_token\"");
        Self { challenge, ..Self::new(StatusCode::UNAUTHORIZED, code, why) }
    }

    pub(super) fn scope(key: &ApiKey, needed: KeyScope) -> Self {
        tracing::warn!(target: "security", event = "key.out-of-scope", key = key.id, needed = needed.name());
        let why = format!(
            "this key may not do that: it lacks “{}”. The operator issues another by `pdconnect keys create`",
            needed.name()
        );
        let challenge = Some("Bearer error=\"insufficient_scope\"");
        Self { challenge, ..Self::new(StatusCode::FORBIDDEN, "key-out-of-scope", why) }
    }

    pub(super) fn nobody() -> Self {
        let why = "this user has no connection. Make a link (`POST /v1/links`) and send their browser there";
        Self::new(StatusCode::NOT_FOUND, "not-connected", why)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::NotConnected => Self::nobody(),
            Error::NeedsReconnect(reason) => {
                let why = "the connection is over, and only the user can mend it. Make a link (`POST /v1/links`) and send their browser there";
                Self {
                    reason: Some(reason.code()),
                    ..Self::new(StatusCode::CONFLICT, "needs-reconnect", why)
                }
            }
            Error::Tampered => {
                let why = "what is stored of this connection does not open. Make a link (`POST /v1/links`) and send the user's browser there";
                Self::new(StatusCode::CONFLICT, "needs-reconnect", why)
            }
            Error::EmptyFilter => Self::new(StatusCode::BAD_REQUEST, "empty-filter", error),
            Error::Later { wait, .. } => Self {
                retry_after: Some(wait.as_secs().max(1)),
                ..Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "later",
                    "PagerDuty cannot be asked for a new token now; nothing is lost",
                )
            },
            Error::Misconfigured => Self::new(
                StatusCode::BAD_GATEWAY,
                "misconfigured",
                "PagerDuty does not accept this app's client ID and secret; the operator must mend that (`pdconnect doctor` tells more)",
            ),
            other => Self {
                retry_after: Some(RETRY_AFTER_SECS),
                ..Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    other.code(),
                    "this app cannot do that right now; nothing is lost",
                )
            },
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let (Some(reason), Some(error)) = (self.reason, error.as_object_mut()) {
            error.insert("reason".into(), reason.into());
        }
        let mut response = (self.status, Json(json!({ "error": error }))).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(challenge) = self.challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}
