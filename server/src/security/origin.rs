//! Who is asking: the host they think this is, and the site they come from.

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, header},
};
use pagerduty_connect::sender::Sender;

use super::{Policy, Refused, refuse};

/// The request must name the host this app is known by; no forwarded header says
/// otherwise.
pub(super) fn check_host(policy: &Policy, request: &Request) -> Result<(), Refused> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let named = match (hosts.next(), hosts.next(), request.uri().authority()) {
        (Some(host), None, None) => host.to_str().ok(),
        // An absolute-form request names the host twice: both must fit.
        (Some(host), None, Some(authority)) => host.to_str().ok().filter(|h| *h == authority.as_str()),
        _ => None,
    };
    if named.is_some_and(|host| host.eq_ignore_ascii_case(&policy.0.authority)) {
        return Ok(());
    }
    tracing::warn!(target: "security", event = "host.refused");
    Err(refuse(
        StatusCode::MISDIRECTED_REQUEST,
        "unknown-host",
        "This app is not known by that address. Open it at the address it was set up with (PUBLIC_URL).",
    ))
}

/// Cross-site request forgery stops here, before any handler runs. What can
/// change something must come from this app's own pages: the browser says so in
/// `Sec-Fetch-Site`, or, where it is too old for that, in `Origin`. A program
/// that sends neither may pass if it carries none of our cookies.
pub(super) fn check_sender(policy: &Policy, request: &Request) -> Result<(), Refused> {
    if request.method().is_safe() {
        return Ok(());
    }
    let headers = request.headers();
    let allowed = match Sender::of(headers, &policy.0.origin) {
        Sender::OwnPage => true,
        Sender::Elsewhere => false,
        Sender::Unsaid => !carries_our_cookies(headers),
    };
    if allowed {
        return Ok(());
    }
    tracing::warn!(target: "security", event = "sender.refused", path = request.uri().path());
    Err(refuse(
        StatusCode::FORBIDDEN,
        "foreign-page",
        "This request does not come from one of this app's own pages. Open the app and press the button there.",
    ))
}

fn carries_our_cookies(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::COOKIE)
        .iter()
        .any(|value| value.as_bytes().windows(11).any(|part| part == b"__Host-pdc_"))
}
