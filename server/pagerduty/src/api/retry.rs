//! What is tried again, how often, after how long.

use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::{Api, ask::Ask};
use crate::{
    Error,
    http::{API_TIMEOUT, Answer},
    rate::{Limit, MAX_PAUSE, Turn},
};

/// How often and how long a call tries. Reads are tried again when PagerDuty is in trouble; what changes something
/// only when plainly nothing was done: there was no connection, or a 429, or a lock that was not had.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// Times a call is sent, the first included.
    pub attempts: u32,
    /// The pause after the first; each that follows is twice as long, and all vary by half.
    pub pause: Duration,
    /// A pause that PagerDuty asks for and is longer than this is not waited for: the call ends with
    /// [`Error::RateLimited`], which says how long it is.
    pub longest_wait: Duration,
    /// After so long in all the call ends with the error it has: nothing is sent or waited for beyond it.
    pub deadline: Duration,
}

impl Default for Retry {
    /// For a page somebody waits for: 30 seconds in all.
    fn default() -> Self {
        Self {
            attempts: 3,
            pause: Duration::from_millis(200),
            longest_wait: Duration::from_secs(3),
            deadline: API_TIMEOUT,
        }
    }
}

impl Retry {
    /// Sends once and waits for nothing, be it only for another call to come back after a pause.
    pub fn never() -> Self {
        Self { attempts: 1, longest_wait: Duration::ZERO, ..Self::default() }
    }

    /// For work nobody watches: waits out every pause, ten minutes in all.
    pub fn patient() -> Self {
        Self {
            attempts: 6,
            pause: Duration::from_millis(500),
            longest_wait: MAX_PAUSE,
            deadline: Duration::from_secs(600),
        }
    }

    fn left(&self, began: Instant) -> Duration {
        self.deadline.saturating_sub(began.elapsed())
    }

    /// The pause after attempt number `attempt`, from a half to one and a half of its length.
    fn pause_after(&self, attempt: u32) -> Duration {
        let whole = self.pause.saturating_mul(1 << attempt.saturating_sub(1).min(8));
        // A new state holds new random keys: no more is needed to keep callers apart.
        let share = u32::try_from(RandomState::new().hash_one(attempt) % 1000).unwrap_or(500);
        (whole / 2).saturating_add((whole / 1000).saturating_mul(share))
    }
}

impl Api<'_> {
    /// Sends, waits and sends again as [`Retry`] says.
    pub(super) async fn ask(&self, ask: &Ask) -> Result<Answer, Error> {
        let (began, mut attempt) = (Instant::now(), 1);
        loop {
            let turn = self.wait_for_budget(ask.limit(), began).await?;
            let error = match self.send(ask, &turn, self.retry.left(began)).await {
                Ok(answer) => return Ok(answer),
                Err(Error::RateLimited { wait }) => {
                    Error::RateLimited { wait: Some(self.budget.pause(wait)) }
                }
                Err(error) => error,
            };
            drop(turn);
            let pause = match error {
                Error::RateLimited { .. } => Duration::ZERO,
                _ => self.retry.pause_after(attempt),
            };
            let is_last = attempt >= self.retry.attempts || pause >= self.retry.left(began);
            if is_last || !may_repeat(ask, &error) {
                return Err(error);
            }
            sleep(pause).await;
            attempt += 1;
        }
    }

    /// Returns when a call may go out. No call goes out during a pause.
    async fn wait_for_budget(&self, limit: Limit, began: Instant) -> Result<Turn<'_>, Error> {
        loop {
            let wait = match self.budget.take(limit, self.share) {
                Ok(turn) => return Ok(turn),
                Err(wait) => wait,
            };
            if wait > self.retry.longest_wait || wait >= self.retry.left(began) {
                return Err(Error::RateLimited { wait: Some(wait) });
            }
            sleep(wait).await;
        }
    }
}

fn may_repeat(ask: &Ask, error: &Error) -> bool {
    match error {
        Error::RateLimited { .. } => true,
        e if e.is_locked() => true,
        // Not one byte of it went out.
        Error::Unreachable { sent: false, .. } => true,
        Error::Unreachable { .. } => ask.is_safe(),
        Error::Status { status, .. } => ask.is_safe() && (*status >= 500 || *status == 408),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_vary_within_bounds() {
        let retry = Retry { pause: Duration::from_millis(100), ..Retry::default() };
        for (attempt, whole) in [(1, 100), (2, 200), (3, 400), (40, 25_600)] {
            let pause = retry.pause_after(attempt).as_millis();
            assert!((whole / 2..=whole * 3 / 2).contains(&pause), "{attempt}: {pause}");
        }
    }
}
