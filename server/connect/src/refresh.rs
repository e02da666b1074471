//! Fresh tokens. PagerDuty replaces the refresh token at every use, so that a
//! race, a crash or a passing fault at the wrong moment could end a connection
//! that was perfectly good. The order of things here is what prevents it:
//!
//! 1. Of all callers in this process, one *flight* per person does the work; it
//!    runs to its end though every caller hangs up.
//! 2. Of all processes, one holds the connection's *lease*: a row, on the
//!    database's clock, for longer than a token request can last. Taking it is a
//!    write, so that a full disk is noticed before a token is spent, and the write
//!    says that this refresh token is about to be redeemed.
//! 3. The answer is stored, fenced by the generation, *before* anybody uses it.
//! 4. Who was too late reads again.
//! 5. `invalid_grant` counts only for the current generation. Every other failure
//!    passes, is waited out, and ends no connection.
//!
//! It happens early, with a tenth of the token's life left, so that there is a
//! good token to go on with while anything of this goes wrong.

use std::time::Duration;

use crate::{Connect, Error, Identity, Reason, Times, Trouble, UserId, vault::Stored};

mod breaker;
mod flight;
#[cfg(test)]
mod model;
mod pauses;

pub(crate) use flight::Refreshing;
pub(crate) use pauses::{LONGEST_PAUSE_ASKED_FOR, asked_for};

/// Tokens younger than this are used whatever their stated life, and are not
/// refreshed because the API refuses them: something else is wrong then.
const MIN_PAUSE_SECS: i64 = 30;
/// A tenth of a token's life is left for refreshing, and at least this.
const LEAST_MARGIN_SECS: i64 = 300;
/// A caller waits this long for a refresh: a little longer than the lease of a
/// process that died in the middle of one.
pub(crate) const CALLER_PATIENCE: Duration = Duration::from_secs(25);

/// What a stored access token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// As it is.
    Fresh,
    /// As it is, but the next one should be fetched.
    Ageing,
    /// For nothing.
    Over,
}

impl Use {
    fn of(times: Times, now: i64) -> Self {
        let left = times.access_until - now;
        let life = times.access_until - times.refreshed_at;
        let margin = (life / 10).max(LEAST_MARGIN_SECS).min(life / 2);
        let age = now - times.refreshed_at;
        match () {
            // A clock that was set back makes an age negative: that says nothing.
            () if (0..MIN_PAUSE_SECS).contains(&age) => Self::Fresh,
            () if left <= 0 => Self::Over,
            () if left <= margin => Self::Ageing,
            () => Self::Fresh,
        }
    }
}

impl Connect {
    /// A person's fresh token. Refreshes it where needed; of any number of calls
    /// at once, in any number of processes, one does.
    ///
    /// # Errors
    ///
    /// [`Error::NotConnected`] and [`Error::NeedsReconnect`] when the person must
    /// connect (see [`Error::is_reconnect_required`]); [`Error::Later`] when
    /// PagerDuty cannot be asked at the moment and the old token has ended.
    pub async fn identity(&self, user: &UserId) -> Result<Identity, Error> {
        let stored = self.vault().connection(user).await?.ok_or(Error::NotConnected)?;
        let now = self.clock().now();
        match (Use::of(stored.times(), now), stored.reason()) {
            (used, Some(reason)) if used == Use::Over || reason.ends_access() => {
                Err(Error::NeedsReconnect(reason))
            }
            (Use::Over, None) => self.next_identity(user, stored.generation()).await,
            (Use::Ageing, None) if stored.retry_in().is_zero() && !stored.is_leased() => {
                // Nobody waits for it: the old token is good for a while.
                drop(self.flight(user, stored.generation()));
                identity(user, &stored)
            }
            _ => identity(user, &stored),
        }
    }

    /// A person's token after one that PagerDuty has refused, by when that was issued ([`Identity::issued_at`]): another
    /// one where that is still the newest, so that a grant that was ended is noticed before its token has run out.
    /// [`Connect::call`] does this by itself; it is for callers elsewhere.
    ///
    /// # Errors
    ///
    /// As [`Connect::identity`].
    pub async fn identity_after(&self, user: &UserId, refused: i64) -> Result<Identity, Error> {
        let stored = self.vault().connection(user).await?.ok_or(Error::NotConnected)?;
        if stored.times().refreshed_at != refused {
            return self.identity(user).await;
        }
        match self.after_refusal(user, &stored, stored.generation()).await? {
            Some(next) => Ok(next),
            None => identity(user, &stored),
        }
    }

    /// Calls the API with a person's fresh token. When PagerDuty does not accept
    /// it, fetches another and calls once more, and never a third time.
    pub async fn call<T, F>(&self, user: &UserId, api: impl Fn(Identity) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, pagerduty::Error>>,
    {
        let first = self.identity(user).await?;
        let generation = first.generation;
        match self.ask(first, &api).await {
            Err(pagerduty::Error::Unauthorized) => {}
            answer => return answer.map_err(Error::Api),
        }
        tracing::warn!(target: "security", event = "token.refused", user = %user);
        let stored = self.vault().connection(user).await?.ok_or(Error::NotConnected)?;
        let second = self.after_refusal(user, &stored, generation).await?;
        let second = second.ok_or(Error::Api(pagerduty::Error::Unauthorized))?;
        self.ask(second, &api).await.map_err(Error::Api)
    }

    /// What there is after a token of that generation was refused: another one, or none where it is so young that it
    /// was refused for something else.
    async fn after_refusal(
        &self,
        user: &UserId,
        stored: &Stored,
        refused: i64,
    ) -> Result<Option<Identity>, Error> {
        // Somebody has fetched another one meanwhile.
        if stored.generation() != refused {
            return Ok(Some(identity(user, stored)?));
        }
        // No refresh helps any more.
        if stored.reason().is_some() {
            return Err(self.refused_for_good(user, stored).await?);
        }
        if (0..MIN_PAUSE_SECS).contains(&(self.clock().now() - stored.times().refreshed_at)) {
            return Ok(None);
        }
        let next = self.next_identity(user, refused).await?;
        if next.generation != refused {
            return Ok(Some(next));
        }
        // Given up, with the refused token for all that is left.
        let stored = self.vault().connection(user).await?.ok_or(Error::NotConnected)?;
        Err(self.refused_for_good(user, &stored).await?)
    }

    /// Calls once. A pause that PagerDuty asks of one replica is kept by all.
    pub(crate) async fn ask<T, F>(
        &self,
        identity: Identity,
        api: impl Fn(Identity) -> F,
    ) -> Result<T, pagerduty::Error>
    where
        F: Future<Output = Result<T, pagerduty::Error>>,
    {
        let (user, region, known) = (identity.user.clone(), identity.region, identity.calls_in);
        if !known.is_zero() {
            self.client().pause(region, user.person(), known);
        }
        let answer = api(identity).await;
        if known.is_zero()
            && let Some(wait) = self.client().pause_left(region, user.person())
            && let Err(e) = self.vault().pause(&user, wait).await
        {
            // The others will be told by PagerDuty itself.
            tracing::warn!(event = "pause.unshared", user = %user, cause = %e);
        }
        answer
    }

    /// Refreshes a connection whether or not its token is still good.
    pub(crate) async fn renew(&self, user: &UserId) -> Result<Identity, Error> {
        let stored = self.vault().connection(user).await?.ok_or(Error::NotConnected)?;
        self.next_identity(user, stored.generation()).await
    }

    /// Reads the person's own data again, with whatever token it takes.
    pub async fn check(&self, user: &UserId) -> Result<(), Error> {
        let client = self.client();
        let me = self.call(user, |identity| async move { identity.me(client).await }).await?;
        let stored = self.vault().connection(user).await?.ok_or(Error::NotConnected)?;
        let mut about = stored.about()?;
        if me.id == about.user.id {
            about.user = me;
            self.vault().rewrite_about(&stored, &about).await?;
        }
        Ok(())
    }

    /// The tokens that come after this generation's.
    async fn next_identity(&self, user: &UserId, from: i64) -> Result<Identity, Error> {
        match tokio::time::timeout(CALLER_PATIENCE, self.flight(user, from)).await {
            Ok(flown) => flown.map_err(Error::from),
            Err(_) => Err(Error::Later { trouble: Trouble::Unreachable, wait: CALLER_PATIENCE }),
        }
    }

    /// PagerDuty takes neither the access token nor the refresh token. Before its
    /// time an access token ends when somebody has ended the grant: whatever else
    /// may have gone wrong, who is signed in by it is not any more.
    async fn refused_for_good(&self, user: &UserId, stored: &Stored) -> Result<Error, Error> {
        let Some(reason) = stored.reason() else { return Ok(Error::Api(pagerduty::Error::Unauthorized)) };
        if stored.times().access_until > self.clock().now() {
            let ended = self.vault().end_sessions(stored, reason).await?;
            tracing::warn!(target: "security", event = "sessions.ended", user = %user, ended);
        }
        Ok(Error::NeedsReconnect(reason))
    }
}

fn identity(user: &UserId, stored: &Stored) -> Result<Identity, Error> {
    let about = stored.about()?;
    Ok(Identity {
        user: user.clone(),
        access_token: stored.tokens()?.access,
        region: about.region(),
        scopes: about.granted(),
        email: about.user.email,
        issued_at: stored.times().refreshed_at,
        expires_at: stored.times().access_until,
        calls_in: stored.calls_in(),
        generation: stored.generation(),
    })
}

/// Why PagerDuty says `invalid_grant`, as far as this side can know.
fn reason(times: Times, reply_lost: bool, now: i64) -> Reason {
    match () {
        () if now >= times.window_until => Reason::WindowOver,
        () if now >= times.idle_until => Reason::Idle,
        () if reply_lost => Reason::ReplyLost,
        () => Reason::Revoked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(refreshed_at: i64, life: i64) -> Times {
        Times {
            connected_at: 0,
            refreshed_at,
            access_until: refreshed_at + life,
            idle_until: 0,
            window_until: 0,
        }
    }

    #[test]
    fn a_token_is_renewed_with_a_tenth_of_its_life_left() {
        let day = times(1_000_000, 86_400);
        let at = |age: i64| Use::of(day, 1_000_000 + age);
        assert_eq!(at(0), Use::Fresh);
        assert_eq!(at(77_759), Use::Fresh);
        assert_eq!(at(77_760), Use::Ageing);
        assert_eq!(at(86_399), Use::Ageing);
        assert_eq!(at(86_400), Use::Over);
    }

    #[test]
    fn short_lives_leave_half_and_none_leaves_the_pause() {
        let at = |life, age: i64| Use::of(times(1_000_000, life), 1_000_000 + age);
        assert_eq!((at(2000, 1699), at(2000, 1700)), (Use::Fresh, Use::Ageing), "five minutes at least");
        assert_eq!((at(100, 49), at(100, 50)), (Use::Fresh, Use::Ageing), "half at most");
        assert_eq!((at(0, 0), at(0, 29), at(0, 30)), (Use::Fresh, Use::Fresh, Use::Over));
    }

    #[test]
    fn rf_12_a_clock_set_back_changes_nothing() {
        assert_eq!(Use::of(times(1_000_000, 86_400), 1_000_000 - 3600), Use::Fresh);
    }
}
