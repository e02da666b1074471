//! What may leave in a trace: these spans, with these attributes. Nothing leaves because nobody thought of it.

use std::borrow::Cow;

use opentelemetry::{
    KeyValue, Value,
    trace::{SpanContext, SpanKind, Status, TraceState},
};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use tracing::Metadata;

/// Where the span of a request is made, which the log shows, too.
const IN_LOG: &str = "server::security::request_id";
/// What spans are marked with that no log shows.
const TRACE: &str = "trace";

pub(crate) const METHOD: &str = "http.request.method";
/// The route as it stands in the code,
pub(crate) const ROUTE: &str = "http.route";
/// and the path as PagerDuty documents it: without ids, and without what stands after a question mark.
const TEMPLATE: &str = "url.template";
pub(crate) const STATUS: &str = "http.response.status_code";
const REGION: &str = "pagerduty.region";
/// As in the log.
pub(crate) const REQUEST: &str = "request.id";
const RESULT: &str = "refresh.result";

struct Listed {
    target: &'static str,
    name: &'static str,
    kind: SpanKind,
    attributes: &'static [&'static str],
}

const SPANS: [Listed; 3] = [
    Listed {
        target: IN_LOG,
        name: "request",
        kind: SpanKind::Server,
        attributes: &[METHOD, ROUTE, STATUS, REQUEST],
    },
    Listed {
        target: TRACE,
        name: "call",
        kind: SpanKind::Client,
        attributes: &[METHOD, TEMPLATE, STATUS, REGION],
    },
    Listed { target: TRACE, name: "refresh", kind: SpanKind::Internal, attributes: &[RESULT] },
];

pub(super) fn is_listed(metadata: &Metadata<'_>) -> bool {
    let is = |listed: &Listed| listed.target == metadata.target() && listed.name == metadata.name();
    metadata.is_span() && SPANS.iter().any(is)
}

/// The span as it may leave, put together anew.
pub(super) fn as_listed(span: SpanData) -> Option<SpanData> {
    let listed = SPANS.iter().find(|listed| listed.name == span.name)?;
    let mut attributes = span.attributes;
    attributes.retain(|attribute| listed.attributes.contains(&attribute.key.as_str()));
    let of = &span.span_context;
    let (trace, id, flags) = (of.trace_id(), of.span_id(), of.trace_flags());
    Some(SpanData {
        span_context: SpanContext::new(trace, id, flags, of.is_remote(), TraceState::NONE),
        parent_span_id: span.parent_span_id,
        parent_span_is_remote: span.parent_span_is_remote,
        name: title(listed.name, &attributes),
        status: status(&listed.kind, &attributes),
        span_kind: listed.kind.clone(),
        start_time: span.start_time,
        end_time: span.end_time,
        attributes,
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        instrumentation_scope: span.instrumentation_scope,
    })
}

/// `GET /welcome`, as OpenTelemetry's conventions have it.
fn title(name: &'static str, attributes: &[KeyValue]) -> Cow<'static, str> {
    let parts = [METHOD, ROUTE, TEMPLATE].into_iter().filter_map(|key| find(attributes, key));
    let title = parts.map(Value::as_str).collect::<Vec<_>>().join(" ");
    if title.is_empty() { name.into() } else { title.into() }
}

/// A request is an error where we failed, a call where PagerDuty did not answer or refused.
fn status(kind: &SpanKind, attributes: &[KeyValue]) -> Status {
    let from = |least: i64| match find(attributes, STATUS) {
        Some(Value::I64(status)) => *status >= least,
        _ => true,
    };
    let failed = match kind {
        SpanKind::Server => from(500),
        SpanKind::Client => from(400),
        _ => find(attributes, RESULT).is_none_or(|result| result.as_str() != "ok"),
    };
    if failed { Status::error("") } else { Status::Unset }
}

fn find<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    attributes.iter().find(|attribute| attribute.key.as_str() == key).map(|attribute| &attribute.value)
}
