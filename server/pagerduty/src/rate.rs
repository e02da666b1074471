//! PagerDuty's rate limit, kept by whoever calls: so many calls a minute for each app and user. One [`Budget`] is
//! shared by everything done for one person, so that a pause asked of one call is a pause for all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use http::{HeaderMap, Method};

mod shelf;

pub(crate) use shelf::Budgets;

/// A pause is never longer, whatever PagerDuty says.
pub const MAX_PAUSE: Duration = Duration::from_secs(120);
/// The pause after a 429 that does not say how long.
const PAUSE_UNTOLD: Duration = Duration::from_secs(5);
/// Two answers that differ by no more than this in when their window ends speak of the same.
const SAME_WINDOW: Duration = Duration::from_secs(2);
/// Between two looks at whether the one call that is out after a pause has taught more.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A limit of PagerDuty's. Some operations have one beside that of all, and the headers tell of whichever is nearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Limit {
    All,
    OnCalls,
    OpenIncidents,
    ChangeIncidents,
}

impl Limit {
    pub(crate) fn of(method: &Method, path: &str) -> Self {
        match (method.as_str(), path) {
            ("GET", "oncalls") => Self::OnCalls,
            ("POST", "incidents") => Self::OpenIncidents,
            ("PUT", "incidents") => Self::ChangeIncidents,
            _ => Self::All,
        }
    }
}

/// What one person may still call.
#[derive(Clone, Debug, Default)]
pub struct Budget(Arc<Mutex<Window>>);

/// Leave for one call. Dropped without an answer, it lets another go in its place.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    budget: &'a Budget,
    limit: Limit,
    is_trial: bool,
}

#[derive(Debug, Default)]
struct Window {
    /// Calls left under each limit until then, as far as PagerDuty told.
    left: HashMap<Limit, (u32, Instant)>,
    paused_until: Option<Instant>,
    trial: Trial,
}

/// After a pause one call goes out alone: all that waited would spend at once what may be a few calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Trial {
    #[default]
    Over,
    Due,
    Out,
}

impl Budget {
    /// Takes one call, or says how long there is none.
    pub(crate) fn take(&self, limit: Limit) -> Result<Turn<'_>, Duration> {
        let is_trial = self.window().take(limit, Instant::now())?;
        Ok(Turn { budget: self, limit, is_trial })
    }

    /// Nothing goes out for `wait`, which a 429 asked for, within bounds: gives how long it is.
    pub(crate) fn pause(&self, wait: Option<Duration>) -> Duration {
        self.window().pause(wait, Instant::now())
    }

    /// How much longer nothing goes out, where a 429 asked for it.
    pub(crate) fn pause_left(&self) -> Option<Duration> {
        self.window().paused_until?.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }

    /// Calls left of all, and for how long that is so; none where PagerDuty has not said lately.
    pub(crate) fn left(&self) -> Option<(u32, Duration)> {
        let (left, ends) = self.window().left.get(&Limit::All).copied()?;
        Some((left, ends.checked_duration_since(Instant::now())?))
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// Reads `ratelimit-remaining` and `ratelimit-reset` of an answer that is no 429.
    pub(crate) fn learn(&self, headers: &HeaderMap) {
        let mut window = self.budget.window();
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u32>().ok();
        if let (Some(left), Some(seconds)) = (number("ratelimit-remaining"), number("ratelimit-reset")) {
            window.learn(self.limit, left, Duration::from_secs(seconds.into()), Instant::now());
        }
        if self.is_trial {
            window.trial = Trial::Over;
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.is_trial {
            let mut window = self.budget.window();
            if window.trial == Trial::Out {
                window.trial = Trial::Due;
            }
        }
    }
}

impl Window {
    /// Whether the call that was taken is the first after a pause.
    fn take(&mut self, limit: Limit, now: Instant) -> Result<bool, Duration> {
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            return Err(until - now);
        }
        // A window that is over says nothing of the next.
        self.left.retain(|_, (_, ends)| *ends > now);
        let spent = [Limit::All, limit].into_iter().filter_map(|it| self.left.get(&it));
        if let Some((_, ends)) = spent.filter(|(left, _)| *left == 0).max_by_key(|(_, ends)| *ends) {
            return Err(*ends - now);
        }
        let is_trial = match self.trial {
            Trial::Over => false,
            Trial::Due => true,
            Trial::Out => return Err(LOOK_AGAIN),
        };
        if is_trial {
            self.trial = Trial::Out;
        }
        for (known, (left, _)) in &mut self.left {
            if *known == Limit::All || *known == limit {
                *left -= 1;
            }
        }
        Ok(is_trial)
    }

    fn learn(&mut self, limit: Limit, left: u32, reset: Duration, now: Instant) {
        let ends = now + reset.min(MAX_PAUSE);
        // Answers overtake each other: within one window what is left only shrinks.
        let left = match self.left.get(&limit) {
            Some((known, known_ends)) if ends.max(*known_ends) - ends.min(*known_ends) <= SAME_WINDOW => {
                left.min(*known)
            }
            _ => left,
        };
        self.left.insert(limit, (left, ends));
    }

    fn pause(&mut self, wait: Option<Duration>, now: Instant) -> Duration {
        // A 429 that says “0 seconds” still asked for a pause.
        let wait = wait.unwrap_or(PAUSE_UNTOLD).clamp(Duration::from_secs(1), MAX_PAUSE);
        let until = now + wait;
        let until = self.paused_until.map_or(until, |other| other.max(until));
        self.paused_until = Some(until);
        self.left.clear();
        self.trial = Trial::Due;
        until - now
    }

    /// Whether forgetting it would let a call out that PagerDuty would refuse.
    fn matters(&self, now: Instant) -> bool {
        self.paused_until.is_some_and(|until| until > now) || self.left.values().any(|(_, ends)| *ends > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const ALL: Limit = Limit::All;

    #[test]
    fn what_is_left_is_spent_and_no_more() {
        let (mut window, now) = (Window::default(), Instant::now());
        assert_eq!(window.take(ALL, now), Ok(false));
        window.learn(ALL, 2, 30 * SECOND, now);
        assert_eq!((window.take(ALL, now), window.take(ALL, now)), (Ok(false), Ok(false)));
        assert_eq!(window.take(ALL, now + SECOND), Err(29 * SECOND));
        // An answer that was overtaken gives nothing back.
        window.learn(ALL, 1, 29 * SECOND, now + SECOND);
        assert_eq!(window.take(ALL, now + SECOND), Err(29 * SECOND));
        assert_eq!(window.take(ALL, now + 30 * SECOND), Ok(false));
    }

    #[test]
    fn a_limit_of_one_operation_holds_for_no_other_and_that_of_all_for_every_one() {
        let on_calls = Limit::of(&Method::GET, "oncalls");
        assert!(on_calls != ALL && Limit::of(&Method::PUT, "incidents") != ALL);
        assert!(Limit::of(&Method::GET, "incidents") == ALL && Limit::of(&Method::GET, "users/me") == ALL);
        let (mut window, now) = (Window::default(), Instant::now());
        window.learn(on_calls, 0, 30 * SECOND, now);
        window.learn(ALL, 1, 30 * SECOND, now);
        assert_eq!(window.take(on_calls, now), Err(30 * SECOND));
        assert_eq!(window.take(ALL, now), Ok(false));
        assert_eq!(window.take(Limit::ChangeIncidents, now), Err(30 * SECOND));
    }

    #[test]
    fn rf_03_a_pause_is_as_long_as_asked_within_bounds() {
        let now = Instant::now();
        for (asked, kept) in [(Some(20), 20), (Some(0), 1), (Some(99_999), 120), (None, 5)] {
            let mut window = Window::default();
            assert_eq!(window.pause(asked.map(|seconds| seconds * SECOND), now), kept * SECOND);
            assert_eq!(window.take(ALL, now), Err(kept * SECOND), "{asked:?}");
            assert_eq!(window.take(ALL, now + kept * SECOND), Ok(true));
        }
        let mut window = Window::default();
        window.pause(Some(20 * SECOND), now);
        assert_eq!(window.pause(Some(2 * SECOND), now), 20 * SECOND);
        assert_eq!(window.take(ALL, now), Err(20 * SECOND), "a shorter pause does not end a longer one");
    }

    #[test]
    fn after_a_pause_one_call_goes_first() {
        let budget = Budget::default();
        budget.window().pause(None, Instant::now() - 6 * SECOND);
        let first = budget.take(ALL).unwrap();
        assert_eq!(budget.take(ALL).unwrap_err(), LOOK_AGAIN);
        // One that comes to nothing lets the next go.
        drop(first);
        let second = budget.take(ALL).unwrap();
        assert_eq!(budget.take(ALL).unwrap_err(), LOOK_AGAIN);
        second.learn(&HeaderMap::new());
        drop(second);
        assert!(!budget.take(ALL).unwrap().is_trial);
    }
}
