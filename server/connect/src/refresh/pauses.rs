//! How long to leave PagerDuty alone after a try that brought nothing.

use std::time::Duration;

/// Before the second try of one flight.
const SECOND_TRY: Duration = Duration::from_millis(250);
/// Between the tries of later flights: doubled each time, up to a minute.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// PagerDuty may ask for more.
pub(crate) const LONGEST_PAUSE_ASKED_FOR: Duration = Duration::from_secs(120);

/// Whether the same flight tries again, and when.
pub(super) fn second_try(error: &pagerduty::Error) -> Option<Duration> {
    let soon = !error.is_invalid_client() && !matches!(error, pagerduty::Error::RateLimited { .. });
    soon.then_some(SECOND_TRY)
}

/// How long nobody should try.
pub(super) fn back_off(error: &pagerduty::Error, failures: i64) -> Duration {
    // Two failures make a flight.
    let doubled = FIRST_PAUSE.saturating_mul(1 << (failures / 2).clamp(0, 10));
    jittered(doubled.min(LONGEST_PAUSE)).max(asked_for(error))
}

/// How long PagerDuty wants not to be asked.
pub(crate) fn asked_for(error: &pagerduty::Error) -> Duration {
    match error {
        pagerduty::Error::RateLimited { wait } => wait.unwrap_or_default().min(LONGEST_PAUSE_ASKED_FOR),
        _ => Duration::ZERO,
    }
}

/// Between half of it and all of it, so that replicas do not move in step.
pub(super) fn jittered(pause: Duration) -> Duration {
    let mut byte = [0];
    // Without randomness all of it will do.
    let part = if getrandom::fill(&mut byte).is_ok() { u32::from(byte[0]) } else { 255 };
    pause / 2 + pause / 2 * part / 255
}
