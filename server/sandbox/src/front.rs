//! The door every request comes through: who may knock, what is written down, what goes wrong on purpose.

use std::future::pending;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use tokio::sync::Notify;
use tokio::time::sleep;
use tower::ServiceExt as _;

use crate::faults::{Fault, Half, Reset};
use crate::params::Params;
use crate::recorder::Arrival;
use crate::seed::Region;
use crate::state::{Here, World};

/// Bytes of request body accepted.
const MAX_BODY: usize = 1024 * 1024;

pub(crate) async fn answer(
    here: Here,
    routes: Router,
    reset: Arc<Notify>,
    request: Request<Incoming>,
) -> Response {
    if let Some(refusal) = stranger(request.headers(), request.uri()) {
        return refusal;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await.map(|body| body.to_bytes()) else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let own = parts.uri.path() == "/" || parts.uri.path().starts_with("/_sandbox/");
    if own {
        return run(routes, Request::from_parts(parts, body)).await;
    }

    let listener = listener(here.region);
    let arrival = Arrival {
        at: here.world.clock.now(),
        listener,
        method: &parts.method,
        uri: &parts.uri,
        headers: &parts.headers,
        body: &body,
    };
    let number = here.world.recorder().arrived(&arrival);
    let grant_type = Params::parse(&body).get("grant_type").map(str::to_owned);
    let fault = take_fault(&here.world, |fault| {
        fault.strikes(listener, &parts.method, parts.uri.path(), grant_type.as_deref())
    });

    let request = Request::from_parts(parts, body);
    let response = match &fault {
        None => run(routes, request).await,
        Some(fault) => go_wrong(&here.world, number, fault, routes, &reset, request).await,
    };
    here.world.recorder().answered(number, Some(response.status().as_u16()), fault.is_some());
    dated(&here.world, response)
}

/// By the sandbox's clock; hyper adds the machine's where there is no date.
fn dated(world: &World, mut response: Response) -> Response {
    let date = world.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::try_from(date) {
        response.headers_mut().entry(header::DATE).or_insert(date);
    }
    response
}

async fn run(routes: Router, request: Request<Bytes>) -> Response {
    let Ok(response) = routes.oneshot(request.map(Body::from)).await;
    response
}

/// The order is: wait, reset, effect, wait, reset, answer, of which half may be all.
async fn go_wrong(
    world: &World,
    number: u64,
    fault: &Fault,
    routes: Router,
    reset: &Arc<Notify>,
    request: Request<Bytes>,
) -> Response {
    world.recorder().answered(number, None, true);
    sleep(Duration::from_millis(fault.delay_ms)).await;
    if fault.reset == Some(Reset::Before) {
        cut(reset).await;
    }
    let has_effect = fault.effect || fault.reset == Some(Reset::After) || !fault.replaces_answer();
    let honest = if has_effect { Some(run(routes, request).await) } else { None };
    sleep(Duration::from_millis(fault.delay_after_ms)).await;
    if fault.reset == Some(Reset::After) {
        cut(reset).await;
    }
    let response = match honest {
        Some(honest) if !fault.replaces_answer() => honest,
        _ => fault.answer(),
    };
    if fault.reset == Some(Reset::During) { half(response, Arc::clone(reset)).await } else { response }
}

/// Promises the whole body and sends half. What is empty is promised to hold something: else nothing would be cut.
async fn half(response: Response, reset: Arc<Notify>) -> Response {
    let (mut parts, body) = response.into_parts();
    if matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        cut(&reset).await;
    }
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.insert(header::CONTENT_LENGTH, whole.len().max(1).into());
    Response::from_parts(parts, Body::new(Half::new(&whole, reset)))
}

/// Has the connection reset; the request is never answered.
async fn cut(reset: &Notify) {
    reset.notify_one();
    pending::<()>().await;
}

fn take_fault(world: &World, strikes: impl Fn(&Fault) -> bool) -> Option<Fault> {
    let mut faults = world.faults();
    let place = faults.iter().position(strikes)?;
    let fault = faults.get_mut(place)?;
    if fault.times == u32::MAX {
        return Some(fault.clone());
    }
    fault.times = fault.times.saturating_sub(1);
    if fault.times == 0 { Some(faults.remove(place)) } else { Some(fault.clone()) }
}

fn listener(region: Region) -> &'static str {
    match region {
        Region::Us => "main",
        Region::Eu => "eu",
    }
}

/// Refuses what did not mean to speak to this machine: a `Host` that is not loopback is DNS rebinding, and a
/// foreign `Origin` on the control plane is another site's page reaching for the controls.
fn stranger(headers: &HeaderMap, uri: &Uri) -> Option<Response> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    if !host.is_some_and(is_loopback) {
        let text = "The sandbox answers only to 127.0.0.1, localhost and [::1].\n";
        return Some((StatusCode::MISDIRECTED_REQUEST, text).into_response());
    }
    let controls = uri.path().starts_with("/_sandbox/");
    let origin = headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    let foreign = origin
        .is_some_and(|origin| !origin.split_once("://").is_some_and(|(_, authority)| is_loopback(authority)));
    if controls && foreign {
        let text = "The control plane does not take orders from another site's page.\n";
        return Some((StatusCode::FORBIDDEN, text).into_response());
    }
    None
}

fn is_loopback(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<http::uri::Authority>() else { return false };
    let host = authority.host();
    if host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_loopback_names_are_answered() {
        for good in ["localhost", "LOCALHOST:5001", "127.0.0.1", "127.0.0.1:5001", "[::1]", "[::1]:80"] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in
            ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "::1x"]
        {
            assert!(!is_loopback(bad), "{bad}");
        }
    }
}
