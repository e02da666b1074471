//! The rate limit: so many requests a minute for each app and user (PagerDuty docs, “Rate Limits”).

use std::collections::HashMap;

use jiff::Timestamp;

/// Seconds in a window.
const WINDOW_SECONDS: i64 = 60;

#[derive(Default)]
pub(crate) struct Rates {
    windows: HashMap<String, Window>,
}

struct Window {
    began: Timestamp,
    used: u32,
}

/// What the `ratelimit-…` headers say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    pub(super) limit: u32,
    pub(super) remaining: u32,
    /// Seconds until the window ends.
    pub(super) reset: i64,
    pub(super) exceeded: bool,
}

impl Rates {
    /// Counts one request of `who`.
    pub(super) fn count(&mut self, who: &str, limit: u32, now: Timestamp) -> Allowance {
        let window = self.windows.entry(who.to_owned()).or_insert(Window { began: now, used: 0 });
        // A clock set back starts a new window as well.
        let age = now.as_second() - window.began.as_second();
        if !(0..WINDOW_SECONDS).contains(&age) {
            *window = Window { began: now, used: 0 };
        }
        let reset = WINDOW_SECONDS - (now.as_second() - window.began.as_second());
        let exceeded = window.used >= limit;
        window.used = window.used.saturating_add(1);
        Allowance { limit, remaining: limit.saturating_sub(window.used), reset, exceeded }
    }
}

/// For a request without a good token, which counts against nobody.
pub(super) fn untouched(limit: u32) -> Allowance {
    Allowance { limit, remaining: limit, reset: WINDOW_SECONDS, exceeded: false }
}
