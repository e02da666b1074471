//! PagerDuty's rate limit, kept by whoever calls: so many calls a minute for each app and user. One [`Budget`] is
//! shared by everything done for one person, so that a pause asked of one call is a pause for all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use http::HeaderMap;

use crate::Region;

/// A pause is never longer, whatever PagerDuty says.
pub const MAX_PAUSE: Duration = Duration::from_secs(120);
/// The pause after a 429 that does not say how long.
const PAUSE_UNTOLD: Duration = Duration::from_secs(5);
/// People whose budgets are kept.
const MAX_BUDGETS: usize = 10_000;
/// Two answers that differ by no more than this in when their window ends speak of the same.
const SAME_WINDOW: Duration = Duration::from_secs(2);

/// What one person may still call.
#[derive(Clone, Debug, Default)]
pub struct Budget(Arc<Mutex<Window>>);

#[derive(Debug, Default)]
struct Window {
    /// Calls left until `ends`, as far as PagerDuty told.
    left: Option<(u32, Instant)>,
    paused_until: Option<Instant>,
}

impl Budget {
    /// Takes one call, or says how long there is none.
    pub(crate) fn take(&self) -> Result<(), Duration> {
        self.window().take(Instant::now())
    }

    /// Reads `ratelimit-remaining` and `ratelimit-reset`.
    pub(crate) fn learn(&self, headers: &HeaderMap) {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u32>().ok();
        if let (Some(left), Some(seconds)) = (number("ratelimit-remaining"), number("ratelimit-reset")) {
            self.window().learn(left, Duration::from_secs(seconds.into()), Instant::now());
        }
    }

    /// Nothing goes out for `wait`, which a 429 asked for.
    pub(crate) fn pause(&self, wait: Option<Duration>) {
        self.window().pause(wait, Instant::now());
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            return Err(until - now);
        }
        match &mut self.left {
            Some((0, ends)) if *ends > now => return Err(*ends - now),
            Some((left, ends)) if *ends > now => *left -= 1,
            // A window that is over says nothing of the next.
            _ => self.left = None,
        }
        Ok(())
    }

    fn learn(&mut self, left: u32, reset: Duration, now: Instant) {
        let ends = now + reset.min(MAX_PAUSE);
        // Answers overtake each other: within one window what is left only shrinks.
        let left = match self.left {
            Some((known, known_ends)) if known_ends.max(ends) - known_ends.min(ends) <= SAME_WINDOW => {
                known.min(left)
            }
            _ => left,
        };
        self.left = Some((left, ends));
    }

    fn pause(&mut self, wait: Option<Duration>, now: Instant) {
        // A 429 that says “0 seconds” still asked for a pause.
        let wait = wait.unwrap_or(PAUSE_UNTOLD).clamp(Duration::from_secs(1), MAX_PAUSE);
        let until = now + wait;
        self.paused_until = Some(self.paused_until.map_or(until, |other| other.max(until)));
        self.left = None;
    }
}

/// The budgets of everybody.
#[derive(Clone, Debug, Default)]
pub(crate) struct Budgets(Arc<Mutex<HashMap<String, Budget>>>);

impl Budgets {
    pub(crate) fn of(&self, region: Region, user: &str) -> Budget {
        let mut budgets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if budgets.len() >= MAX_BUDGETS {
            // Those nobody is calling with now are learnt anew from the next answer.
            budgets.retain(|_, budget| Arc::strong_count(&budget.0) > 1);
        }
        budgets.entry(format!("{}/{user}", region.code())).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_is_left_is_spent_and_no_more() {
        let (mut window, now) = (Window::default(), Instant::now());
        assert_eq!(window.take(now), Ok(()));
        window.learn(2, 30 * SECOND, now);
        assert_eq!((window.take(now), window.take(now)), (Ok(()), Ok(())));
        assert_eq!(window.take(now + SECOND), Err(29 * SECOND));
        // An answer that was overtaken gives nothing back.
        window.learn(1, 29 * SECOND, now + SECOND);
        assert_eq!(window.take(now + SECOND), Err(29 * SECOND));
        assert_eq!(window.take(now + 30 * SECOND), Ok(()));
    }

    #[test]
    fn rf_03_a_pause_is_as_long_as_asked_within_bounds() {
        let now = Instant::now();
        for (asked, kept) in [(Some(20), 20), (Some(0), 1), (Some(99_999), 120), (None, 5)] {
            let mut window = Window::default();
            window.pause(asked.map(|seconds| seconds * SECOND), now);
            assert_eq!(window.take(now), Err(kept * SECOND), "{asked:?}");
            assert_eq!(window.take(now + kept * SECOND), Ok(()));
        }
        let mut window = Window::default();
        window.pause(Some(20 * SECOND), now);
        window.pause(Some(2 * SECOND), now);
        assert_eq!(window.take(now), Err(20 * SECOND), "a shorter pause does not end a longer one");
    }

    #[test]
    fn one_person_has_one_budget_and_nobody_elses() {
        let budgets = Budgets::default();
        let us = |user: &str| budgets.of(Region::UnitedStates, user);
        us("a").pause(None);
        assert!(us("a").take().is_err());
        assert!(us("b").take().is_ok());
        assert!(budgets.of(Region::Europe, "a").take().is_ok());
        for number in 0..MAX_BUDGETS + 5 {
            us(&number.to_string());
        }
        assert!(budgets.0.lock().unwrap().len() <= MAX_BUDGETS);
    }
}
