//! Why a program with a key gets no answer.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use pagerduty_connect::{
    ApiKey, Error,
    api_key::{KeyRefused, KeyScope},
};

use crate::refusal::{Refusal, SOON};

pub(crate) struct Refused(Refusal);

impl Refused {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl ToString) -> Self {
        Self(Refusal::new(status, code, message))
    }

    pub(super) fn bad(message: impl ToString) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", message)
    }

    pub(super) fn no_key() -> Self {
        let why =
            "send a key: `Authorization: Bearer pdc_…`. The operator issues one by `pdconnect keys create`";
        Self(Refusal::new(StatusCode::UNAUTHORIZED, "no-key", why).challenge("Bearer"))
    }

    pub(super) fn key(why: KeyRefused) -> Self {
        let code = match why {
            KeyRefused::Unknown => "key-unknown",
            KeyRefused::Expired => "key-expired",
            KeyRefused::Revoked => "key-revoked",
        };
        tracing::warn!(target: "security", event = "key.refused", reason = code);
        let why = format!("{why} (`pdconnect keys create`)");
        let refusal = Refusal::new(StatusCode::UNAUTHORIZED, code, why);
        Self(refusal.challenge("Bearer error=\"invalid_token\""))
    }

    pub(super) fn scope(key: &ApiKey, needed: KeyScope) -> Self {
        tracing::warn!(target: "security", event = "key.out-of-scope", key = key.id, needed = needed.name());
        let why = format!(
            "this key may not do that: it lacks “{}”. The operator issues another by `pdconnect keys create`",
            needed.name()
        );
        let refusal = Refusal::new(StatusCode::FORBIDDEN, "key-out-of-scope", why);
        Self(refusal.challenge("Bearer error=\"insufficient_scope\""))
    }

    pub(super) fn nobody() -> Self {
        let why = "this user has no connection. Make a link (`POST /v1/links`) and send their browser there";
        Self::new(StatusCode::NOT_FOUND, "not-connected", why)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        let reconnect = |why| Refusal::new(StatusCode::CONFLICT, "needs-reconnect", why);
        let later = |code, why| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, code, why);
        Self(match error {
            Error::NotConnected => return Self::nobody(),
            Error::NeedsReconnect(reason) => reconnect(
                "the connection is over, and only the user can mend it. Make a link (`POST /v1/links`) and send their browser there",
            )
            .with("reason", reason.code()),
            Error::Tampered => reconnect(
                "what is stored of this connection does not open. Make a link (`POST /v1/links`) and send the user's browser there",
            ),
            Error::EmptyFilter => Refusal::new(StatusCode::BAD_REQUEST, "empty-filter", error),
            Error::Unfinished { .. } => {
                Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error.code(), error).wait(SOON)
            }
            Error::Later { wait, .. } => {
                later("later", "PagerDuty cannot be asked for a new token now; nothing is lost").wait(wait)
            }
            Error::Misconfigured => Refusal::new(
                StatusCode::BAD_GATEWAY,
                "misconfigured",
                "PagerDuty does not accept this app's client ID and secret; the operator must mend that (`pdconnect doctor` tells more)",
            ),
            other => later(other.code(), "this app cannot do that right now; nothing is lost").wait(SOON),
        })
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}
