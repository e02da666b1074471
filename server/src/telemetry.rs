//! Logs: one JSON object a line, times in UTC. `RUST_LOG` chooses how much.
//!
//! A thread of their own writes them: whoever reads them may be slow or gone, and
//! no request waits for that. Lines beyond what it keeps for later are dropped.

use std::io::IsTerminal;

use tracing::{Level, Metadata};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    layer::SubscriberExt,
    util::{SubscriberInitExt, TryInitError},
};

use crate::traces::Traces;

/// PostgreSQL notes at every start that the schema is there already.
const USUAL: &str = "info,sqlx::postgres::notice=warn";

/// Starts logging to standard error: for people on a terminal, as JSON elsewhere.
/// What is to be written is written before the guard is gone. Traces go where they go, whatever is logged.
pub fn start(traces: &Traces) -> Result<WorkerGuard, TryInitError> {
    let chosen = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(USUAL));
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = if std::io::stderr().is_terminal() {
        lines.with_target(false).boxed()
    } else {
        lines.json().flatten_event(true).with_span_list(false).boxed()
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(chosen.and(filter_fn(is_ours_or_plain))))
        .with(traces.layer())
        .try_init()?;
    Ok(guard)
}

/// Whatever `RUST_LOG` says: libraries below may print requests and headers in
/// detail, and those hold tokens. Beyond INFO only this project's own lines pass.
fn is_ours_or_plain(line: &Metadata<'_>) -> bool {
    const OURS: [&str; 6] =
        ["app", "security", "server", "pagerduty", "pagerduty_connect", "pagerduty_sandbox"];
    *line.level() <= Level::INFO || line.target().split("::").next().is_some_and(|name| OURS.contains(&name))
}
