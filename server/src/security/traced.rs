//! A request in a trace. What of it may leave is listed in `traces/listed.rs`.

use axum::{
    extract::Request,
    http::{Method, StatusCode},
};
use opentelemetry::{
    Context,
    propagation::{Extractor, TextMapPropagator},
    trace::TraceContextExt,
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::{Proxies, request_id::Line};
use crate::{
    listen::Peer,
    route,
    traces::{METHOD, REQUEST, ROUTE, STATUS},
};

/// The W3C's Trace Context. Its `tracestate` is not read: what anybody wrote there would go along with the trace.
const PARENT: &str = "traceparent";

/// Tells the span of the log what a trace is to know of the request; the log does not show it.
pub(super) fn begin(line: &Line, request: &Request, proxies: &Proxies) {
    let span = line.span();
    if let Some(parent) = parent(request, proxies) {
        // Where nobody traces, there is nothing to set.
        _ = span.set_parent(parent);
    }
    span.set_attribute(METHOD, name(request.method()));
    if let Some(route) = route::of(request) {
        span.set_attribute(ROUTE, route);
    }
    span.set_attribute(REQUEST, line.id().to_owned());
}

/// It has been answered, though work that it began may go on.
pub(super) fn end(line: &Line, status: StatusCode) {
    line.span().set_attribute(STATUS, i64::from(status.as_u16()));
    line.span().context().span().end();
}

/// Anybody can make up a method.
fn name(method: &Method) -> &'static str {
    let mut known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].into_iter();
    known.find(|known| *known == method.as_str()).unwrap_or("_OTHER")
}

/// What a proxy of ours has begun. Nobody else is followed.
fn parent(request: &Request, proxies: &Proxies) -> Option<Context> {
    let peer = request.extensions().get::<Peer>()?.0.ip();
    let mut said = request.headers().get_all(PARENT).iter();
    let (Some(parent), None) = (said.next(), said.next()) else { return None };
    if !proxies.trusts(peer.to_canonical()) {
        return None;
    }
    let said = Said(parent.to_str().ok()?);
    Some(TraceContextPropagator::new().extract_with_context(&Context::new(), &said))
}

/// The value of the one header that is read.
struct Said<'a>(&'a str);

impl Extractor for Said<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == PARENT).then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![PARENT]
    }
}
