//! One refresh of one connection, from the lease to the stored answer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use pagerduty::{Grant, RefreshToken, http::TOKEN_TIMEOUT};
use tokio::time::{Instant, sleep};
use tracing::Instrument;

use super::{
    breaker::Breaker,
    identity,
    pauses::{back_off, jittered, second_try},
    reason,
};
use crate::{
    About, Connect, Error, Event, Identity, Reason, Trouble, UserId, token,
    vault::{Failure, Lease, Stored, Tokens},
};

/// Longer than a token request can last, with room for a slow database.
const LEASE: Duration = Duration::from_secs(20);
/// A flight that waits for another process's looks again after this, and up to
/// eight times as long.
const LOOK_AGAIN: Duration = Duration::from_millis(25);
/// Longer than a lease: if its holder died, it can be taken over.
const FLIGHT_PATIENCE: Duration = Duration::from_secs(30);
/// Between tries to store an answer.
const STORE_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_STORE_PAUSE: Duration = Duration::from_secs(1);
/// Longer than that pause: who has an answer and could not reach the database goes
/// first, though the lease has run out.
const STORE_FIRST: Duration = Duration::from_millis(2_500);

/// Why a flight brought nothing. Small, since every caller gets a copy; causes
/// are logged where they are met.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ended {
    NotConnected,
    Over(Reason),
    Later(Trouble, Duration),
    Misconfigured,
    Tampered,
    Vault,
}

impl From<Ended> for Error {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::NotConnected => Self::NotConnected,
            Ended::Over(reason) => Self::NeedsReconnect(reason),
            Ended::Later(trouble, wait) => Self::Later { trouble, wait },
            Ended::Misconfigured => Self::Misconfigured,
            Ended::Tampered => Self::Tampered,
            Ended::Vault => Self::Vault,
        }
    }
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        match error {
            Error::Tampered => Self::Tampered,
            Error::NotConnected => Self::NotConnected,
            _ => Self::Vault,
        }
    }
}

/// Whose tokens a flight replaces, and of which generation.
type Leg = (UserId, i64);

type Flight = Shared<BoxFuture<'static, Result<Identity, Ended>>>;

/// Flights under way in this process, and the state they share.
#[derive(Default)]
pub(crate) struct Refreshing {
    flights: Mutex<HashMap<Leg, Flight>>,
    breaker: Breaker,
}

impl Refreshing {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Leg, Flight>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes a flight from the list however it ends.
struct Landing {
    of: Connect,
    leg: Leg,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.of.refreshing().lock().remove(&self.leg);
    }
}

/// A lease, and what it says of the refresh token.
struct Held<'a> {
    owner: &'a str,
    asked_at: Instant,
    /// Redemptions whose end is not known.
    sends_before: i64,
}

impl Held<'_> {
    /// Whether a token request that begins now ends before the lease does.
    fn is_long_enough(&self) -> bool {
        self.asked_at.elapsed() < LEASE - TOKEN_TIMEOUT
    }

    /// Whether the token that was just redeemed may have been redeemed by somebody
    /// else too: another answer may then be the one that counts.
    fn is_in_doubt(&self) -> bool {
        self.sends_before > 0 || self.asked_at.elapsed() >= LEASE
    }
}

/// How a redemption went.
enum Redeemed {
    /// What it brought is dealt with.
    Done,
    /// Something that passes.
    Failed(pagerduty::Error),
}

impl Connect {
    /// Joins the flight from this generation to the next, or starts it. It flies on by itself.
    pub(super) fn flight(&self, user: &UserId, from: i64) -> Flight {
        let leg = (user.clone(), from);
        let mut flights = self.refreshing().lock();
        if let Some(under_way) = flights.get(&leg) {
            return under_way.clone();
        }
        let landing = Landing { of: self.clone(), leg: leg.clone() };
        let flight = async move { landing.of.fly_in_a_span(&landing.leg.0, from).await };
        let flight = flight.boxed().shared();
        flights.insert(leg, flight.clone());
        drop(flights);
        self.detach(flight.clone());
        flight
    }

    /// In traces a flight is a refresh that went well, or not.
    async fn fly_in_a_span(&self, user: &UserId, from: i64) -> Result<Identity, Ended> {
        let span = tracing::debug_span!(target: "trace", "refresh", refresh.result = tracing::field::Empty);
        let landed = self.fly(user, from).instrument(span.clone()).await;
        span.record(
            "refresh.result",
            match landed {
                Ok(_) => "ok",
                Err(Ended::Over(_)) => "over",
                Err(_) => "failed",
            },
        );
        landed
    }

    async fn fly(&self, user: &UserId, from: i64) -> Result<Identity, Ended> {
        let owner: Arc<str> = token::random().into();
        let deadline = Instant::now() + FLIGHT_PATIENCE;
        let mut look_again = LOOK_AGAIN;
        let mut first_try = true;
        let mut let_others_store = true;
        loop {
            let stored =
                self.vault().connection(user).await.map_err(Error::from)?.ok_or(Ended::NotConnected)?;
            if stored.generation() != from {
                return Ok(identity(user, &stored)?);
            }
            if let Some(reason) = stored.reason() {
                return self.with_what_is_left(user, &stored, reason);
            }
            // What is stored with the answer must open, too, before a token is spent.
            let (tokens, about) =
                (stored.tokens().map_err(Error::from)?, stored.about().map_err(Error::from)?);
            let Some(refresh) = tokens.refresh.clone() else {
                self.give_up(user, &stored, None, Reason::NoRefreshToken).await?;
                return self.with_what_is_left(user, &stored, Reason::NoRefreshToken);
            };
            if self.is_winding_down() {
                return Err(Ended::Vault);
            }
            if !stored.retry_in().is_zero() {
                return Err(later(&stored, stored.retry_in()));
            }
            if stored.is_abandoned() && std::mem::take(&mut let_others_store) {
                sleep(STORE_FIRST).await;
                continue;
            }
            // Where another process is at it, there is nothing to ask for.
            let breaker = &self.refreshing().breaker;
            let leave = (!stored.is_leased()).then(|| breaker.ask()).transpose();
            let leave = leave.map_err(|wait| Ended::Later(Trouble::Unreachable, wait))?;
            let asked_at = Instant::now();
            let lease = self.vault().lease(user, from, &owner, LEASE).await.map_err(Error::from)?;
            if !matches!(lease, Lease::Taken { .. }) {
                leave.iter().for_each(|leave| breaker.unused(leave));
            }
            let held = match lease {
                Lease::Taken { sends_before } => Held { owner: &owner, asked_at, sends_before },
                Lease::Moved => continue,
                Lease::NotYet(wait) => return Err(later(&stored, wait)),
                Lease::Held if Instant::now() > deadline => {
                    return Err(Ended::Later(Trouble::InTrouble, LOOK_AGAIN));
                }
                Lease::Held => {
                    sleep(jittered(look_again)).await;
                    look_again = (look_again * 2).min(LOOK_AGAIN * 8);
                    continue;
                }
            };

            match self.redeem_held(user, &stored, about, &tokens, refresh, held).await? {
                Redeemed::Done => {}
                Redeemed::Failed(error) => {
                    let pause = if first_try { second_try(&error) } else { None };
                    first_try = false;
                    let wait = pause.unwrap_or_else(|| back_off(&error, stored.failures()));
                    self.failed(user, &stored, &owner, &error, wait).await?;
                    match pause {
                        Some(pause) => sleep(pause).await,
                        None if error.is_invalid_client() => return Err(Ended::Misconfigured),
                        None => return Err(Ended::Later(Trouble::of(&error), wait)),
                    }
                }
            }
        }
    }

    /// Redeems under a lease, and stores what came of it.
    async fn redeem_held(
        &self,
        user: &UserId,
        stored: &Stored,
        about: About,
        tokens: &Tokens,
        refresh: RefreshToken,
        held: Held<'_>,
    ) -> Result<Redeemed, Ended> {
        // The `invalid_grant` of a token is believed when the one before it, where that
        // may have been redeemed twice, is refused as well.
        let before = tokens.before.clone().map(|before| (before, true));
        for (token, is_before) in [Some((refresh, false)), before].into_iter().flatten() {
            if !held.is_long_enough() {
                return Ok(Redeemed::Done);
            }
            match self.redeem_refresh(&token).await {
                Ok(grant) => {
                    let in_doubt = is_before || held.is_in_doubt();
                    self.store(user, stored, about, grant, token, in_doubt).await;
                    return Ok(Redeemed::Done);
                }
                Err(e) if e.is_invalid_grant() => {}
                Err(e) => return Ok(Redeemed::Failed(e)),
            }
        }
        let lost = held.sends_before > 0 || tokens.before.is_some();
        let why = reason(stored.times(), lost, self.clock().now());
        self.give_up(user, stored, Some(held.owner), why).await?;
        Ok(Redeemed::Done)
    }

    async fn redeem_refresh(&self, token: &RefreshToken) -> Result<Grant, pagerduty::Error> {
        let answer = self.oauth().refresh(token).await;
        match &answer {
            // It answered: one person's limit says nothing about the others.
            Err(pagerduty::Error::RateLimited { .. }) => self.refreshing().breaker.answered(),
            Err(e) if e.is_transient() => self.refreshing().breaker.failed(),
            _ => self.refreshing().breaker.answered(),
        }
        answer
    }

    /// Puts an answer away before anybody uses it. The refresh token is spent, so
    /// this does not give up while the database is out of reach. In doubt, the spent
    /// one is kept beside it.
    async fn store(
        &self,
        user: &UserId,
        stored: &Stored,
        mut about: About,
        grant: Grant,
        spent: RefreshToken,
        in_doubt: bool,
    ) {
        let now = self.clock().now();
        let before = about.granted();
        if !grant.scopes.is_empty() {
            about.set_granted(&grant.scopes);
        }
        let times = stored.times().refreshed(&about.granted(), now, grant.expires_in.as_secs().cast_signed());
        // RFC 6749 §6: no new refresh token means that the old one stays.
        let refresh = Some(grant.refresh.unwrap_or_else(|| spent.clone()));
        let tokens = Tokens { access: grant.access, refresh, before: in_doubt.then_some(spent) };
        let mut pause = STORE_PAUSE;
        loop {
            let advanced = self.vault().advance(stored, &tokens, &about, times).await;
            let kept = match advanced {
                Ok(true) => Ok(true),
                // Ended or agreed to anew meanwhile: nobody may use these. Else somebody
                // else's answer stands.
                Ok(false) => {
                    let there = self.vault().connection(user).await;
                    there.map(|there| there.is_some_and(|there| !there.is_of_another_consent(&about)))
                }
                Err(e) => Err(e),
            };
            match kept {
                Ok(true) => {
                    tracing::info!(target: "security", event = "token.refreshed", user = %user);
                    self.tell(Event::Refreshed { user: user.clone() }).await;
                    let scopes = about.granted();
                    if scopes != before {
                        self.tell(Event::ScopesChanged { user: user.clone(), scopes, before }).await;
                    }
                    return;
                }
                Ok(false) => return self.revoke_unkept(tokens).await,
                Err(e) => {
                    tracing::error!(event = "token.unstored", user = %user, cause = %e);
                    sleep(jittered(pause)).await;
                    pause = (pause * 2).min(LONGEST_STORE_PAUSE);
                }
            }
        }
    }

    /// Fenced by the generation and the lease: where either has moved, this changes nothing.
    async fn give_up(
        &self,
        user: &UserId,
        stored: &Stored,
        owner: Option<&str>,
        why: Reason,
    ) -> Result<(), Ended> {
        // Who ended the grant at PagerDuty wants it to be over, not only its tokens.
        let end_sessions = why == Reason::Revoked;
        let given_up = self.vault().give_up(user, stored.generation(), owner, why, end_sessions).await;
        if given_up.map_err(Error::from)? {
            tracing::warn!(target: "security", event = "connection.over", user = %user, reason = why.code());
            self.tell(Event::Broken { user: user.clone(), reason: why }).await;
        }
        Ok(())
    }

    async fn failed(
        &self,
        user: &UserId,
        stored: &Stored,
        owner: &str,
        error: &pagerduty::Error,
        pause: Duration,
    ) -> Result<(), Ended> {
        match error {
            e if e.is_invalid_client() => {
                tracing::error!(target: "security", event = "token.misconfigured", cause = %e);
            }
            pagerduty::Error::RateLimited { .. } => {
                let seconds = pause.as_secs();
                tracing::warn!(target: "security", event = "rate.limited", user = %user, seconds);
            }
            e => tracing::warn!(event = "token.unfetched", user = %user, cause = %e),
        }
        let trouble = Trouble::of(error);
        let is_new = stored.trouble().is_none_or(|(known, _)| known != trouble);
        self.tell(Event::RefreshFailed { user: user.clone(), trouble, is_new }).await;
        let failure = Failure { trouble, at: self.clock().now(), pause, ambiguous: error.is_ambiguous() };
        Ok(self.vault().release(user, stored.generation(), owner, &failure).await.map_err(Error::from)?)
    }

    /// A connection that is over, until its access token is.
    fn with_what_is_left(&self, user: &UserId, stored: &Stored, reason: Reason) -> Result<Identity, Ended> {
        let is_over = reason.ends_access() || stored.times().access_until <= self.clock().now();
        if is_over { Err(Ended::Over(reason)) } else { Ok(identity(user, stored)?) }
    }
}

/// A row in its pause, and the trouble that made it.
fn later(stored: &Stored, wait: Duration) -> Ended {
    Ended::Later(stored.trouble().map_or(Trouble::InTrouble, |(trouble, _)| trouble), wait)
}
