//! The rate limit: so many requests in a window for each app and user (PagerDuty docs, “Rate Limits”).

use std::collections::HashMap;

use jiff::Timestamp;

use crate::switches::Switches;

#[derive(Default)]
pub(crate) struct Rates {
    windows: HashMap<String, Window>,
}

struct Window {
    /// At the first request, and not at a round time: no window is shorter than the others.
    began: Timestamp,
    used: u32,
}

/// What the `ratelimit-…` headers say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    pub(super) limit: u32,
    pub(super) remaining: u32,
    /// Seconds until the window ends, rounded up: who waits for so long never comes too early.
    pub(super) reset: u64,
    pub(super) exceeded: bool,
}

impl Rates {
    /// Counts one request of `who`.
    pub(super) fn count(&mut self, who: &str, switches: &Switches, now: Timestamp) -> Allowance {
        let limit = switches.rate_limit;
        let length = switches.rate_window_seconds.saturating_mul(1000);
        let window = self.windows.entry(who.to_owned()).or_insert(Window { began: now, used: 0 });
        let left = match window.left(length, now) {
            Some(left) => left,
            None => {
                *window = Window { began: now, used: 0 };
                length
            }
        };
        let exceeded = window.used >= limit;
        window.used = window.used.saturating_add(1);
        let remaining = limit.saturating_sub(window.used);
        Allowance { limit, remaining, reset: left.div_ceil(1000), exceeded }
    }
}

impl Window {
    /// Milliseconds to its end; `None` when it is over. A clock set back ends it as well.
    fn left(&self, length: u64, now: Timestamp) -> Option<u64> {
        let age = u64::try_from(now.as_millisecond().saturating_sub(self.began.as_millisecond())).ok()?;
        length.checked_sub(age).filter(|left| *left > 0)
    }
}

/// For a request without a good token, which counts against nobody.
pub(super) fn untouched(switches: &Switches) -> Allowance {
    let limit = switches.rate_limit;
    Allowance { limit, remaining: limit, reset: switches.rate_window_seconds, exceeded: false }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;

    use super::*;

    #[test]
    fn a_window_lasts_to_the_millisecond_from_its_first_request() {
        let switches = Switches { rate_limit: 2, rate_window_seconds: 6, ..Switches::default() };
        let start: Timestamp = "2026-01-05T09:00:00.900Z".parse().unwrap();
        let mut rates = Rates::default();
        let mut at = |millis: i64| {
            let allowance = rates.count("ann", &switches, start + millis.milliseconds());
            (allowance.remaining, allowance.reset, allowance.exceeded)
        };
        assert_eq!(at(0), (1, 6, false));
        assert_eq!(at(1), (0, 6, false));
        assert_eq!(at(1_000), (0, 5, true));
        assert_eq!(at(5_999), (0, 1, true));
        assert_eq!(at(6_000), (1, 6, false));
        assert_eq!(at(11_999), (0, 1, false));
        assert_eq!(at(0), (1, 6, false), "the clock was set back");
    }
}
