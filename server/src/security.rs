//! What every request passes before anything else sees it, and what every
//! answer carries. One function, read from top to bottom.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;
use url::Url;

use crate::{refusal::Refusal, v1};

mod body;
mod headers;
mod origin;
mod proxies;
mod request_id;
mod traced;

pub(crate) use body::{NoUpload, hear_out, read_small, read_upload};
pub use proxies::Proxies;

/// URIs may have 8 KiB, query included.
const MAX_URI_BYTES: usize = 8 << 10;

/// What the checks compare with: fixed when the program starts.
#[derive(Clone, Debug)]
pub struct Policy(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    /// `localhost:5000`: what `Host` must say.
    authority: String,
    /// `http://localhost:5000`: what `Origin` must say.
    origin: String,
    https: bool,
    /// PagerDuty's identity host: the only other place a `Location` may lead.
    identity_origin: String,
    /// Who may say for whom they ask.
    proxies: Proxies,
    /// Where forms with files are sent; their handlers read them.
    uploads: &'static [&'static str],
}

impl Policy {
    /// For a program that people reach at `public_url`, through these.
    pub fn new(public_url: &Url, identity: &Url, proxies: Proxies) -> Self {
        let origin = public_url.origin().ascii_serialization();
        let authority = origin.split_once("://").map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        let https = public_url.scheme() == "https";
        Self(Arc::new(Inner {
            authority,
            origin,
            https,
            identity_origin: identity.origin().ascii_serialization(),
            proxies,
            uploads: &[body::IMPORTS],
        }))
    }

    /// The same while the app can be given its credentials, which are a file.
    pub(crate) fn with_setup(&self) -> Self {
        Self(Arc::new(Inner { uploads: &[body::IMPORTS, app::setup::PATH], ..(*self.0).clone() }))
    }
}

/// The outermost layer.
pub(crate) async fn guard(State(policy): State<Policy>, request: Request, next: Next) -> Response {
    let line = request_id::Line::new(&request, &policy.0.proxies);
    traced::begin(&line, &request, &policy.0.proxies);
    let asked = headers::Asked::of(request.uri().path());
    let is_for_programs = v1::is_at(request.uri().path());
    let mut response = match admit(&policy, request).instrument(line.span().clone()).await {
        Ok(request) => next.run(request).instrument(line.span().clone()).await,
        Err(refused) => refused.answer(is_for_programs),
    };
    keep_on_origin(&policy, &mut response);
    name_the_type(&mut response);
    headers::add(&policy, asked, line.id(), &mut response);
    traced::end(&line, response.status());
    line.log(response.status());
    response
}

/// The checks, in order: the cheapest and the most damning first.
async fn admit(policy: &Policy, mut request: Request) -> Result<Request, Refused> {
    if request.uri().path_and_query().map_or(0, |p| p.as_str().len()) > MAX_URI_BYTES {
        return Err(refuse(StatusCode::URI_TOO_LONG, "address-too-long", "The address is too long."));
    }
    let is_used = match *request.method() {
        Method::GET | Method::HEAD | Method::POST => true,
        Method::DELETE => request.uri().path().starts_with("/v1/identities"),
        _ => false,
    };
    if !is_used {
        return Err(refuse(
            StatusCode::METHOD_NOT_ALLOWED,
            "unknown-method",
            "This method is not used here.",
        ));
    }
    // A balancer asks each machine by its own address.
    if !matches!(request.uri().path(), "/healthz" | "/readyz") {
        origin::check_host(policy, &request)?;
    }
    origin::check_sender(policy, &request)?;
    if request.uri().path() == "/callback" && request.method() != Method::GET {
        return Err(refuse(
            StatusCode::METHOD_NOT_ALLOWED,
            "unknown-method",
            "PagerDuty's answer comes by GET.",
        ));
    }
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "compressed", "Send it uncompressed."));
    }
    // Leptos would copy the sender's Referer into Location. It never sees one.
    request.headers_mut().remove(header::REFERER);
    body::read_whole(policy, request).await
}

/// Why a request goes no further.
struct Refused {
    status: StatusCode,
    /// For programs.
    code: &'static str,
    why: &'static str,
}

fn refuse(status: StatusCode, code: &'static str, why: &'static str) -> Refused {
    Refused { status, code, why }
}

impl Refused {
    fn answer(self, is_for_programs: bool) -> Response {
        if is_for_programs {
            return Refusal::new(self.status, self.code, self.why).into_response();
        }
        (self.status, self.why).into_response()
    }
}

/// No answer leads to another origin, but for the one redirect to PagerDuty.
fn keep_on_origin(policy: &Policy, response: &mut Response) {
    let Some(location) = response.headers().get(header::LOCATION) else { return };
    let stays = location.to_str().is_ok_and(|to| {
        (to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\t']))
            || to
                .strip_prefix(&policy.0.identity_origin)
                .is_some_and(|rest| rest.starts_with("/oauth/authorize?"))
    });
    if !stays {
        tracing::error!(target: "security", event = "redirect.refused");
        let why = "This app does not send you there.";
        *response = (StatusCode::INTERNAL_SERVER_ERROR, why).into_response();
    }
}

/// Every body says what it is, and text in which letters.
fn name_the_type(response: &mut Response) {
    let headers = response.headers_mut();
    let named = match headers.get(header::CONTENT_TYPE).map(HeaderValue::to_str) {
        None => "text/plain; charset=utf-8".to_owned(),
        Some(Ok(kind)) if is_bare_text(kind) => format!("{kind}; charset=utf-8"),
        Some(_) => return,
    };
    if let Ok(named) = HeaderValue::from_str(&named) {
        headers.insert(header::CONTENT_TYPE, named);
    }
}

fn is_bare_text(kind: &str) -> bool {
    !kind.contains(';') && (kind.starts_with("text/") || kind == "application/json")
}
