//! Traces, as a collector gets them.

mod settings;
mod trouble;
mod whose;

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use pagerduty_sandbox::{Fault, Options, Sandbox};

use crate::harness::{
    BETHANY, Collector, ELIF, Reply, attributes, eventually,
    program::{Place, browser},
};

async fn traced() -> (Place, Sandbox, u16, Collector) {
    let (place, sandbox, port) = Place::with_sandbox(Options::default()).await;
    let collector = Collector::start().await;
    let place = place
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url)
        .env("PD_SCOPES", "openid users.read services.read")
        .env("RUST_LOG", "trace");
    (place, sandbox, port, collector)
}

/// The span of the request that was answered so, once it has arrived.
async fn span_of(collector: &Collector, reply: &Reply) -> Span {
    let mut found = None;
    eventually("its span arrives", async || {
        let mut all = collector.spans().into_iter();
        found = all.find(|span| told(span).get("request.id").is_some_and(|id| *id == reply.request_id()));
        found.is_some()
    })
    .await;
    found.unwrap()
}

/// The spans right below this one, which arrive before it or later.
async fn below(collector: &Collector, span: &Span, name: &str) -> Span {
    let mut found = None;
    eventually("the span below it arrives", async || {
        let mut all = collector.spans().into_iter();
        found = all.find(|it| it.parent_span_id == span.span_id && it.name == name);
        found.is_some()
    })
    .await;
    let found = found.unwrap();
    assert_eq!(found.trace_id, span.trace_id);
    found
}

fn told(span: &Span) -> BTreeMap<&str, String> {
    attributes(&span.attributes)
}

fn failed(span: &Span) -> bool {
    let status = span.status.as_ref().unwrap();
    assert_eq!(status.message, "");
    status.code() == StatusCode::Error
}

/// Nothing but what is listed, in any of them.
fn assert_listed(spans: &[Span]) {
    for span in spans {
        let (name, keys) = (&span.name, told(span).into_keys().collect::<BTreeSet<_>>());
        let (least, most): (&[&str], &[&str]) = match span.kind() {
            SpanKind::Server => {
                (&["http.request.method", "http.response.status_code", "request.id"], &["http.route"])
            }
            SpanKind::Client => {
                (&["http.request.method", "url.template"], &["http.response.status_code", "pagerduty.region"])
            }
            SpanKind::Internal => (&["refresh.result"], &[]),
            other => panic!("{other:?}: {name}"),
        };
        assert!(least.iter().all(|key| keys.contains(key)), "{name}: {keys:?}");
        assert!(keys.iter().all(|key| least.contains(key) || most.contains(key)), "{name}: {keys:?}");
        assert!(span.events.is_empty() && span.links.is_empty() && span.trace_state.is_empty(), "{span:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_and_its_calls_arrive_as_parent_and_child_and_nobody_is_named() {
    let (place, sandbox, port, collector) = traced().await;
    let running = place.serve(&["serve"], port);
    let person = browser(port);
    let back = person.until_callback(BETHANY).await;
    let callback = person.callback(&back).await;
    assert_eq!(callback.location(), "/welcome");

    let request = span_of(&collector, &callback).await;
    assert_eq!((request.name.as_str(), request.kind()), ("GET /callback", SpanKind::Server));
    assert!(request.parent_span_id.is_empty() && !failed(&request));
    let is = BTreeMap::from([
        ("http.request.method", "GET".to_owned()),
        ("http.response.status_code", "303".to_owned()),
        ("http.route", "/callback".to_owned()),
        ("request.id", callback.request_id().to_owned()),
    ]);
    assert_eq!(told(&request), is);
    let exchange = below(&collector, &request, "POST /oauth/token").await;
    assert_eq!(exchange.kind(), SpanKind::Client);
    let me = below(&collector, &request, "GET /users/me").await;
    let is = BTreeMap::from([
        ("http.request.method", "GET".to_owned()),
        ("http.response.status_code", "200".to_owned()),
        ("pagerduty.region", "us".to_owned()),
        ("url.template", "/users/me".to_owned()),
    ]);
    assert_eq!((told(&me), failed(&me)), (is, false));

    sandbox.fault(Fault::on("GET", "/services").status(404));
    let refused = person.get("/api/pagerduty/services?query=hush-hush").await;
    let request = span_of(&collector, &refused).await;
    assert_eq!(request.name, "GET /api/pagerduty/{*path}");
    assert!(!failed(&request), "the question was wrong, not the program");
    let call = below(&collector, &request, "GET /services").await;
    assert!(failed(&call) && told(&call)["http.response.status_code"] == "404", "{call:?}");

    let elif = browser(port);
    let there = elif.connect_as(ELIF).await;
    let there = below(&collector, &span_of(&collector, &there).await, "GET /users/me").await;
    assert_eq!(told(&there)["pagerduty.region"], "eu");

    let mut db = place.database().await;
    let over = "UPDATE connection SET refreshed_at = 1, access_until = 2 WHERE user_id LIKE '%PBETH01'";
    sqlx::query(over).execute(&mut db).await.unwrap();
    sandbox.expire_access_tokens();
    let checked = person.post("/api/check", &[]).await;
    let refresh = below(&collector, &span_of(&collector, &checked).await, "refresh").await;
    assert_eq!((told(&refresh)["refresh.result"].as_str(), failed(&refresh)), ("ok", false));
    below(&collector, &refresh, "POST /oauth/token").await;

    for (path, name) in [
        ("/import/no-such-import?secret=x", "GET /import/{part}"),
        ("/no/such/page/of/mallory@acme.example", "GET"),
        ("/pkg/mallory@acme.example", "GET"),
    ] {
        assert_eq!(span_of(&collector, &person.get(path).await).await.name, name);
    }
    let odd = person.request(Method::from_bytes(b"MALLORY").unwrap(), "/");
    assert_eq!(span_of(&collector, &person.send(odd).await).await.name, "_OTHER /");

    let (status, log) = running.terminate();
    assert!(status.success());
    assert!(!log.contains("http.route") && !log.contains("url.template"), "no span is a line of the log");
    assert_listed(&collector.spans());
    for resource in collector.resources() {
        let of = resource.resource.unwrap().attributes;
        let is =
            [("service.name", "pdconnect".into()), ("service.version", env!("CARGO_PKG_VERSION").into())];
        assert_eq!(attributes(&of), BTreeMap::from(is));
    }
    let spans = collector.spans();
    let text: String = spans.iter().map(|span| format!("{} {:?}\n", span.name, told(span))).collect();
    for personal in [
        "@",
        "PBETH01",
        "PACME01",
        "Bethany",
        "no-such",
        "secret",
        "mallory",
        "MALLORY",
        "hush",
        "127.0.0.1",
        "localhost",
        "code=",
        "state",
    ] {
        assert!(!text.contains(personal), "{personal} is in {text}");
    }
    let heads: BTreeSet<String> = collector.heard().into_iter().map(|(head, _)| head).collect();
    assert!(heads.iter().all(|head| head.starts_with("POST /v1/traces\n")), "{heads:?}");
    assert!(heads.iter().all(|head| head.contains("application/x-protobuf")), "{heads:?}");
}
