//! The one private request path.

use std::time::Duration;

use http::{HeaderMap, Method, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Api, answer};
use crate::{
    Error,
    http::{API_TIMEOUT, Answer, MAX_API_BYTES},
    page::Query,
    rate::{Limit, Turn},
};

const ACCEPT: &str = "application/vnd.pagerduty+json;version=2";
/// Longest id; PagerDuty's have seven characters, or fourteen.
const MAX_ID: usize = 32;

/// A request: where to, with what.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    method: Method,
    /// Under the API's address, without a slash before it: `users/me`.
    path: String,
    query: Query,
    body: Option<Value>,
    with_from: bool,
}

impl Ask {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), query: Query::default(), body: None, with_from: false }
    }

    pub(crate) fn write(method: Method, path: impl Into<String>, body: Option<Value>) -> Self {
        Self { method, path: path.into(), query: Query::default(), body, with_from: false }
    }

    pub(crate) fn query(mut self, query: Query) -> Self {
        self.query = query;
        self
    }

    /// Names the person in `From`, where PagerDuty's schema wants it.
    pub(crate) fn in_their_name(mut self) -> Self {
        self.with_from = true;
        self
    }

    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn limit(&self) -> Limit {
        Limit::of(&self.method, &self.path)
    }

    pub(crate) fn is_safe(&self) -> bool {
        self.method == Method::GET
    }
}

impl Api<'_> {
    /// Asks and reads the JSON of the answer. Also says how long it took.
    pub(crate) async fn read<T: DeserializeOwned>(&self, ask: &Ask) -> Result<(T, Duration), Error> {
        let answer = self.ask(ask).await?;
        let value = serde_json::from_slice(&answer.body).map_err(|e| {
            Error::Unreadable(format!("{}, line {} column {}", ask.path, e.line(), e.column()))
        })?;
        Ok((value, answer.took))
    }

    /// Sends once, for no longer than `left`; waits for nothing.
    pub(super) async fn send(&self, ask: &Ask, turn: &Turn<'_>, left: Duration) -> Result<Answer, Error> {
        let mut url = self.client.endpoints.api(self.region).clone();
        url.set_path(&ask.path);
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(ask.query.pairs());
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, http::HeaderValue::from_static(ACCEPT));
        headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        if let (true, Some(email)) = (ask.with_from, &self.from) {
            headers.insert(header::FROM, email.clone());
        }
        let http = &self.client.http;
        let mut request =
            http.request(ask.method.clone(), url.as_str()).headers(headers).bearer_auth(self.token.expose());
        if let Some(body) = &ask.body {
            request = request.body(body.to_string());
        }
        let mut seen = self.client.observed.look(self, ask);
        let answer = http.send(seen.span(), request, API_TIMEOUT.min(left), MAX_API_BYTES).await?;
        seen.answered(answer.status);
        // A proxy in trouble knows nothing of limits, and a 429 is a pause: see `ask`.
        if !answer.status.is_server_error() && answer.status != StatusCode::TOO_MANY_REQUESTS {
            turn.learn(&answer.headers, answer.took);
        }
        if answer.status.is_success() {
            Ok(answer)
        } else {
            Err(answer::api_error(&answer, &ask.method, &ask.path))
        }
    }
}

/// An id that may stand in a path: nothing that could lead elsewhere.
pub(crate) fn segment(id: &str) -> Result<&str, Error> {
    let plain = id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if plain && (1..=MAX_ID).contains(&id.len()) {
        Ok(id)
    } else {
        Err(Error::Address("an id holds capital letters and digits only".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn sr_63_an_id_leads_nowhere_else() {
        assert!(segment("PXPGF42").is_ok() && segment("Q02JTSNZWHSEKV").is_ok());
        let long = "P".repeat(33);
        for bad in [
            "",
            ".",
            "..",
            "%2e%2e",
            "P/1",
            "P%2F1",
            "//host",
            "@host",
            "P;a",
            "P?a",
            "P#a",
            "p1",
            "P\r\nX: y",
            &long,
        ] {
            assert!(segment(bad).is_err(), "{bad:?}");
        }
    }
}
