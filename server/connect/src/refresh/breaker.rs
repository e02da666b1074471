//! A token endpoint in trouble is left alone for a while: asking it again and
//! again helps neither side.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// So many failures in a row, of any connections.
const FAILURES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

/// Leave to ask. After a pause one has it, and the others wait until then for what comes of it.
#[derive(Debug, PartialEq)]
pub(super) struct Leave(Option<Instant>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    closed_until: Option<Instant>,
}

impl Breaker {
    /// Whether a request may go out; if not, how long not. When the pause is over
    /// one may, and the next after it when that one has ended or another pause has.
    pub(super) fn ask(&self) -> Result<Leave, Duration> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(until) = state.closed_until else { return Ok(Leave(None)) };
        let now = Instant::now();
        if now < until {
            return Err(until - now);
        }
        state.closed_until = Some(now + FIRST_PAUSE);
        Ok(Leave(state.closed_until))
    }

    /// Nothing was asked after all: the next one may.
    pub(super) fn unused(&self, leave: &Leave) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if leave.0.is_some() && state.closed_until == leave.0 {
            state.closed_until = Some(Instant::now());
        }
    }

    /// PagerDuty answered, whatever it was.
    pub(super) fn answered(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    /// PagerDuty did not answer, or not sensibly.
    pub(super) fn failed(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures += 1;
        if let Some(over) = state.failures.checked_sub(FAILURES) {
            let pause = FIRST_PAUSE.saturating_mul(1 << over.min(10));
            state.closed_until = Some(Instant::now() + pause.min(LONGEST_PAUSE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn rf_02_after_five_failures_one_try_at_a_time() {
        let breaker = Breaker::default();
        let early = breaker.ask().unwrap();
        for _ in 0..5 {
            assert!(breaker.ask().is_ok());
            breaker.failed();
        }
        assert!(breaker.ask().is_err());
        breaker.unused(&early);
        assert!(breaker.ask().is_err(), "who had it before the pause ends no pause");
        tokio::time::sleep(FIRST_PAUSE).await;
        let one = breaker.ask().expect("half open");
        assert!(breaker.ask().is_err(), "for one");
        breaker.unused(&one);
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(breaker.ask().is_ok(), "who did not use it");
        breaker.unused(&one);
        assert!(breaker.ask().is_err(), "it was another's by then");
        breaker.failed();
        tokio::time::sleep(FIRST_PAUSE).await;
        assert!(breaker.ask().is_err(), "the pause doubles");
        tokio::time::sleep(FIRST_PAUSE).await;
        assert!(breaker.ask().is_ok());
        breaker.answered();
        assert!(breaker.ask().is_ok() && breaker.ask().is_ok());
    }
}
