//! What happens to connections, told to whoever keeps the books: the host's own hooks, a log, an alert.

use std::{
    fmt,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use pagerduty::{Call, Scopes};

use crate::{Connect, Disconnected, Error, Identity, Reason, Trouble, UserId, imports::RowState};

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
    /// With new tokens came other scopes than before.
    ScopesChanged {
        /// Whose.
        user: UserId,
        /// What PagerDuty grants now.
        scopes: Scopes,
        /// What it had granted.
        before: Scopes,
    },
    /// A try to fetch new tokens brought nothing; it is tried again.
    RefreshFailed {
        /// Whose.
        user: UserId,
        /// What was wrong.
        trouble: Trouble,
        /// Whether the try before it did not fail by the same.
        is_new: bool,
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
        /// To whom: "browser", "terminal", or the key of a program.
        to: String,
    },
    /// A key for another program was issued or taken back, or has made a link.
    Key {
        /// Its id.
        key: String,
        /// `key.issued`
        what: &'static str,
        /// What it may do, or for whom the link is.
        detail: String,
    },
    /// Something was changed at PagerDuty, or may have been; what imports do row by row is told by their own journal.
    ApiWrite {
        /// In whose name.
        user: UserId,
        /// `PUT`
        method: String,
        /// `/incidents`: PagerDuty's name for it, without ids.
        path: &'static str,
        /// What PagerDuty answered; none when its answer was not heard.
        status: Option<u16>,
    },
    /// An import was begun, or something became of it as a whole.
    Import {
        /// Whose.
        user: UserId,
        /// Its id.
        import: String,
        /// `import.applied`
        what: &'static str,
        /// The one it undoes, or does again.
        of: Option<String>,
        /// At its end: how many rows came to what.
        rows: Vec<(&'static str, u64)>,
    },
    /// A row of an import has come to something.
    ImportRow {
        /// Whose import.
        user: UserId,
        /// Its id.
        import: String,
        /// To what.
        came_to: RowState,
    },
}

type Watcher = Box<dyn Fn(&Call<'_>) + Send + Sync>;
type Listener = Arc<dyn Fn(&Event) + Send + Sync>;

/// Who wants to hear.
#[derive(Default)]
pub(crate) struct Listeners {
    events: RwLock<Vec<Listener>>,
    /// Set once, so that no call waits for a lock.
    calls: OnceLock<Watcher>,
}

/// Somebody hears until this is dropped.
pub(crate) struct Listening<'a> {
    all: &'a Listeners,
    own: Listener,
}

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        let mut all = self.all.events.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|other| !Arc::ptr_eq(other, &self.own));
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listeners").finish_non_exhaustive()
    }
}

impl Connect {
    /// Calls `listener` for everything that happens from now on in this process: at once, so that it should hand
    /// longer work to a task.
    pub fn listen(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.add(Arc::new(listener));
    }

    /// The same, until what it gives is dropped.
    pub(crate) fn listen_while(&self, listener: impl Fn(&Event) + Send + Sync + 'static) -> Listening<'_> {
        let own: Listener = Arc::new(listener);
        self.add(Arc::clone(&own));
        Listening { all: self.listeners(), own }
    }

    fn add(&self, listener: Listener) {
        self.listeners().events.write().unwrap_or_else(PoisonError::into_inner).push(listener);
    }

    /// Calls `watcher` for every call of the REST API that was sent from this process. There is one: a second is not
    /// called.
    pub fn watch_calls(&self, watcher: impl Fn(&Call<'_>) + Send + Sync + 'static) {
        _ = self.listeners().calls.set(Box::new(watcher));
    }

    pub(crate) fn observe(&self, call: &Call<'_>) {
        if let Some(watcher) = self.listeners().calls.get() {
            watcher(call);
        }
        if call.status == Some(429) {
            let (user, path) = (call.user.unwrap_or_default(), call.path);
            tracing::warn!(target: "security", event = "rate.limited", user, path);
        }
        let (Some(user), true, false) = (call.user, call.is_write(), call.is_part) else { return };
        let (method, path, status) = (call.method.to_owned(), call.path, call.status);
        let event = Event::ApiWrite { user: UserId::from_row(user.to_owned()), method, path, status };
        // Told where nothing can wait: nobody hears how the first try went.
        drop(self.queue_line(&event, true));
        self.tell_listeners(&event);
    }

    /// Writes it into the audit log, then tells everybody who listens. What a person has done is waited for, for a
    /// moment; a refresh is not made slower.
    pub async fn tell(&self, event: Event) {
        self.write_down(&event).await;
        self.tell_listeners(&event);
    }

    /// A person's fresh token, to be shown or handed on `to` somebody: first it is written down that it was.
    ///
    /// # Errors
    ///
    /// Those of [`Connect::identity`]; [`Error::Vault`] when it could not be written down. Then there is no token.
    pub async fn reveal(&self, user: &UserId, to: &str) -> Result<Identity, Error> {
        let identity = self.identity(user).await?;
        self.note_reveal(&identity, to).await?;
        Ok(identity)
    }

    /// Writes down that a token is about to be shown, or handed on.
    ///
    /// # Errors
    ///
    /// [`Error::Vault`] when it could not be written down. Then it must not be.
    pub async fn note_reveal(&self, identity: &Identity, to: &str) -> Result<(), Error> {
        let event = Event::TokenRevealed { user: identity.user.clone(), to: to.to_owned() };
        self.write_down_first(&event).await?;
        self.tell_listeners(&event);
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn listener_count(&self) -> usize {
        self.listeners().events.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(crate) fn tell_listeners(&self, event: &Event) {
        let listeners = self.listeners().events.read().unwrap_or_else(PoisonError::into_inner).clone();
        listeners.iter().for_each(|listener| listener(event));
    }
}
