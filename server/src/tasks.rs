//! Leptos renders pages in tasks of its own. Here each takes along the span of
//! the request it was started for, so that every line of the log has its id.

use std::sync::Once;

use any_spawner::{CustomExecutor, Executor, PinnedFuture, PinnedLocalFuture};
use tracing::Instrument;

/// Once a process, before the first page is rendered.
pub(crate) fn keep_spans() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if Executor::init_custom_executor(Spanned).is_err() {
            tracing::warn!(
                event = "tasks.unnamed",
                "another executor was set first: lines will lack request ids"
            );
        }
    });
}

struct Spanned;

impl CustomExecutor for Spanned {
    fn spawn(&self, task: PinnedFuture<()>) {
        tokio::spawn(task.in_current_span());
    }

    fn spawn_local(&self, task: PinnedLocalFuture<()>) {
        tokio::task::spawn_local(task.in_current_span());
    }

    fn poll_local(&self) {}
}
