//! A collector that is not there, or not well.

use http::Method;

use super::traced;
use crate::harness::{
    Answers, BETHANY, eventually,
    program::{browser, free_port, get},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_in_trouble_costs_spans_and_one_line_of_the_log() {
    let (place, _sandbox, port, collector) = traced().await;
    let place = place.env("RUST_LOG", "info");
    collector.answer(Answers::With(503));
    let running = place.serve(&["serve"], port);
    assert_eq!(browser(port).connect_as(BETHANY).await.location(), "/welcome");
    let refused = async |least| {
        eventually("it refuses", async || {
            assert_eq!(get(port, "/").await.status, 200);
            collector.heard().len() >= least
        })
        .await;
    };
    refused(3).await;
    let times = |log: &str, event: &str| log.matches(&format!("\"{event}\"")).count();
    assert_eq!(times(&running.err(), "traces.lost"), 1, "{}", running.err());
    // When it is back that is told, and so is the next time.
    collector.answer(Answers::With(200));
    eventually("it is back", async || {
        get(port, "/").await;
        times(&running.err(), "traces.back") == 1
    })
    .await;
    collector.answer(Answers::With(503));
    refused(collector.heard().len() + 3).await;
    let (status, log) = running.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!((times(&log, "traces.lost"), times(&log, "traces.back")), (2, 1), "{log}");

    // Nobody there at all.
    let place = place.env("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://127.0.0.1:{}", free_port()));
    let running = place.serve(&["serve"], port);
    eventually("it is told", async || {
        assert_eq!(get(port, "/").await.status, 200);
        times(&running.err(), "traces.lost") == 1
    })
    .await;
    let (status, log) = running.terminate();
    assert_eq!((status.code(), times(&log, "traces.lost")), (Some(0), 1), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_never_answers_holds_up_neither_pages_nor_the_end() {
    let (place, _sandbox, port, collector) = traced().await;
    let place = place.env("RUST_LOG", "warn");
    collector.answer(Answers::Never);
    let running = place.serve(&["serve"], port);
    let person = browser(port);
    // More than wait for it.
    for _ in 0..2_700 {
        assert_eq!(person.send(person.request(Method::GET, "/healthz")).await.status, 200);
    }
    assert_eq!(person.connect_as(BETHANY).await.location(), "/welcome");
    let (status, log) = running.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(log.matches("\"traces.cut\"").count(), 1, "it waits no longer than it may: {log}");
    assert!(log.matches("\"traces.lost\"").count() <= 1 && !log.contains("panicked"), "{log}");
}
