//! What is counted, by name.

use std::{fmt::Write as _, sync::atomic::AtomicU64, time::Duration};

use axum::http::StatusCode;
use pagerduty::{Call, rate::Rates};
use pagerduty_connect::{Event, vault::Census};
use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder},
    metrics::{counter::Counter, family::Family, gauge::Gauge, info::Info},
    registry::{Registry, Unit},
};

use super::seconds::Seconds;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByResult {
    result: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByState {
    state: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByOutcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByCall {
    method: &'static str,
    status: Status,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByRoute {
    route: String,
    status: Status,
}

/// None when no answer was heard.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
struct Status(Option<u16>);

impl EncodeLabelValue for Status {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        match self.0 {
            Some(status) => write!(encoder, "{status}"),
            None => encoder.write_str("none"),
        }
    }
}

/// Handles on what the registry tells. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    refreshes: [Counter; 3],
    calls: Family<ByCall, Counter>,
    rows: Family<ByOutcome, Counter>,
    requests: Family<ByRoute, Counter>,
    seconds: Seconds,
    connections: Family<ByState, Gauge>,
    imports: Family<ByState, Gauge>,
    sessions: Gauge,
    audit_lines: Gauge,
    vault_up: Gauge,
    paused: Gauge,
    least_left: Gauge<f64, AtomicU64>,
}

impl Counts {
    /// Everything stands in the registry from the start, at 0 where it can.
    pub(super) fn register(registry: &mut Registry, started_at: i64) -> Self {
        let refreshes = Family::<ByResult, Counter>::default();
        let counted = Self {
            refreshes: ["ok", "failed", "broken"]
                .map(|result| refreshes.get_or_create(&ByResult { result }).clone()),
            calls: Family::default(),
            rows: Family::default(),
            requests: Family::default(),
            seconds: Seconds::default(),
            connections: Family::default(),
            imports: Family::default(),
            sessions: Gauge::default(),
            audit_lines: Gauge::default(),
            vault_up: Gauge::default(),
            paused: Gauge::default(),
            least_left: Gauge::default(),
        };
        let it = counted.clone();
        let started = Gauge::<i64>::default();
        started.set(started_at);
        registry.register("build", "The program", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        registry.register_with_unit("start_time", "When this process started", Unit::Seconds, started);
        registry.register("refreshes", "Tries to fetch new tokens", refreshes);
        registry.register("api_calls", "Calls of PagerDuty's REST API", it.calls);
        registry.register("import_rows", "Rows of imports that came to something here", it.rows);
        registry.register("http_requests", "Requests that were answered", it.requests);
        registry.register("http_request_seconds", "From a request's headers to its answer's", it.seconds);
        registry.register("rate_budget_paused", "People whom PagerDuty asked to wait, here", it.paused);
        registry.register(
            "rate_budget_least_left",
            "The smallest part of anybody's calls that is left, from 0 to 1, here",
            it.least_left,
        );
        registry.register("vault_up", "Whether the database answers", it.vault_up);
        const AS_OF: &str = "as of when the database last answered";
        registry.register("connections", format!("Connections, {AS_OF}"), it.connections);
        registry.register("sessions", format!("Sessions, {AS_OF}"), it.sessions);
        registry.register("imports", format!("Imports that are kept, {AS_OF}"), it.imports);
        registry.register("audit_lines", format!("Lines of the audit log, {AS_OF}"), it.audit_lines);
        counted
    }

    pub(super) fn event(&self, event: &Event) {
        let [ok, failed, broken] = &self.refreshes;
        match event {
            Event::Refreshed { .. } => _ = ok.inc(),
            Event::RefreshFailed { .. } => _ = failed.inc(),
            Event::Broken { .. } => _ = broken.inc(),
            Event::ImportRow { came_to, .. } => {
                _ = self.rows.get_or_create(&ByOutcome { outcome: came_to.name() }).inc();
            }
            _ => {}
        }
    }

    pub(super) fn call(&self, call: &Call<'_>) {
        let known = ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter().find(|it| *it == call.method);
        let labels = ByCall { method: known.unwrap_or("other"), status: Status(call.status) };
        self.calls.get_or_create(&labels).inc();
    }

    pub(super) fn request(&self, route: String, status: StatusCode, took: Duration) {
        let labels = ByRoute { route, status: Status(Some(status.as_u16())) };
        self.requests.get_or_create(&labels).inc();
        self.seconds.observe(took);
    }

    pub(super) fn vault(&self, census: Option<&Census>) {
        self.vault_up.set(i64::from(census.is_some()));
        let Some(census) = census else { return };
        let state = |state: &str| ByState { state: state.to_owned() };
        self.connections.clear();
        self.connections.get_or_create(&state("connected")).set(0);
        for (reason, many) in &census.connections {
            let reason = reason.as_deref().unwrap_or("connected");
            self.connections.get_or_create(&state(reason)).set(*many);
        }
        self.imports.clear();
        for (at, many) in &census.imports {
            self.imports.get_or_create(&state(at)).set(*many);
        }
        self.sessions.set(census.sessions);
        self.audit_lines.set(census.audit_lines);
    }

    /// Where PagerDuty has told nothing lately, everything is left.
    pub(super) fn rates(&self, rates: Rates) {
        self.paused.set(i64::try_from(rates.paused).unwrap_or(i64::MAX));
        self.least_left.set(rates.least_left.unwrap_or(1.0));
    }
}
