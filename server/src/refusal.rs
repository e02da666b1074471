//! Why there is no answer, for programs: a status, a word, and a sentence for the people behind them.
//!
//! ```json
//! { "error": { "code": "later", "message": "there is no fresh token at the moment" } }
//! ```

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

/// A database that restarts is back by then.
pub(crate) const SOON: Duration = Duration::from_secs(5);

pub(crate) struct Refusal {
    status: StatusCode,
    error: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl ToString) -> Self {
        let error = [("code", code.to_owned()), ("message", message.to_string())];
        let error = error.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        Self { status, error, headers: Vec::new() }
    }

    /// One thing more that a program may want to know.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.error.insert(name.to_owned(), value.into());
        self
    }

    /// When to ask again, in whole seconds.
    pub(crate) fn wait(mut self, wait: Duration) -> Self {
        self.headers.push((header::RETRY_AFTER, wait.as_secs().max(1).into()));
        self
    }

    /// What to send instead (RFC 6750 §3).
    pub(crate) fn challenge(mut self, challenge: &'static str) -> Self {
        self.headers.push((header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge)));
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(json!({ "error": self.error }))).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}
