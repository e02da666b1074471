//! The redirect back to the app: success, denial, error.

use axum::response::{IntoResponse, Response};
use form_urlencoded::Serializer;
use http::StatusCode;
use http::header::{self, HeaderValue};

use crate::state::{Pending, World};
use crate::switches::{IssOnCallback, StateOnCallback};

/// PagerDuty's own words for a denial.
const DENIED: &str = "The resource owner or authorization server denied the request.";

/// `iss`, `code`, `state`, in that order.
pub(crate) fn success(world: &World, pending: &Pending, code: &str) -> String {
    let switches = world.switches();
    let mut params: Vec<(&str, String)> = Vec::new();
    match &switches.iss_on_callback {
        IssOnCallback::Normal => params.push(("iss", world.issuer())),
        IssOnCallback::Absent => {}
        IssOnCallback::Duplicated => params.extend([("iss", world.issuer()), ("iss", world.issuer())]),
        IssOnCallback::Literal(literal) => params.push(("iss", literal.clone())),
    }
    params.push(("code", code.to_owned()));
    match (&switches.state_on_callback, &pending.state) {
        (StateOnCallback::Normal, Some(state)) => params.push(("state", state.clone())),
        (StateOnCallback::Normal, None) | (StateOnCallback::Absent, _) => {}
        (StateOnCallback::Literal(literal), _) => params.push(("state", literal.clone())),
    }
    params.extend(switches.extra_callback_params.iter().map(|(name, value)| (name.as_str(), value.clone())));
    with_params(&pending.redirect_uri, &params)
}

pub(crate) fn denied(world: &World, pending: &Pending) -> String {
    error(world, &pending.redirect_uri, pending.state.as_deref(), "access_denied", DENIED)
}

/// RFC 6749 §4.1.2.1. The error comes first, as in PagerDuty's example of a denial.
pub(crate) fn error(
    world: &World,
    redirect_uri: &str,
    state: Option<&str>,
    code: &str,
    description: &str,
) -> String {
    let switches = world.switches();
    let mut params: Vec<(&str, String)> = Vec::new();
    if switches.iss_on_denial {
        params.push(("iss", world.issuer()));
    }
    params.extend([("error", code.to_owned()), ("error_description", description.to_owned())]);
    if let Some(state) = state.filter(|_| switches.state_on_denial) {
        params.push(("state", state.to_owned()));
    }
    with_params(redirect_uri, &params)
}

pub(crate) fn redirect(status: StatusCode, location: &str) -> Response {
    let Ok(location) = HeaderValue::try_from(location) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (status, headers).into_response()
}

/// Keeps a query the redirect URL already has (RFC 6749 §3.1.2).
fn with_params(redirect_uri: &str, params: &[(&str, String)]) -> String {
    let query = Serializer::new(String::new()).extend_pairs(params).finish();
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    format!("{redirect_uri}{joint}{query}")
}
