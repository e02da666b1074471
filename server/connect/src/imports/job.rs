//! Who works on an import: one process at a time, which holds its lease.

use std::{sync::Arc, time::Duration};

use pagerduty::rate::Share;
use tokio::{
    sync::{Notify, Semaphore},
    time::{Instant, sleep},
};

use super::{ImportAbout, ImportState, WaitsFor};
use crate::{Connect, Error, UserId, token, vault::Kept};

/// Held on to by whoever works on it; taken over when that long nothing was heard of them.
pub(super) const LEASE: Duration = Duration::from_secs(15);
/// Between two signs of life.
pub(super) const BEAT: Duration = Duration::from_secs(3);
/// Between two looks for work that another process left, or took in.
const LOOK: Duration = Duration::from_secs(1);
/// Between two looks at whether people have done what imports wait for.
const LOOK_AT_WAITING: Duration = Duration::from_secs(3);
/// Between two looks for what is too old.
const FORGET: Duration = Duration::from_secs(600);
/// While PagerDuty, or the database, does not answer.
const RETRY: Duration = Duration::from_secs(10);
/// Imports worked on at once, by one process: mostly they wait.
const AT_ONCE: usize = 256;
const MOST_WAITING: i64 = 500;

/// What an operator may say about imports.
#[derive(Clone, Copy, Debug)]
pub struct ImportOptions {
    /// How much of a person's rate limit an import may spend; the rest is left to whatever else they do.
    pub share: Share,
    /// How long imports that are over are kept, in seconds.
    pub keep_secs: i64,
}

/// What this process shares between imports.
#[derive(Debug, Default)]
pub(crate) struct Importing(Notify);

impl Importing {
    /// There is something to do.
    pub(super) fn wake(&self) {
        self.0.notify_one();
    }
}

/// Somebody's import, and the right to work on it.
#[derive(Clone)]
pub(super) struct Job {
    pub connect: Connect,
    pub kept: Kept,
    pub about: ImportAbout,
    pub owner: String,
    pub share: Share,
}

/// Why work on an import stops before its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// Until a person has done something.
    Waits(WaitsFor),
    /// For a while.
    Retry(Duration),
    /// It cannot be done at all.
    Never(String),
    /// Somebody else has it, or a person has stopped it.
    Lost,
    /// The program stops.
    WindingDown,
}

impl Connect {
    /// Works on imports until the program winds down: theirs who use this process, and those that another left behind.
    pub async fn work_on_imports(&self, options: ImportOptions) {
        let room = Arc::new(Semaphore::new(AT_ONCE));
        let (mut looked_at_waiting, mut forgot) = (Instant::now(), None::<Instant>);
        while !self.is_winding_down() {
            while let Ok(place) = Arc::clone(&room).try_acquire_owned() {
                let owner = token::random();
                let kept = match self.vault().lease_import(&owner, LEASE).await {
                    Ok(Some(kept)) => kept,
                    Ok(None) => break,
                    Err(e) => {
                        tracing::warn!(event = "imports.unreachable", cause = %e);
                        break;
                    }
                };
                let this = self.clone();
                drop(self.detach(async move {
                    this.work_on(kept, owner, options.share).await;
                    drop(place);
                    this.importing().wake();
                }));
            }
            if looked_at_waiting.elapsed() >= LOOK_AT_WAITING {
                self.wake_imports().await;
                looked_at_waiting = Instant::now();
            }
            if forgot.is_none_or(|at| at.elapsed() >= FORGET) {
                self.forget_imports(options.keep_secs).await;
                forgot = Some(Instant::now());
            }
            tokio::select! {
                () = self.importing().0.notified() => {}
                () = sleep(LOOK) => {}
            }
        }
    }

    async fn work_on(&self, kept: Kept, owner: String, share: Share) {
        let (id, user) = (kept.id().to_owned(), kept.user().clone());
        // It has been opened when the lease was taken.
        let Ok(about) = kept.about() else { return };
        let job = Job { connect: self.clone(), kept, about, owner, share };
        let is_plan = ImportState::named(job.kept.state()) == ImportState::Planning;
        let stopped = if is_plan { job.plan().await } else { job.run().await };
        let Err(stop) = stopped else { return };
        tracing::info!(event = "import.stopped", import = %id, user = %user, why = ?stop);
        let (why, retry) = match stop {
            Stop::Waits(waits) => (Some(waits.write(self.connected_at(&user).await)), Duration::ZERO),
            Stop::Retry(pause) => (None, pause),
            Stop::Never(said) if is_plan => return job.give_up(said).await,
            // What was done stands, and can be undone.
            Stop::Never(said) => (Some(WaitsFor::Refused(said).write(0)), Duration::ZERO),
            Stop::Lost | Stop::WindingDown => (None, Duration::ZERO),
        };
        if let Err(e) = self.vault().release_import(&id, &job.owner, why.as_deref(), retry).await {
            // Its lease runs out by itself.
            tracing::warn!(event = "import.unreleased", import = %id, cause = %e);
        }
    }

    /// Lets those go on whose people have done what they waited for.
    async fn wake_imports(&self) {
        let waiting = match self.vault().waiting_imports(MOST_WAITING).await {
            Ok(waiting) => waiting,
            Err(e) => return tracing::warn!(event = "imports.unreachable", cause = %e),
        };
        for kept in waiting {
            let Some(why) = kept.why() else { continue };
            // Anything but a new consent would lead to the same again.
            let Some(before) = WaitsFor::connected_at(why) else { continue };
            let by_now = self.connected_at(kept.user()).await;
            if by_now > before
                && let Err(e) = self.vault().wake_import(kept.id(), why).await
            {
                tracing::warn!(event = "imports.unreachable", cause = %e);
            }
        }
    }

    /// When a person agreed last; 0 when they are not connected, or only they can mend that.
    async fn connected_at(&self, user: &UserId) -> i64 {
        match self.connection(user).await {
            Ok(Some(it)) if !matches!(it.state, crate::State::NeedsReconnect(_)) => it.times.connected_at,
            _ => 0,
        }
    }
}

impl Job {
    /// Shows that it is being worked on; tells how it stands.
    pub(super) async fn beat(&self) -> Result<Kept, Stop> {
        match self.connect.vault().renew_import(self.kept.id(), &self.owner, LEASE).await {
            Ok(Some(kept)) => Ok(kept),
            Ok(None) => Err(Stop::Lost),
            Err(e) => {
                tracing::warn!(event = "import.unrenewed", import = %self.kept.id(), cause = %e);
                Err(Stop::Retry(RETRY))
            }
        }
    }

    /// Work that may take long, with signs of life meanwhile. Both go on at the same time: one may hold the connection to
    /// the database that the other waits for.
    pub(super) async fn alive<T>(&self, work: impl Future<Output = T>) -> Result<T, Stop> {
        let beats = async {
            loop {
                sleep(BEAT).await;
                if let Err(stop) = self.beat().await {
                    return stop;
                }
                if self.connect.is_winding_down() {
                    return Stop::WindingDown;
                }
            }
        };
        tokio::select! {
            done = work => Ok(done),
            stop = beats => Err(stop),
        }
    }

    async fn give_up(&self, said: String) {
        let about = ImportAbout { mistakes: vec![(0, None, said)], ..self.about.clone() };
        let (vault, to) = (self.connect.vault(), ImportState::Unreadable.name());
        if let Err(e) =
            vault.finish_import(&self.kept, &self.owner, to, &about, Some(self.connect.now())).await
        {
            tracing::warn!(event = "import.unreleased", import = %self.kept.id(), cause = %e);
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        use pagerduty::Error as E;
        match error {
            e if e.is_reconnect_required() => Self::Waits(WaitsFor::Connect),
            Error::Api(E::MissingScope { required }) => {
                Self::Waits(WaitsFor::Scopes(pagerduty::Scopes::parse(&required)))
            }
            Error::Api(E::Unauthorized | E::WrongRegion { .. }) => Self::Waits(WaitsFor::Connect),
            Error::Api(e) if !e.is_transient() => {
                Self::Never(format!("Your account could not be looked up: {e}."))
            }
            Error::Later { wait, .. } => Self::Retry(wait.min(RETRY)),
            e => {
                tracing::warn!(event = "import.retried", cause = %e);
                Self::Retry(RETRY)
            }
        }
    }
}

impl From<crate::VaultError> for Stop {
    fn from(error: crate::VaultError) -> Self {
        if matches!(error, crate::VaultError::Unsealable) {
            tracing::error!(target: "security", event = "vault.refused", what = "import");
            return Self::Waits(WaitsFor::Altered);
        }
        Error::from(error).into()
    }
}
