//! Whose traces are gone on with.

use http::Method;

use super::{assert_listed, below, span_of, told, traced};
use crate::harness::{BETHANY, program::browser};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_is_gone_on_with_for_a_proxy_of_ours_alone_and_pagerduty_hears_of_none() {
    let (place, sandbox, port, collector) = traced().await;
    let sampled = format!("00-{TRACE}-{PARENT}-01");
    let with = |headers: &[(&'static str, String)]| {
        let person = browser(port);
        let request = person.request(Method::GET, "/how");
        let headers = headers.iter().cloned();
        let request = headers.fold(request, |request, (name, value)| request.header(name, value));
        async move { person.send(request).await }
    };
    let theirs = [("traceparent", sampled.clone()), ("tracestate", "vendor=CANARY".to_owned())];

    // Nobody is trusted.
    let running = place.serve(&["serve"], port);
    let span = span_of(&collector, &with(&theirs).await).await;
    assert!(span.parent_span_id.is_empty() && hex::encode(&span.trace_id) != TRACE, "{span:?}");
    assert!(running.terminate().0.success());
    // Somebody else is.
    let place = place.env("TRUSTED_PROXIES", "203.0.113.0/24");
    let running = place.serve(&["serve"], port);
    let span = span_of(&collector, &with(&theirs).await).await;
    assert!(span.parent_span_id.is_empty() && hex::encode(&span.trace_id) != TRACE, "{span:?}");
    assert!(running.terminate().0.success());

    let place = place.env("TRUSTED_PROXIES", "203.0.113.0/24, 127.0.0.1");
    let running = place.serve(&["serve"], port);
    let span = span_of(&collector, &with(&theirs).await).await;
    assert_eq!(
        (hex::encode(&span.trace_id).as_str(), hex::encode(&span.parent_span_id).as_str()),
        (TRACE, PARENT)
    );
    // What makes no sense begins a trace of its own.
    let twice = [("traceparent", sampled.clone()), ("traceparent", sampled.clone())];
    let broken = [("traceparent", format!("00-{TRACE}-CANARY-01"))];
    let zeros = [("traceparent", format!("00-{}-{PARENT}-01", "0".repeat(32)))];
    for headers in [&twice[..], &broken, &zeros] {
        let span = span_of(&collector, &with(headers).await).await;
        assert!(span.parent_span_id.is_empty() && hex::encode(&span.trace_id) != TRACE, "{span:?}");
    }
    // The proxy has chosen which traces are kept.
    let unkept = with(&[("traceparent", format!("00-{TRACE}-{PARENT}-00"))]).await;
    let person = browser(port);
    let back = person.until_callback(BETHANY).await;
    let callback = person.navigation(&back, "cross-site").header("traceparent", &sampled);
    let callback = person.send(callback).await;
    assert_eq!(callback.location(), "/welcome");
    let span = span_of(&collector, &callback).await;
    assert_eq!(hex::encode(&span.trace_id), TRACE);
    assert_eq!(hex::encode(&below(&collector, &span, "POST /oauth/token").await.trace_id), TRACE);
    assert!(running.terminate().0.success());
    let ids = collector.spans();
    assert!(ids.iter().all(|span| told(span).get("request.id").is_none_or(|id| *id != unkept.request_id())));
    assert_listed(&ids);
    assert!(!String::from_utf8_lossy(&collector.bytes()).contains("CANARY"));
    for request in sandbox.requests() {
        let traced = ["traceparent", "tracestate", "baggage"].map(|name| request.header(name));
        assert_eq!(traced, [None; 3], "{request:?}");
    }
}
