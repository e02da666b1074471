//! What is set about traces, and what the environment says besides.

use super::traced;
use crate::harness::{
    BETHANY, attributes,
    program::{Place, browser, get},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_setting_nothing_is_sent_whatever_else_the_environment_says() {
    let (place, _sandbox, port, collector) = traced().await;
    let place = place
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "")
        .env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &format!("{}/v1/traces", collector.url))
        .env("OTEL_TRACES_EXPORTER", "otlp");
    let running = place.serve(&["serve"], port);
    assert_eq!(browser(port).connect_as(BETHANY).await.location(), "/welcome");
    let (status, log) = running.terminate();
    // What waited would have been sent by now.
    assert!(status.success() && !log.contains("traces."), "{log}");
    assert!(collector.heard().is_empty(), "{:?}", collector.heard());
    // With it, the other settings of that family change nothing either.
    let place = place
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("{}/under/", collector.url))
        .env("OTEL_SERVICE_NAME", "connect-eu")
        .env("OTEL_RESOURCE_ATTRIBUTES", "who=CANARY")
        .env("OTEL_EXPORTER_OTLP_HEADERS", "x-who=CANARY")
        .env("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
        .env("OTEL_TRACES_SAMPLER", "always_off");
    let running = place.serve(&["serve"], port);
    assert_eq!(get(port, "/").await.status, 200);
    assert!(running.terminate().0.success());
    assert!(collector.heard().iter().all(|(head, _)| head.starts_with("POST /under/v1/traces\n")));
    assert!(collector.spans().iter().any(|span| span.name == "GET /"), "what waits is sent at the end");
    let of = collector.resources().remove(0).resource.unwrap().attributes;
    assert_eq!(attributes(&of)["service.name"], "connect-eu");
    assert!(!String::from_utf8_lossy(&collector.bytes()).contains("CANARY"));
}

#[test]
fn a_wrong_address_is_told_with_its_name_and_what_to_do() {
    for (name, value, says) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4318", "address like http://127.0.0.1:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "CANARY", "address like"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://127.0.0.1:4317", "address like"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://", "address like"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://u:CANARY@otel.example", "user name or password"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://otel.example/?key=CANARY", "? or #"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://otel.example/v1/traces", "before /v1/traces"),
        ("OTEL_SERVICE_NAME", " ", "a name"),
        ("OTEL_SERVICE_NAME", "a\nb", "a name"),
    ] {
        let place = Place::new().env(name, value);
        for command in ["config", "serve", "doctor"] {
            let ended = place.run(&[command]);
            let told = format!("{}{}", ended.out, ended.err);
            assert!(!ended.ok && told.contains(name) && told.contains(says), "{command}: {ended:?}");
            assert!(!told.contains("CANARY") && !told.contains("panicked"), "{command}: {ended:?}");
        }
    }
    let shown =
        Place::new().env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel.example:4318/a/").run(&["config"]);
    assert!(shown.ok && shown.out.contains(" http://otel.example:4318/a\n"), "{shown:?}");
    let flags = ["config", "--otel-endpoint", "https://otel.example", "--otel-service-name", "eu"];
    let shown = Place::new().run(&flags);
    assert!(shown.ok && shown.out.contains(" https://otel.example\n"), "{shown:?}");
}
