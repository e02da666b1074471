//! Time comes in through here, so that tests can move it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use std::time::Duration;

/// The time of day, in Unix seconds.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// Now, in Unix seconds.
    pub fn now(&self) -> i64 {
        #[expect(clippy::disallowed_methods, reason = "the one home of the clock")]
        let now = jiff::Timestamp::now();
        now.as_second() + self.offset.load(Ordering::Relaxed)
    }

    /// Moves this clock, and every clone of it, ahead.
    pub fn advance(&self, by: Duration) {
        self.offset.fetch_add(by.as_secs() as i64, Ordering::Relaxed);
    }
}
