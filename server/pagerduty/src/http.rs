//! The one way out: every request to PagerDuty passes through [`Http`].

use std::{
    future::Future,
    pin::Pin,
    time::{Duration, Instant},
};

use http::{HeaderMap, StatusCode, header};
use tracing::{Instrument, Span};
use url::Url;

use crate::{Error, observe::span};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// A token request lasts no longer than this.
pub const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);
pub(crate) const API_TIMEOUT: Duration = Duration::from_secs(30);
pub(crate) const MAX_TOKEN_BYTES: usize = 64 << 10;
pub(crate) const MAX_API_BYTES: usize = 5 << 20;
/// A message to somebody who only takes it down lasts no longer than this.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(10);
/// The media type of most messages.
pub const JSON: &str = "application/json";
/// Read of what is said to a message.
const MAX_DELIVERY_BYTES: usize = 16 << 10;
/// Read of an answer that is a refusal, and no longer: what it asks for must be known soon.
const MAX_REFUSAL_BYTES: usize = 64 << 10;
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(3);

/// An HTTP client that follows no redirect, reads no proxy from the
/// environment, checks certificates and stops at a limit of time and size.
#[derive(Clone, Debug)]
pub struct Http(reqwest::Client);

/// An answer, read to its end; a refusal as far as it could be.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub took: Duration,
}

/// What somebody said to a message.
#[derive(Debug)]
pub struct Delivered {
    /// HTTP status; never a redirect.
    pub status: u16,
    /// What `Retry-After` asks for, where it is there and names seconds.
    pub wait: Option<Duration>,
    /// The answer, as far as it was read.
    pub body: Vec<u8>,
}

impl Http {
    /// Makes the client. One is enough for a program: it keeps connections open.
    pub fn new() -> Result<Self, Error> {
        #[expect(clippy::disallowed_methods, reason = "the one home of the HTTP client")]
        let builder = reqwest::Client::builder();
        builder
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .user_agent(concat!("connect-for-pagerduty/", env!("CARGO_PKG_VERSION")))
            .build()
            .map(Self)
            .map_err(|e| Error::Setup(e.to_string()))
    }

    pub(crate) fn get(&self, url: &str) -> reqwest::RequestBuilder {
        self.0.get(url)
    }

    pub(crate) fn post(&self, url: &str) -> reqwest::RequestBuilder {
        self.0.post(url)
    }

    pub(crate) fn request(&self, method: http::Method, url: &str) -> reqwest::RequestBuilder {
        self.0.request(method, url)
    }

    /// Posts something of this media type to somebody who only takes it down: an events API, a webhook. Ten seconds
    /// in all.
    pub async fn deliver(
        &self,
        to: &Url,
        media_type: &'static str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<Delivered, Error> {
        let mut request = self.0.post(to.clone()).header(header::CONTENT_TYPE, media_type);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(body);
        let answer = self.send(Span::none(), request, DELIVERY_TIMEOUT, MAX_DELIVERY_BYTES).await;
        let answer = match answer {
            // It was taken; nobody needs to hear out a long thank-you.
            Err(Error::TooLarge { .. }) => {
                return Ok(Delivered { status: 200, wait: None, body: Vec::new() });
            }
            answer => answer?,
        };
        let wait = answer.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let wait = wait.and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
        Ok(Delivered { status: answer.status.as_u16(), wait, body: answer.body })
    }

    /// Sends and reads the whole answer, within `limit` bytes and `timeout`. Of a refusal the status and the headers
    /// say what matters: its body may be cut, slow, or longer than is read. In traces it is `span`.
    pub(crate) async fn send(
        &self,
        span: Span,
        request: reqwest::RequestBuilder,
        timeout: Duration,
        limit: usize,
    ) -> Result<Answer, Error> {
        let answer = self.look(request, timeout, limit).instrument(span.clone()).await?;
        span.record("http.response.status_code", i64::from(answer.status.as_u16()));
        if answer.status.is_redirection() {
            return Err(Error::Redirected(answer.status.as_u16()));
        }
        Ok(answer)
    }

    /// The same where a redirect is an answer. It is not followed either, and has no body.
    pub(crate) async fn look(
        &self,
        request: reqwest::RequestBuilder,
        timeout: Duration,
        limit: usize,
    ) -> Result<Answer, Error> {
        let started = Instant::now();
        let mut response = request.timeout(timeout).send().await.map_err(unreachable)?;
        let status = response.status();
        let mut body = Vec::new();
        if status.is_redirection() {
            // Whoever redirects has said what there is to say.
        } else if status.is_success() {
            while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
                if body.len() + chunk.len() > limit {
                    return Err(Error::TooLarge { limit });
                }
                body.extend_from_slice(&chunk);
            }
        } else {
            let some = async {
                while let Ok(Some(chunk)) = response.chunk().await {
                    let room = MAX_REFUSAL_BYTES.saturating_sub(body.len()).min(chunk.len());
                    body.extend(chunk.iter().take(room));
                    if room < chunk.len() {
                        break;
                    }
                }
            };
            let _ = tokio::time::timeout(REFUSAL_TIMEOUT, some).await;
        }
        let headers = std::mem::take(response.headers_mut());
        Ok(Answer { status, headers, body, took: started.elapsed() })
    }
}

/// Says why, without the URL: its query may hold what no log may hold.
fn unreachable(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let why = match () {
        () if error.is_timeout() => "no answer in time".to_owned(),
        () if error.is_connect() => "no connection".to_owned(),
        () => {
            let mut cause: &dyn std::error::Error = &error;
            while let Some(inner) = cause.source() {
                cause = inner;
            }
            crate::error::printable(&cause.to_string())
        }
    };
    Error::Unreachable { why, sent: !error.is_connect() }
}

/// RFC 6749 §5.2
fn is_oauth_error(body: &[u8]) -> bool {
    let answer = serde_json::from_slice::<serde_json::Value>(body);
    answer.is_ok_and(|answer| answer.get("error").is_some_and(serde_json::Value::is_string))
}

/// A token endpoint that says it cannot handle the request (RFC 9110 §15.6.4) redeemed nothing.
fn of_token_endpoint(mut error: Error) -> Error {
    if let Error::Status { status: 503, nothing_done, .. } = &mut error {
        *nothing_done = true;
    }
    error
}

/// The adapter between the `oauth2` crate, which speaks `http` types, and [`Http`].
impl<'c> oauth2::AsyncHttpClient<'c> for Http {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<oauth2::HttpResponse, Error>> + Send + 'c>>;

    fn call(&'c self, request: oauth2::HttpRequest) -> Self::Future {
        Box::pin(async move {
            let request: reqwest::Request =
                request.try_into().map_err(|e: reqwest::Error| Error::Setup(e.without_url().to_string()))?;
            let builder = reqwest::RequestBuilder::from_parts(self.0.clone(), request);
            let span = span("POST", "/oauth/token", None);
            let answer = self.send(span, builder, TOKEN_TIMEOUT, MAX_TOKEN_BYTES).await?;
            // What RFC 6749 says of errors holds for refusals that speak its JSON; a server in
            // trouble, or something before it that refuses, is another matter.
            let in_trouble =
                answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS;
            if in_trouble || answer.status.is_client_error() && !is_oauth_error(&answer.body) {
                return Err(of_token_endpoint(crate::api::status_error(&answer)));
            }
            let mut response = oauth2::HttpResponse::new(answer.body);
            *response.status_mut() = answer.status;
            *response.headers_mut() = answer.headers;
            Ok(response)
        })
    }
}
