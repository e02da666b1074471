//! PagerDuty's rate limit, kept by whoever calls: so many calls a minute for each app and user. One [`Budget`] is
//! shared by everything done for one person, so that a pause asked of one call is a pause for all.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use http::{HeaderMap, Method};

mod shelf;

pub(crate) use shelf::Budgets;
pub use shelf::Rates;

/// A pause is never longer, whatever PagerDuty says.
pub const MAX_PAUSE: Duration = Duration::from_secs(120);
/// The pause after a 429 that does not say how long.
const PAUSE_UNTOLD: Duration = Duration::from_secs(5);
/// Two answers that differ by no more than this in when their window ends speak of the same.
const SAME_WINDOW: Duration = Duration::from_secs(2);
/// Between two looks at whether the one call that is out after a pause has taught more.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A limit of PagerDuty's. Some operations have one beside that of all, and the headers tell of whichever is nearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// How many calls of that limit went out up to this one.
    number: u64,
    is_trial: bool,
}

#[derive(Debug, Default)]
struct Window {
    /// As far as PagerDuty told.
    left: HashMap<Limit, Left>,
    /// How many calls went out.
    taken: HashMap<Limit, u64>,
    paused_until: Option<Instant>,
    trial: Trial,
}

/// Calls left under a limit.
#[derive(Clone, Copy, Debug)]
struct Left {
    left: u32,
    /// Of so many, where that was told.
    of: u32,
    ends: Instant,
}

impl Left {
    fn is_spent(self, share: Share) -> bool {
        // Only of the limit of all is a share left to others.
        let kept = u64::from(self.of) * u64::from(100 - share.0) / 100;
        u64::from(self.left) <= kept
    }
}

/// How much of PagerDuty's limit may be spent, in percent; the rest is left to whoever else calls for the same person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share(u8);

impl Share {
    /// Everything.
    pub const ALL: Self = Self(100);

    /// From 1 to 100 percent.
    pub fn percent(percent: u8) -> Option<Self> {
        (1..=100).contains(&percent).then_some(Self(percent))
    }

    /// From 1 to 100.
    pub fn as_percent(self) -> u8 {
        self.0
    }
}

/// `80`
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
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
    /// Takes one call, or says how long there is none within that share.
    pub(crate) fn take(&self, limit: Limit, share: Share) -> Result<Turn<'_>, Duration> {
        let mut window = self.window();
        let is_trial = window.take(limit, share, Instant::now())?;
        Ok(Turn { budget: self, limit, number: window.taken(limit), is_trial })
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
        let all = self.window().left.get(&Limit::All).copied()?;
        Some((all.left, all.ends.checked_duration_since(Instant::now())?))
    }

    /// How long no call goes out within that share, as far as is known.
    pub(crate) fn wait(&self, share: Share) -> Option<Duration> {
        self.window().wait(Limit::All, share, Instant::now())
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// Reads `ratelimit-remaining` and `ratelimit-reset` of an answer that is no 429.
    ///
    /// The end of the window is told in seconds from when PagerDuty wrote the answer, which `took` so long in all: counted
    /// from when the call went out, it says when the next may go out, since that one is on its way as long. A quarter of
    /// the time is for ways that differ.
    pub(crate) fn learn(&self, headers: &HeaderMap, took: Duration) {
        let mut window = self.budget.window();
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u32>().ok();
        if let (Some(left), Some(seconds)) = (number("ratelimit-remaining"), number("ratelimit-reset")) {
            let of = number("ratelimit-limit").unwrap_or(0);
            // Those that went out after this one are not in what it tells.
            let after = window.taken(self.limit).saturating_sub(self.number);
            let left = left.saturating_sub(u32::try_from(after).unwrap_or(u32::MAX));
            let now = Instant::now();
            let asked = now.checked_sub(took * 3 / 4).unwrap_or(now);
            window.learn(self.limit, (left, of), Duration::from_secs(seconds.into()), asked);
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
    fn take(&mut self, limit: Limit, share: Share, now: Instant) -> Result<bool, Duration> {
        if let Some(wait) = self.wait(limit, share, now) {
            return Err(wait);
        }
        let is_trial = match self.trial {
            Trial::Over => false,
            Trial::Due => true,
            Trial::Out => return Err(LOOK_AGAIN),
        };
        if is_trial {
            self.trial = Trial::Out;
        }
        for limit in BTreeSet::from([Limit::All, limit]) {
            *self.taken.entry(limit).or_default() += 1;
        }
        for (known, it) in &mut self.left {
            if *known == Limit::All || *known == limit {
                it.left -= 1;
            }
        }
        Ok(is_trial)
    }

    fn taken(&self, limit: Limit) -> u64 {
        self.taken.get(&limit).copied().unwrap_or_default()
    }

    fn wait(&mut self, limit: Limit, share: Share, now: Instant) -> Option<Duration> {
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            return Some(until - now);
        }
        // A window that is over says nothing of the next.
        self.left.retain(|_, it| it.ends > now);
        let limits = [(Limit::All, share), (limit, Share::ALL)];
        let spent = limits.into_iter().filter_map(|(limit, share)| {
            let it = self.left.get(&limit).filter(|it| it.is_spent(share))?;
            Some(it.ends - now)
        });
        spent.max()
    }

    fn learn(&mut self, limit: Limit, (left, of): (u32, u32), reset: Duration, now: Instant) {
        let ends = now + reset.min(MAX_PAUSE);
        let next = match self.left.get(&limit) {
            // Answers overtake each other: within one window what is left only shrinks. The end is told in whole
            // seconds, rounded up: the earliest is the nearest.
            Some(it) if ends.max(it.ends) - ends.min(it.ends) <= SAME_WINDOW => {
                Left { left: left.min(it.left), of, ends: ends.min(it.ends) }
            }
            _ => Left { left, of, ends },
        };
        self.left.insert(limit, next);
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

    fn is_paused(&self, now: Instant) -> bool {
        self.paused_until.is_some_and(|until| until > now)
    }

    /// Of the limit of all, where PagerDuty said how many there are.
    fn part_left(&self, now: Instant) -> Option<f64> {
        let it = self.left.get(&Limit::All).filter(|it| it.ends > now && it.of > 0)?;
        Some(f64::from(it.left) / f64::from(it.of))
    }

    /// Whether forgetting it would let a call out that PagerDuty would refuse.
    fn matters(&self, now: Instant) -> bool {
        self.is_paused(now) || self.left.values().any(|it| it.ends > now)
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
        assert_eq!(window.take(ALL, Share::ALL, now), Ok(false));
        window.learn(ALL, (2, 0), 30 * SECOND, now);
        assert_eq!(
            (window.take(ALL, Share::ALL, now), window.take(ALL, Share::ALL, now)),
            (Ok(false), Ok(false))
        );
        assert_eq!(window.take(ALL, Share::ALL, now + SECOND), Err(29 * SECOND));
        // An answer that was overtaken gives nothing back.
        window.learn(ALL, (1, 0), 29 * SECOND, now + SECOND);
        assert_eq!(window.take(ALL, Share::ALL, now + SECOND), Err(29 * SECOND));
        assert_eq!(window.take(ALL, Share::ALL, now + 30 * SECOND), Ok(false));
    }

    #[test]
    fn a_share_is_left_to_others_and_the_nearest_end_counts() {
        let (mut window, now) = (Window::default(), Instant::now());
        let half = Share::percent(50).unwrap();
        window.learn(ALL, (6, 10), 30 * SECOND, now);
        assert_eq!(window.take(ALL, half, now), Ok(false));
        assert_eq!(window.take(ALL, half, now), Err(30 * SECOND));
        window.learn(ALL, (5, 10), 29 * SECOND, now + SECOND / 2);
        assert_eq!(window.take(ALL, half, now), Err(29 * SECOND + SECOND / 2));
        assert_eq!(window.take(ALL, Share::ALL, now), Ok(false));
        assert_eq!((Share::percent(0), Share::percent(101)), (None, None));
    }

    #[test]
    fn calls_under_way_are_not_in_what_an_answer_tells() {
        let budget = Budget::default();
        let told = |left: &'static str| {
            let of = |name: &'static str, value: &'static str| {
                (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
            };
            HeaderMap::from_iter([of("ratelimit-remaining", left), of("ratelimit-reset", "30")])
        };
        let turns = [(); 4].map(|()| budget.take(ALL, Share::ALL).unwrap());
        turns[0].learn(&told("9"), SECOND);
        assert_eq!(budget.left().unwrap().0, 6);
        turns[3].learn(&told("6"), SECOND);
        assert_eq!(budget.left().unwrap().0, 6);
        drop(budget.take(ALL, Share::ALL).unwrap());
        assert_eq!(budget.left().unwrap().0, 5);
    }

    #[test]
    fn a_limit_of_one_operation_holds_for_no_other_and_that_of_all_for_every_one() {
        let on_calls = Limit::of(&Method::GET, "oncalls");
        assert!(on_calls != ALL && Limit::of(&Method::PUT, "incidents") != ALL);
        assert!(Limit::of(&Method::GET, "incidents") == ALL && Limit::of(&Method::GET, "users/me") == ALL);
        let (mut window, now) = (Window::default(), Instant::now());
        window.learn(on_calls, (0, 0), 30 * SECOND, now);
        window.learn(ALL, (1, 0), 30 * SECOND, now);
        assert_eq!(window.take(on_calls, Share::ALL, now), Err(30 * SECOND));
        assert_eq!(window.take(ALL, Share::ALL, now), Ok(false));
        assert_eq!(window.take(Limit::ChangeIncidents, Share::ALL, now), Err(30 * SECOND));
    }

    #[test]
    fn rf_03_a_pause_is_as_long_as_asked_within_bounds() {
        let now = Instant::now();
        for (asked, kept) in [(Some(20), 20), (Some(0), 1), (Some(99_999), 120), (None, 5)] {
            let mut window = Window::default();
            assert_eq!(window.pause(asked.map(|seconds| seconds * SECOND), now), kept * SECOND);
            assert_eq!(window.take(ALL, Share::ALL, now), Err(kept * SECOND), "{asked:?}");
            assert_eq!(window.take(ALL, Share::ALL, now + kept * SECOND), Ok(true));
        }
        let mut window = Window::default();
        window.pause(Some(20 * SECOND), now);
        assert_eq!(window.pause(Some(2 * SECOND), now), 20 * SECOND);
        assert_eq!(
            window.take(ALL, Share::ALL, now),
            Err(20 * SECOND),
            "a shorter pause does not end a longer one"
        );
    }

    #[test]
    fn after_a_pause_one_call_goes_first() {
        let budget = Budget::default();
        budget.window().pause(None, Instant::now() - 6 * SECOND);
        let first = budget.take(ALL, Share::ALL).unwrap();
        assert_eq!(budget.take(ALL, Share::ALL).unwrap_err(), LOOK_AGAIN);
        // One that comes to nothing lets the next go.
        drop(first);
        let second = budget.take(ALL, Share::ALL).unwrap();
        assert_eq!(budget.take(ALL, Share::ALL).unwrap_err(), LOOK_AGAIN);
        second.learn(&HeaderMap::new(), SECOND);
        drop(second);
        assert!(!budget.take(ALL, Share::ALL).unwrap().is_trial);
    }
}
