//! The budgets of everybody, each by their name.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use super::Budget;
use crate::Region;

/// People whose budgets are kept.
const MAX_BUDGETS: usize = 10_000;

/// The budgets of everybody.
#[derive(Clone, Debug, Default)]
pub(crate) struct Budgets(Arc<Mutex<Shelf>>);

#[derive(Debug)]
struct Shelf {
    budgets: HashMap<String, Budget>,
    /// How many there are when it is swept next.
    full: usize,
}

impl Default for Shelf {
    fn default() -> Self {
        Self { budgets: HashMap::new(), full: MAX_BUDGETS }
    }
}

/// How near people are to PagerDuty's limits, all of them together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// For how many no call goes out, since PagerDuty asked to wait.
    pub paused: usize,
    /// The smallest part that is left of anybody's calls, from 0 to 1, as far as PagerDuty told lately.
    pub least_left: Option<f64>,
}

impl Budgets {
    pub(crate) fn rates(&self) -> Rates {
        let now = Instant::now();
        let shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut paused, mut least_left) = (0, None::<f64>);
        for budget in shelf.budgets.values() {
            let window = budget.window();
            paused += usize::from(window.is_paused(now));
            if let Some(part) = window.part_left(now) {
                least_left = Some(least_left.map_or(part, |least| least.min(part)));
            }
        }
        Rates { paused, least_left }
    }

    pub(crate) fn of(&self, region: Region, user: &str) -> Budget {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shelf.budgets.len() >= shelf.full {
            let now = Instant::now();
            // Those nobody is calling with now are learnt anew from the next answer.
            shelf.budgets.retain(|_, it| Arc::strong_count(&it.0) > 1 || it.window().matters(now));
            // When most of them matter, not at every call.
            shelf.full = MAX_BUDGETS.max(shelf.budgets.len() * 2);
        }
        shelf.budgets.entry(format!("{}/{user}", region.code())).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::rate::{Limit, Share};

    #[test]
    fn one_person_has_one_budget_and_nobody_elses() {
        let budgets = Budgets::default();
        let us = |user: &str| budgets.of(Region::UnitedStates, user);
        us("a").pause(None);
        us("b").window().learn(Limit::All, (0, 0), Duration::from_secs(30), Instant::now());
        assert!(us("a").take(Limit::All, Share::ALL).is_err());
        assert!(us("c").take(Limit::All, Share::ALL).is_ok());
        assert!(budgets.of(Region::Europe, "a").take(Limit::All, Share::ALL).is_ok());
        for number in 0..MAX_BUDGETS + 5 {
            us(&number.to_string());
        }
        assert!(budgets.0.lock().unwrap().budgets.len() <= MAX_BUDGETS);
        // A full shelf ends no pause, and no window that is spent.
        assert!(
            us("a").take(Limit::All, Share::ALL).is_err() && us("b").take(Limit::All, Share::ALL).is_err()
        );
    }
}
