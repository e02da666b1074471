//! What is tried again, how often, after how long.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use tokio::time::sleep;

use super::{Api, ask::Ask};
use crate::{Error, http::Answer};

/// How often and how long a call tries. Reads are tried again when PagerDuty is in trouble; what changes something
/// never is, but for answers that say plainly that nothing was done: a 429, and a lock that was not had.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// Times a call is sent, the first included.
    pub attempts: u32,
    /// The pause after the first; each that follows is twice as long, and all vary by half.
    pub pause: Duration,
    /// A pause that PagerDuty asks for and is longer than this is not waited for: the call ends with
    /// [`Error::RateLimited`], which says how long it is.
    pub longest_wait: Duration,
}

impl Default for Retry {
    /// For a page somebody waits for.
    fn default() -> Self {
        Self { attempts: 3, pause: Duration::from_millis(200), longest_wait: Duration::from_secs(3) }
    }
}

impl Retry {
    /// Sends once and waits for nothing.
    pub fn never() -> Self {
        Self { attempts: 1, longest_wait: Duration::ZERO, ..Self::default() }
    }

    /// For work nobody watches: waits out every pause.
    pub fn patient() -> Self {
        Self { attempts: 6, pause: Duration::from_millis(500), longest_wait: Duration::from_secs(120) }
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
        let mut attempt = 1;
        loop {
            self.wait_for_budget().await?;
            let error = match self.send(ask).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if let Error::RateLimited { wait } = &error {
                self.budget.pause(*wait);
            }
            if attempt >= self.retry.attempts || !may_repeat(ask, &error) {
                return Err(error);
            }
            if !matches!(error, Error::RateLimited { .. }) {
                sleep(self.retry.pause_after(attempt)).await;
            }
            attempt += 1;
        }
    }

    /// Returns when a call may go out. No call goes out during a pause.
    async fn wait_for_budget(&self) -> Result<(), Error> {
        while let Err(left) = self.budget.take() {
            if left > self.retry.longest_wait {
                return Err(Error::RateLimited { wait: Some(left) });
            }
            sleep(left).await;
        }
        Ok(())
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
        let retry = Retry { attempts: 9, pause: Duration::from_millis(100), longest_wait: Duration::ZERO };
        for (attempt, whole) in [(1, 100), (2, 200), (3, 400), (40, 25_600)] {
            let pause = retry.pause_after(attempt).as_millis();
            assert!((whole / 2..=whole * 3 / 2).contains(&pause), "{attempt}: {pause}");
        }
    }
}
