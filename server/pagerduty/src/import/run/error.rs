//! What an error means: for the call, for the row, for the run.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Pace;
use crate::{Error, Scopes};

/// Calls in vain before the whole run waits.
const MOST_IN_VAIN: u32 = 3;
/// Refusals because another write held the lock: those pass.
const MOST_LOCKED: u32 = 40;
const PAUSE: Duration = Duration::from_millis(300);

/// Why no row can go on at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The token is not accepted.
    Unauthorized,
    /// These scopes are missing.
    Scopes(Scopes),
    /// The account has no licence left.
    Licence {
        /// Whether an earlier try may have made it all the same.
        may_be_there: bool,
    },
    /// PagerDuty does not answer, or is in trouble.
    Down,
    /// The journal could not be written.
    Journal,
}

/// What was not done, and what to do about it; finished sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What went wrong.
    pub said: String,
    /// What to do about it.
    pub remedy: String,
}

/// What follows from an error.
pub(super) enum Next {
    Again {
        pause: Duration,
        /// Whether PagerDuty may have done it.
        ambiguous: bool,
    },
    Halt(Halt),
    Refused,
}

/// How often a call was made in vain.
#[derive(Debug, Default)]
pub(super) struct Tries {
    in_vain: u32,
    locked: u32,
}

impl Tries {
    pub(super) fn next(&mut self, error: &Error, pace: &Pace) -> Next {
        match error {
            Error::Unauthorized => Next::Halt(Halt::Unauthorized),
            Error::MissingScope { required } => Next::Halt(Halt::Scopes(Scopes::parse(required))),
            e if is_licence(e) => Next::Halt(Halt::Licence { may_be_there: false }),
            e if e.is_locked() && self.locked < MOST_LOCKED => {
                self.locked += 1;
                pace.met_another();
                Next::Again { pause: PAUSE, ambiguous: false }
            }
            // Whoever asks next waits as long as PagerDuty said.
            Error::RateLimited { .. } => Next::Again { pause: Duration::ZERO, ambiguous: false },
            e if e.is_transient() => {
                self.in_vain += 1;
                if self.in_vain >= MOST_IN_VAIN {
                    return Next::Halt(Halt::Down);
                }
                Next::Again { pause: PAUSE * self.in_vain, ambiguous: e.is_ambiguous() }
            }
            _ => Next::Refused,
        }
    }
}

/// PagerDuty's word for it, beside which it also has one for a lock.
fn is_licence(error: &Error) -> bool {
    let said = |it: &String| it.contains("License is not available");
    !error.is_locked() && error.invalid_input().is_some_and(|details| details.iter().any(said))
}

impl Problem {
    fn new(said: impl Into<String>, remedy: &str) -> Self {
        Self { said: said.into(), remedy: remedy.to_owned() }
    }

    /// Why a user or a service (`what`) was not written.
    pub(super) fn of(error: &Error, what: &str) -> Self {
        match error {
            e if e.is_permission() => Self::new(
                "PagerDuty says that you may not do this.",
                "Ask a Global Admin to run the import, or to change your role; then try the row again.",
            ),
            e if e.is_plan() => Self::new(
                "Your plan does not include this.",
                "The account's owner can change the plan. Then try the row again.",
            ),
            e if e.is_not_found() => Self::new(
                format!("This {what}, or something that belongs to it, is not there any more."),
                "Plan the row again: it will be looked up anew.",
            ),
            e => match e.invalid_input() {
                Some(details) if !details.is_empty() => Self::new(
                    format!("PagerDuty does not take it: {}.", details.join("; ")),
                    "Correct the row, and load it again.",
                ),
                _ => Self::new(
                    format!("PagerDuty did not do it: {e}."),
                    "Try the row again. If it stays so, ask PagerDuty's support.",
                ),
            },
        }
    }

    /// Something beside what was made or changed was not done.
    pub(super) fn beside(error: &Error, what: &str) -> Self {
        let why = Self::of(error, "team or contact");
        Self { said: format!("{what}. {}", why.said), remedy: why.remedy }
    }

    /// PagerDuty answers, but not to this.
    pub fn no_answer() -> Self {
        Self::new(
            "PagerDuty was in trouble each time this row was sent. What came of it is not known.",
            "Try the row again: it is looked up first, so that nothing is made twice.",
        )
    }

    pub(super) fn no_contact(what: &str) -> Self {
        Self::new(
            format!("{what}, since there is no contact for it."),
            "Add the contact in PagerDuty, then the rule.",
        )
    }

    pub(super) fn made_by_others() -> Self {
        Self::new(
            "Somebody else made it after the plan was made. It was left as it is.",
            "Plan the row again: it then shows what is different.",
        )
    }

    pub(super) fn moved(said: String) -> Self {
        Self::new(
            format!("Somebody changed it after the plan was made: {said} It was left as it is."),
            "Plan the row again: it then shows what is different now.",
        )
    }

    pub(super) fn changed_since(said: String) -> Self {
        Self::new(
            format!("Somebody has changed it since it was made: {said} It was left as it is."),
            "Delete it in PagerDuty, if that is meant.",
        )
    }

    pub(super) fn renamed(before: &str, now: &str) -> Self {
        Self::new(
            format!(
                "The team “{before}” has been renamed since the plan was made: it is now “{now}”. They were put on it."
            ),
            "Look whether that is still the right team.",
        )
    }
}
