//! The sandbox's own time: the machine's, moved by an offset that tests set.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_millis: AtomicI64,
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "this is the sandbox's one clock")]
    pub(crate) fn now(&self) -> Timestamp {
        let real = Timestamp::now().as_millisecond();
        let millis = real.saturating_add(self.offset_millis.load(Ordering::SeqCst));
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
    }

    pub(crate) fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let _ = self
            .offset_millis
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |offset| Some(offset.saturating_add(millis)));
    }

    pub(crate) fn set_offset_seconds(&self, seconds: i64) {
        self.offset_millis.store(seconds.saturating_mul(1000), Ordering::SeqCst);
    }

    pub(crate) fn offset_seconds(&self) -> i64 {
        self.offset_millis.load(Ordering::SeqCst) / 1000
    }
}

/// `at` plus `seconds`, stopping at the end of time instead of overflowing.
pub(crate) fn later(at: Timestamp, seconds: u64) -> Timestamp {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    Timestamp::from_second(at.as_second().saturating_add(seconds)).unwrap_or(Timestamp::MAX)
}
