//! What happens to connections, told to whoever keeps the books: the host's own hooks, a log, an alert.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use pagerduty::Scopes;

use crate::{Connect, Disconnected, Reason, Trouble, UserId};

/// Something that has happened, and stands. It holds no secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A person agreed, and their tokens are kept.
    Connected {
        /// Whose connection.
        user: UserId,
        /// What PagerDuty granted.
        scopes: Scopes,
        /// What it had granted before, where there was a connection.
        before: Option<Scopes>,
    },
    /// New tokens are kept.
    Refreshed {
        /// Whose.
        user: UserId,
    },
    /// A try to fetch new tokens brought nothing; it is tried again.
    RefreshFailed {
        /// Whose.
        user: UserId,
        /// What was wrong.
        trouble: Trouble,
    },
    /// Only the person can mend the connection now.
    Broken {
        /// Whose.
        user: UserId,
        /// How it came to that.
        reason: Reason,
    },
    /// The connection is gone.
    Disconnected {
        /// Whose it was.
        user: UserId,
        /// Whether PagerDuty has heard of it.
        how: Disconnected,
    },
    /// A person's access token was shown, or handed to another program.
    TokenRevealed {
        /// Whose.
        user: UserId,
        /// To whom: "browser", "terminal".
        to: &'static str,
    },
}

type Listener = Arc<dyn Fn(&Event) + Send + Sync>;

/// Who wants to hear.
#[derive(Default)]
pub(crate) struct Listeners(RwLock<Vec<Listener>>);

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listeners").finish_non_exhaustive()
    }
}

impl Connect {
    /// Calls `listener` for everything that happens from now on in this process: at once, so that it should hand
    /// longer work to a task.
    pub fn listen(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.listeners().0.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(listener));
    }

    /// Tells everybody who listens.
    pub async fn tell(&self, event: Event) {
        let listeners = self.listeners().0.read().unwrap_or_else(PoisonError::into_inner).clone();
        listeners.iter().for_each(|listener| listener(&event));
    }
}
