//! The end of a connection: wiped here at once, revoked at PagerDuty (RFC 7009).
//!
//! What is to be revoked is written down in the same transaction that wipes the
//! connection, and crossed out when PagerDuty has taken it. A crash or an outage
//! in between only delays it.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use pagerduty::oauth::Revocable;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use crate::{
    Connect, Deleted, Error, Event, UserId, VaultError,
    vault::{Revocation, Tokens},
};

/// A person waits this long to hear how revoking went, of one connection or of many; it goes on without them.
const PATIENCE: Duration = Duration::from_secs(15);
/// Of many that were wiped together, so many are revoked at a time.
const AT_ONCE: usize = 8;
/// And of so many it is told at a time: their lines in the audit log are written together.
const TOLD_AT_ONCE: usize = 100;
/// Between tries to revoke a token PagerDuty did not answer for.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];
/// Longer than all tries of one round take: three for each token, each of at most
/// ten seconds. Other replicas leave it alone meanwhile.
const HOLD: Duration = Duration::from_secs(90);
/// Between rounds: doubled each time, up to an hour.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// Then it is given up, and the tokens forgotten.
const GIVE_UP_SECS: i64 = 24 * 3600;

/// How a disconnect ended. The connection and its sessions are gone either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disconnected {
    /// PagerDuty revoked the tokens.
    Revoked,
    /// PagerDuty could not be told yet. It is tried again for a day.
    NotRevoked,
    /// What was stored did not open, so that there was nothing to revoke with.
    Unreadable,
    /// There was no connection.
    WasNone,
}

/// What a connection left behind when it was wiped.
pub(crate) enum Wiped {
    /// Its tokens, which stand in the outbox.
    Tokens([u8; 16], Tokens),
    /// Nothing that opens.
    Unreadable,
}

impl Connect {
    /// The end: wipes the connection and all its sessions, then revokes both
    /// tokens at PagerDuty, the refresh token first.
    pub async fn disconnect(&self, user: &UserId) -> Result<Disconnected, Error> {
        let Some(wiped) = self.wipe(user).await? else { return Ok(Disconnected::WasNone) };
        let how = self.revoke_wiped(wiped, Instant::now() + PATIENCE).await;
        self.tell_of_end(user, how).await;
        Ok(how)
    }

    /// The local half, which needs the database alone. From here on the tokens are the outbox's to revoke.
    pub(crate) async fn wipe(&self, user: &UserId) -> Result<Option<Wiped>, Error> {
        loop {
            let stored = match self.vault().connection(user).await {
                Ok(None) => return Ok(None),
                Ok(Some(stored)) => stored,
                // What stands there cannot be revoked, since it does not open.
                Err(VaultError::Unsealable) => return self.wipe_unopened(user).await,
                Err(e) => return Err(e.into()),
            };
            let Ok(tokens) = stored.tokens() else { return self.wipe_unopened(user).await };
            // A refresh may end in this very moment: then there are newer tokens to wipe.
            let now = self.clock().now();
            if let Some(id) = self.vault().remove_connection(user, &stored, Some(&tokens), now).await? {
                return Ok(Some(Wiped::Tokens(id, tokens)));
            }
        }
    }

    async fn wipe_unopened(&self, user: &UserId) -> Result<Option<Wiped>, Error> {
        tracing::error!(target: "security", event = "vault.refused", user = %user);
        self.vault().remove_unopened(user).await?;
        Ok(Some(Wiped::Unreadable))
    }

    /// The other half for many: some at a time, and only as long as somebody can be kept waiting. What is not revoked
    /// by then, or when the program is about to stop, the sweep revokes.
    pub(crate) async fn revoke_all_wiped(&self, all: Vec<(UserId, Wiped)>) -> Deleted {
        let (until, turns) = (Instant::now() + PATIENCE, Semaphore::new(AT_ONCE));
        let one = async |(user, wiped): (UserId, Wiped)| {
            let turn = timeout_at(until, turns.acquire()).await;
            let is_too_late = Instant::now() >= until || self.is_winding_down();
            let how = match wiped {
                Wiped::Tokens(..) if is_too_late => Disconnected::NotRevoked,
                wiped => self.revoke_wiped(wiped, until).await,
            };
            drop(turn);
            self.tell_of_end(&user, how).await;
            how
        };
        let ends = stream::iter(all).map(one).buffer_unordered(TOLD_AT_ONCE);
        ends.fold(Deleted::default(), async |done, how| Deleted {
            deleted: done.deleted + 1,
            not_revoked: done.not_revoked + usize::from(how != Disconnected::Revoked),
        })
        .await
    }

    /// Goes on when `until` has come, though nobody waits for it any more.
    async fn revoke_wiped(&self, wiped: Wiped, until: Instant) -> Disconnected {
        let Wiped::Tokens(id, tokens) = wiped else { return Disconnected::Unreadable };
        let this = self.clone();
        let work = self.detach(async move { this.revoke_kept(&id, &tokens, 0).await });
        let revoked = timeout_at(until, work).await.is_ok_and(|r| r.unwrap_or(false));
        if revoked { Disconnected::Revoked } else { Disconnected::NotRevoked }
    }

    async fn tell_of_end(&self, user: &UserId, how: Disconnected) {
        let revoked = how == Disconnected::Revoked;
        tracing::info!(target: "security", event = "connect.end", user = %user, revoked);
        self.tell(Event::Disconnected { user: user.clone(), how }).await;
    }

    /// Tokens that were fetched but could not be stored with a connection.
    pub(crate) async fn revoke_unkept(&self, tokens: Tokens) {
        let kept = self.vault().keep_to_revoke(&tokens, self.clock().now()).await;
        let this = self.clone();
        self.detach(async move {
            match kept {
                Ok(id) => this.revoke_kept(&id, &tokens, 0).await,
                Err(_) => this.revoke(&tokens).await,
            }
        });
    }

    /// One round of what is left to revoke, all at once.
    pub(crate) async fn revoke_due(&self) {
        let due = match self.vault().due_revocations(HOLD).await {
            Ok(due) => due,
            Err(e) => return tracing::warn!(event = "revoke.unread", cause = %e),
        };
        let one = async |revocation: Revocation| {
            let revoked = self.revoke_kept(&revocation.id, &revocation.tokens, revocation.tries).await;
            if !revoked && self.clock().now() - revocation.created_at > GIVE_UP_SECS {
                tracing::error!(target: "security", event = "revoke.given-up");
                _ = self.vault().remove_revocation(&revocation.id).await;
            }
        };
        futures_util::future::join_all(due.into_iter().map(one)).await;
    }

    /// Revokes and crosses out, or puts off.
    async fn revoke_kept(&self, id: &[u8; 16], tokens: &Tokens, tries: i64) -> bool {
        let revoked = self.revoke(tokens).await;
        let noted = if revoked {
            self.vault().remove_revocation(id).await
        } else {
            let doubled = FIRST_PAUSE.saturating_mul(1 << tries.clamp(0, 10));
            self.vault().postpone_revocation(id, doubled.min(LONGEST_PAUSE)).await
        };
        if let Err(e) = noted {
            // It comes up again by itself: revoking twice does no harm.
            tracing::warn!(event = "revoke.unwritten", cause = %e);
        }
        revoked
    }

    /// Revokes both tokens, each with a few tries. Whether PagerDuty took it.
    async fn revoke(&self, tokens: &Tokens) -> bool {
        let mut all = true;
        let refresh = tokens.refresh.as_ref().map(Revocable::Refresh);
        for token in refresh.into_iter().chain([Revocable::Access(&tokens.access)]) {
            all &= self.revoke_one(token).await;
        }
        all
    }

    async fn revoke_one(&self, token: Revocable<'_>) -> bool {
        let mut pauses = PAUSES.iter();
        loop {
            match (self.oauth().revoke(token).await, pauses.next()) {
                (Ok(()), _) => return true,
                (Err(e), Some(pause)) if e.is_transient() => tokio::time::sleep(*pause).await,
                (Err(e), _) => {
                    tracing::warn!(target: "security", event = "revoke.failed", cause = %e);
                    return false;
                }
            }
        }
    }
}
