//! How many rows are under way at once.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// No more than so many.
const MOST: f64 = 8.0;
/// After so many calls that went well, one more is tried than last led to a refusal.
const TRUST: u32 = 200;

/// Grows by one with every round that went well, and is halved when PagerDuty refuses because of another call at the
/// same time: then one at a time, where that is what PagerDuty wants.
#[derive(Debug)]
pub struct Pace(Mutex<State>);

#[derive(Debug)]
struct State {
    allowed: f64,
    ceiling: f64,
    went_well: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self(Mutex::new(State { allowed: 1.0, ceiling: MOST, went_well: 0 }))
    }
}

impl Pace {
    /// How many rows may be under way.
    pub fn allowed(&self) -> usize {
        // 1 to 8.
        (1..=8)
            .rev()
            .find(|count| f64::from(*count) <= self.state().allowed)
            .map_or(1, |count: u8| count.into())
    }

    pub(super) fn went_well(&self) {
        let mut state = self.state();
        state.went_well += 1;
        if state.went_well.is_multiple_of(TRUST) {
            state.ceiling = (state.ceiling + 1.0).min(MOST);
        }
        state.allowed = (state.allowed + 1.0 / state.allowed).min(state.ceiling);
    }

    /// PagerDuty refused, since two writes met.
    pub(super) fn met_another(&self) {
        let mut state = self.state();
        state.allowed = (state.allowed / 2.0).floor().max(1.0);
        state.ceiling = state.allowed;
        state.went_well = 0;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_to_eight_and_falls_to_one_where_writes_meet() {
        let pace = Pace::default();
        assert_eq!(pace.allowed(), 1);
        for _ in 0..100 {
            pace.went_well();
        }
        assert_eq!(pace.allowed(), 8);
        for _ in 0..5 {
            pace.met_another();
        }
        for _ in 1..TRUST {
            pace.went_well();
        }
        assert_eq!(pace.allowed(), 1);
        pace.went_well();
        pace.went_well();
        assert_eq!(pace.allowed(), 2);
    }
}
