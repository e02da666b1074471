//! Every line the app logs in this test process, found again by the id that
//! the answer carries as `x-request-id`.

use std::{
    collections::HashMap,
    io::{self, Write},
    sync::{LazyLock, Mutex, Once},
};

use serde_json::Value;
use tracing_subscriber::{Layer, filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt};

static LINES: LazyLock<Mutex<HashMap<String, Vec<String>>>> = LazyLock::new(Mutex::default);

/// Begins to write down, once for all tests: what the program would log with
/// `RUST_LOG=trace`, as JSON.
pub fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let ours = ["app", "security", "server", "pagerduty", "pagerduty_connect"];
        let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(|| Sink);
        let kept = filter_fn(move |line| {
            *line.level() <= tracing::Level::INFO
                || line.target().split("::").next().is_some_and(|name| ours.contains(&name))
        });
        tracing_subscriber::registry().with(lines.with_filter(kept)).init();
    });
}

/// The lines of one request; those of none with an empty id.
pub fn lines(request_id: &str) -> Vec<Value> {
    let lines = LINES.lock().unwrap().get(request_id).cloned().unwrap_or_default();
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

struct Sink;

impl Write for Sink {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line).into_owned();
        let id = text.split_once(r#""id":""#).and_then(|(_, rest)| rest.get(..16)).unwrap_or_default();
        LINES.lock().unwrap().entry(id.to_owned()).or_default().push(text);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
