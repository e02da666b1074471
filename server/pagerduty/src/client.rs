//! REST API v2: one private request path, used by every typed call.

use std::time::Duration;

use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    AccessToken, Endpoints, Error, Region,
    error::printable,
    http::{API_TIMEOUT, Answer, Http, MAX_API_BYTES},
};

const ACCEPT: &str = "application/vnd.pagerduty+json;version=2";

/// The REST API of both regions.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) http: Http,
    pub(crate) endpoints: Endpoints,
}

impl Client {
    /// Calls go out through `http`, to the API hosts of `endpoints`.
    pub fn new(http: Http, endpoints: Endpoints) -> Self {
        Self { http, endpoints }
    }

    /// The hosts in use.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// GETs `path` and reads the JSON. Also says how long it took.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        region: Region,
        token: &AccessToken,
        path: &str,
    ) -> Result<(T, Duration), Error> {
        let url = format!("{}{path}", self.endpoints.api(region));
        let request = self
            .http
            .get(&url)
            .header(http::header::ACCEPT, ACCEPT)
            .header(http::header::CONTENT_TYPE, "application/json")
            .bearer_auth(token.expose());
        let answer = self.http.send(request, API_TIMEOUT, MAX_API_BYTES).await?;
        if !answer.status.is_success() {
            return Err(status_error(&answer));
        }
        let value = serde_json::from_slice(&answer.body)
            .map_err(|e| Error::Unreadable(format!("{path}, line {} column {}", e.line(), e.column())))?;
        Ok((value, answer.took))
    }
}

/// PagerDuty's error bodies. The missing-scope 403 has fields of its own.
#[derive(Default, Deserialize)]
struct Envelope {
    error: Option<Body>,
}

#[derive(Default, Deserialize)]
struct Body {
    message: Option<String>,
    code: Option<u32>,
    required_scopes: Option<String>,
}

/// Reads an error answer. The body may be JSON, HTML or nothing at all.
pub(crate) fn status_error(answer: &Answer) -> Error {
    let envelope: Envelope = serde_json::from_slice(&answer.body).unwrap_or_default();
    let body = envelope.error.unwrap_or_default();
    match (answer.status.as_u16(), body.required_scopes) {
        (401, _) => Error::Unauthorized,
        (403, Some(required)) => Error::MissingScope { required: printable(&required) },
        (429, _) => Error::RateLimited { wait: asked_to_wait(answer) },
        (status, _) => Error::Status {
            status,
            code: body.code,
            message: printable(body.message.as_deref().unwrap_or("no reason given")),
        },
    }
}

/// PagerDuty says it in `ratelimit-reset`, in seconds; a 429 may also come without.
fn asked_to_wait(answer: &Answer) -> Option<Duration> {
    let seconds = answer.headers.get("ratelimit-reset")?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
