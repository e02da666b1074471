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

#[derive(Debug, Default)]
struct State {
    failures: u32,
    closed_until: Option<Instant>,
}

impl Breaker {
    /// Whether a request may go out; if not, how long not. When the pause is over
    /// one may, and the next after it when that one has ended or another pause has.
    pub(super) fn ask(&self) -> Result<(), Duration> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(until) = state.closed_until else { return Ok(()) };
        let now = Instant::now();
        if now < until {
            return Err(until - now);
        }
        state.closed_until = Some(now + FIRST_PAUSE);
        Ok(())
    }

    /// Nothing was asked after all: the next one may.
    pub(super) fn unused(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = &mut state.closed_until {
            *until = Instant::now();
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
        for _ in 0..5 {
            assert_eq!(breaker.ask(), Ok(()));
            breaker.failed();
        }
        assert!(breaker.ask().is_err());
        tokio::time::sleep(FIRST_PAUSE).await;
        assert_eq!(breaker.ask(), Ok(()), "half open");
        assert!(breaker.ask().is_err(), "for one");
        breaker.unused();
        assert_eq!(breaker.ask(), Ok(()), "who did not use it");
        assert!(breaker.ask().is_err());
        breaker.failed();
        tokio::time::sleep(FIRST_PAUSE).await;
        assert!(breaker.ask().is_err(), "the pause doubles");
        tokio::time::sleep(FIRST_PAUSE).await;
        assert_eq!(breaker.ask(), Ok(()));
        breaker.answered();
        assert_eq!((breaker.ask(), breaker.ask()), (Ok(()), Ok(())));
    }
}
