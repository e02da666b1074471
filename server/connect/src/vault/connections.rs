//! Connections: tokens and what is known about the person, each sealed with the
//! connection's own key.

pub(super) mod memory;
pub(super) mod sql;
pub(super) mod store;

use std::time::Duration;

use pagerduty::{AccessToken, RefreshToken};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{
    Key, Place, Vault, VaultError,
    seal::random_key,
    store::{ConnectionRow, Content, Failure, Lease, LeaseState, SessionRow},
};
use crate::{
    About, Owner, UserId,
    state::{Reason, Times, Trouble},
    token::Hash,
};

/// The tokens of a connection.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub access: AccessToken,
    pub refresh: Option<RefreshToken>,
    /// The refresh token before this one, where it may have been redeemed more
    /// than once: PagerDuty may then count another answer as the last one.
    pub before: Option<RefreshToken>,
}

/// How tokens are written inside the seal. It lives for the length of a call.
#[derive(Serialize, Deserialize)]
struct Written {
    access: String,
    refresh: Option<String>,
    before: Option<String>,
}

impl Drop for Written {
    fn drop(&mut self) {
        self.access.zeroize();
        self.refresh.zeroize();
        self.before.zeroize();
    }
}

impl Tokens {
    pub(super) fn write(&self) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let text = |token: &Option<RefreshToken>| token.as_ref().map(|t| t.expose().to_owned());
        let written = Written {
            access: self.access.expose().to_owned(),
            refresh: text(&self.refresh),
            before: text(&self.before),
        };
        serde_json::to_vec(&written).map(Zeroizing::new).map_err(|_| VaultError::Unsealable)
    }

    pub(super) fn read(plain: &[u8]) -> Result<Self, VaultError> {
        let written: Written = serde_json::from_slice(plain).map_err(|_| VaultError::Unsealable)?;
        Ok(Self {
            access: AccessToken::new(written.access.as_str()),
            refresh: written.refresh.as_deref().map(RefreshToken::new),
            before: written.before.as_deref().map(RefreshToken::new),
        })
    }
}

/// A stored connection. What is sealed in it opens when asked for.
pub(crate) struct Stored {
    user: UserId,
    key: Key,
    row: ConnectionRow,
}

impl Stored {
    pub(crate) fn generation(&self) -> i64 {
        self.row.content.generation
    }

    pub(crate) fn times(&self) -> Times {
        self.row.content.times
    }

    pub(crate) fn reason(&self) -> Option<Reason> {
        self.row.reason
    }

    pub(crate) fn trouble(&self) -> Option<(Trouble, i64)> {
        self.row.trouble
    }

    pub(crate) fn is_leased(&self) -> bool {
        self.row.lease == LeaseState::Held
    }

    /// A lease has run out, and its holder never said how it went.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.row.lease == LeaseState::RanOut
    }

    pub(crate) fn failures(&self) -> i64 {
        self.row.failures
    }

    pub(crate) fn retry_in(&self) -> Duration {
        self.row.retry_in
    }

    pub(crate) fn calls_in(&self) -> Duration {
        self.row.calls_in
    }

    pub(crate) fn tokens(&self) -> Result<Tokens, VaultError> {
        let content = &self.row.content;
        let place = place(&self.user, "tokens_sealed", content.generation);
        Tokens::read(&self.key.open(place, &content.tokens)?)
    }

    pub(crate) fn about(&self) -> Result<About, VaultError> {
        let content = &self.row.content;
        let plain = self.key.open(place(&self.user, "about_sealed", content.generation), &content.about)?;
        serde_json::from_slice(&plain).map_err(|_| VaultError::Unsealable)
    }

    /// Everything of the generation after this one, sealed.
    fn next(&self, tokens: &Tokens, about: &About, times: Times) -> Result<Content, VaultError> {
        sealed(&self.key, &self.user, self.generation() + 1, tokens, about, times)
    }
}

/// Read at once, where all are looked through.
const USERS_AT_ONCE: i64 = 500;

impl Vault {
    /// A person's connection; none when there is none.
    pub(crate) async fn connection(&self, user: &UserId) -> Result<Option<Stored>, VaultError> {
        let ring = self.ring();
        let Some(row) = self.store()?.connection(user).await? else { return Ok(None) };
        let bytes = self.open_sealed(&ring, data_key_place(user.as_str().as_bytes()), &row.data_key).await?;
        let bytes = bytes.as_slice().try_into().map_err(|_| VaultError::Unsealable)?;
        Ok(Some(Stored { user: user.clone(), key: Key::new(&Zeroizing::new(bytes)), row }))
    }

    /// Stores a new grant, and begins a session where there is one to begin, in place of what there was. Of an
    /// earlier grant of its own consent, the tokens are kept to be revoked.
    pub(crate) async fn put_connection(
        &self,
        user: &UserId,
        tokens: &Tokens,
        about: &About,
        times: Times,
        session: Option<&SessionRow>,
        old_session: Option<&Hash>,
    ) -> Result<(), VaultError> {
        loop {
            let row = self.store()?.connection(user).await?;
            let replaces = row.as_ref().map(|row| row.content.generation);
            // What cannot be opened cannot be revoked; it goes all the same.
            let before = self.connection(user).await.ok().flatten();
            let leftover = before.and_then(|stored| stored.leftover(about));

            let bytes = random_key()?;
            let key = Key::new(&bytes);
            let data_key = self.ring().seal(data_key_place(user.as_str().as_bytes()), bytes.as_slice())?;
            let generation = replaces.map_or_else(first_generation, |last| Ok(last + 1))?;
            let content = sealed(&key, user, generation, tokens, about, times)?;
            let leftover = leftover.map(|tokens| self.to_revoke(&tokens, times.connected_at)).transpose()?;
            let put = self
                .store()?
                .put_connection(
                    user,
                    (&data_key, &content),
                    replaces,
                    session,
                    old_session,
                    leftover.as_ref(),
                )
                .await;
            match put {
                Ok(true) => return Ok(()),
                // It was refreshed, made or ended meanwhile.
                Ok(false) => {}
                Err(e) if e.is_old_key() => self.hear_of_keys().await?,
                Err(e) => return Err(e),
            }
        }
    }

    pub(crate) async fn lease(
        &self,
        user: &UserId,
        generation: i64,
        owner: &str,
        time: Duration,
    ) -> Result<Lease, VaultError> {
        self.store()?.lease(user, generation, owner, time).await
    }

    pub(crate) async fn release(
        &self,
        user: &UserId,
        generation: i64,
        owner: &str,
        failure: &Failure,
    ) -> Result<(), VaultError> {
        self.store()?.release(user, generation, owner, failure).await
    }

    /// Puts new tokens in the place of a generation's. False when it is not the last any more.
    pub(crate) async fn advance(
        &self,
        from: &Stored,
        tokens: &Tokens,
        about: &About,
        times: Times,
    ) -> Result<bool, VaultError> {
        self.store()?.advance(&from.user, &from.next(tokens, about, times)?).await
    }

    pub(crate) async fn give_up(
        &self,
        user: &UserId,
        generation: i64,
        owner: Option<&str>,
        why: Reason,
        end_sessions: bool,
    ) -> Result<bool, VaultError> {
        self.store()?.give_up(user, generation, owner, why, end_sessions).await
    }

    pub(crate) async fn end_sessions(&self, of: &Stored, why: Reason) -> Result<u64, VaultError> {
        self.store()?.end_sessions(&of.user, of.generation(), why).await
    }

    pub(crate) async fn rewrite_about(&self, of: &Stored, about: &About) -> Result<bool, VaultError> {
        let plain = serde_json::to_vec(about).map_err(|_| VaultError::Unsealable)?;
        let sealed = of.key.seal(place(&of.user, "about_sealed", of.generation()), &plain)?;
        self.store()?.rewrite_about(&of.user, of.generation(), &sealed).await
    }

    pub(crate) async fn forget_connections(&self, ended_before: i64) -> Result<u64, VaultError> {
        self.store()?.forget_connections(ended_before).await
    }

    pub(crate) async fn pause(&self, user: &UserId, time: Duration) -> Result<(), VaultError> {
        self.store()?.pause(user, time).await
    }

    /// A few hundred of those after `after`, in the order of their ids.
    pub(crate) async fn users(
        &self,
        is_broken: Option<bool>,
        after: &str,
    ) -> Result<Vec<UserId>, VaultError> {
        self.store()?.users(is_broken, after, USERS_AT_ONCE).await
    }

    /// The same of a user of the host application. The column is for finding; what everything sealed is bound to says
    /// the same, or the row was altered: that one is nobody's.
    pub(crate) async fn users_of(&self, owner: &Owner, after: &str) -> Result<Vec<UserId>, VaultError> {
        self.store()?.users_of(owner.as_str(), after, USERS_AT_ONCE).await
    }

    /// Of those the one made last.
    pub(crate) async fn newest_of(&self, owner: &Owner) -> Result<Option<UserId>, VaultError> {
        /// Altered ones may come before it.
        const SOME: i64 = 100;
        let users = self.store()?.newest_of(owner.as_str(), SOME).await?;
        Ok(users.into_iter().find(|user| user.owner() == Some(owner.as_str())))
    }

    pub(crate) async fn ending(&self, idle_before: i64, now: i64) -> Result<Vec<UserId>, VaultError> {
        /// More are found the next time.
        const AT_ONCE: i64 = 50;
        self.store()?.ending(idle_before, now, AT_ONCE).await
    }
}

impl Stored {
    /// The tokens a new grant leaves behind, where they stand on another consent:
    /// on the same one, revoking them might end the new grant too.
    fn leftover(&self, new: &About) -> Option<Tokens> {
        if self.is_of_another_consent(new) { self.tokens().ok() } else { None }
    }

    /// As far as PagerDuty has told.
    pub(crate) fn is_of_another_consent(&self, about: &About) -> bool {
        let Ok(own) = self.about() else { return false };
        own.delegation_id.is_some()
            && about.delegation_id.is_some()
            && own.delegation_id != about.delegation_id
    }
}

/// Generations count on from a number nobody can have seen before: what was begun
/// on a connection that was wiped meanwhile does not fit the one made after it.
fn first_generation() -> Result<i64, VaultError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| VaultError::NoRandomness)?;
    Ok((i64::from_le_bytes(bytes) & (i64::MAX >> 8)) + 1)
}

fn sealed(
    key: &Key,
    user: &UserId,
    generation: i64,
    tokens: &Tokens,
    about: &About,
    times: Times,
) -> Result<Content, VaultError> {
    let about = serde_json::to_vec(about).map_err(|_| VaultError::Unsealable)?;
    Ok(Content {
        generation,
        tokens: key.seal(place(user, "tokens_sealed", generation), &tokens.write()?)?,
        about: key.seal(place(user, "about_sealed", generation), &about)?,
        times,
    })
}

fn place<'a>(user: &'a UserId, column: &'static str, generation: i64) -> Place<'a> {
    Place { table: "connection", column, row: user.as_str().as_bytes(), generation }
}

/// The data key is the connection's for as long as the grant stands, whatever the generation.
pub(super) fn data_key_place(user: &[u8]) -> Place<'_> {
    Place { table: "connection", column: "data_key", row: user, generation: 0 }
}
