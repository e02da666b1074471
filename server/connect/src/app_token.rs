//! Tokens of the app itself, for work that no person asked for (RFC 6749 §4.4; PagerDuty: "app token").
//!
//! They are kept in this process alone: PagerDuty gives another for the asking, and there is nothing to refresh that
//! could be lost. One is fetched at a time for each account and set of scopes, early enough that nobody waits.
//!
//! It is the grant without a person: no browser is sent anywhere, so that there is no user in whose name it acts, and no
//! code on its way that PKCE would protect. There is no refresh token either (RFC 6749 §4.4.3): what would fetch the next
//! token, the client's ID and secret, is at hand all the time.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use pagerduty::{AccessToken, Api, Client, Region, Scopes};
use tokio::time::timeout;

use crate::{
    Connect, Error, Trouble, error,
    refresh::{CALLER_PATIENCE, LONGEST_PAUSE_ASKED_FOR, asked_for},
};

/// After a try that brought nothing, counted from its end.
const PAUSE: Duration = Duration::from_secs(5);

/// A PagerDuty account: where it lives, and `acme` of `acme.pagerduty.com`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Account {
    /// Where it lives.
    pub region: Region,
    /// Its name in addresses.
    pub subdomain: String,
}

/// A token of the app in one account.
#[derive(Clone, Debug)]
pub struct AppToken {
    /// For the `Authorization` header.
    pub access_token: AccessToken,
    /// The account's region.
    pub region: Region,
    /// What PagerDuty granted.
    pub scopes: Scopes,
    /// When PagerDuty gave it, in Unix seconds.
    pub issued_at: i64,
    /// When it ends, in Unix seconds.
    pub expires_at: i64,
    whose: String,
}

impl AppToken {
    /// The REST API as the app may use it. What PagerDuty wants a person's e-mail address for, it refuses.
    pub fn api<'a>(&'a self, client: &'a Client) -> Api<'a> {
        client.api(self.region, &self.access_token).of_user(&self.whose)
    }
}

/// Of one account and set of scopes.
#[derive(Debug, Default)]
struct Slot {
    kept: Mutex<Kept>,
    /// Whoever holds it fetches; the others wait for what that brings.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug, Default)]
struct Kept {
    token: Option<AppToken>,
    /// What the last try failed by, and until when (in Unix seconds) nobody should try again.
    failed: Option<(Trouble, i64)>,
}

impl Kept {
    /// Why nobody should ask now, and for how long.
    fn pause(&self, now: i64) -> Option<(Trouble, Duration)> {
        let (trouble, until) = self.failed?;
        let left = Duration::from_secs(u64::try_from(until - now).ok()?);
        // What seems to be further away was noted before the clock was set back.
        (!left.is_zero() && left <= LONGEST_PAUSE_ASKED_FOR).then_some((trouble, left))
    }
}

impl Slot {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn token(&self) -> Option<AppToken> {
        self.kept().token.clone()
    }
}

#[derive(Default)]
pub(crate) struct AppTokens(Mutex<HashMap<(Account, String), Arc<Slot>>>);

impl fmt::Debug for AppTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppTokens").finish_non_exhaustive()
    }
}

impl AppTokens {
    /// Slots that nobody uses, whose token has ended and whose pause is over, make room.
    fn slot(&self, account: &Account, scopes: &Scopes, now: i64) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|_, slot| {
            let kept = slot.kept();
            let is_good = kept.token.as_ref().is_some_and(|it| now < it.expires_at);
            Arc::strong_count(slot) > 1 || is_good || kept.pause(now).is_some()
        });
        Arc::clone(slots.entry((account.clone(), scopes.to_string())).or_default())
    }
}

/// The last tenth of a token's life is left for fetching the next.
fn is_fresh(token: &AppToken, now: i64) -> bool {
    now < token.expires_at - (token.expires_at - token.issued_at) / 10
}

impl Connect {
    /// A fresh token of the app itself in an account, with these scopes. Only apps of Scoped OAuth have such tokens, and
    /// only in the account they are registered in. From a tenth before its end the next one is fetched, and nobody waits
    /// for that.
    ///
    /// # Errors
    ///
    /// [`Error::Misconfigured`] when PagerDuty does not accept the app's id and secret, [`Error::Api`] when it does not
    /// give the app such a token, and [`Error::Later`] when it cannot be asked now and there is none left.
    pub async fn app_token(&self, account: &Account, scopes: &Scopes) -> Result<AppToken, Error> {
        let now = self.clock().now();
        let slot = self.app_tokens().slot(account, scopes, now);
        let fetching = {
            let (this, slot, account, scopes) =
                (self.clone(), Arc::clone(&slot), account.clone(), scopes.clone());
            async move { this.fetch_app_token(&slot, &account, &scopes).await }
        };
        let kept = slot.kept().clone();
        match kept.token {
            Some(ref token) if is_fresh(token, now) => Ok(token.clone()),
            Some(ref token) if now < token.expires_at => {
                // Nobody waits for it: the old token is good for a while.
                if kept.pause(now).is_none() && slot.turn.try_lock().is_ok() {
                    drop(self.detach(fetching));
                }
                Ok(token.clone())
            }
            // It goes on though its caller hangs up: another one will ask for the same.
            _ => match timeout(CALLER_PATIENCE, self.detach(fetching)).await {
                Ok(fetched) => fetched.map_err(|_| Error::Stopped)?,
                Err(_) => Err(Error::Later { trouble: Trouble::Unreachable, wait: PAUSE }),
            },
        }
    }

    /// One at a time; who comes while PagerDuty is in trouble does not ask it again at once.
    async fn fetch_app_token(
        &self,
        slot: &Slot,
        account: &Account,
        scopes: &Scopes,
    ) -> Result<AppToken, Error> {
        let _turn = slot.turn.lock().await;
        let now = self.clock().now();
        let kept = slot.kept().clone();
        // Somebody else was first.
        if let Some(token) = kept.token.as_ref().filter(|token| is_fresh(token, now)) {
            return Ok(token.clone());
        }
        if let Some((trouble, wait)) = kept.pause(now) {
            return Err(Error::Later { trouble, wait });
        }
        match self.oauth().app_token(account.region, &account.subdomain, scopes).await {
            Ok(grant) => {
                let token = AppToken {
                    access_token: grant.access,
                    region: account.region,
                    scopes: grant.scopes,
                    issued_at: now,
                    expires_at: now + grant.expires_in.as_secs().cast_signed(),
                    whose: format!("app/{}", account.subdomain),
                };
                tracing::info!(target: "security", event = "app-token.fetched", account = account.subdomain);
                *slot.kept() = Kept { token: Some(token.clone()), failed: None };
                Ok(token)
            }
            Err(e) => {
                tracing::warn!(event = "app-token.unfetched", account = account.subdomain, cause = %e);
                let pause = asked_for(&e).max(PAUSE);
                let until = self.clock().now() + pause.as_secs().cast_signed();
                slot.kept().failed = Some((Trouble::of(&e), until));
                Err(refusal(e, pause))
            }
        }
    }

    /// Calls the API as the app itself. When PagerDuty does not accept the token, fetches another and calls once more.
    pub async fn call_as_app<T, F>(
        &self,
        account: &Account,
        scopes: &Scopes,
        api: impl Fn(AppToken) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, pagerduty::Error>>,
    {
        let token = self.app_token(account, scopes).await?;
        let used = token.access_token.clone();
        match api(token).await {
            Err(pagerduty::Error::Unauthorized) => {}
            answer => return answer.map_err(Error::Api),
        }
        let slot = self.app_tokens().slot(account, scopes, self.clock().now());
        // Somebody else may have fetched another one meanwhile.
        if slot.token().is_some_and(|token| token.access_token.expose() == used.expose()) {
            slot.kept().token = None;
        }
        let token = self.app_token(account, scopes).await?;
        api(token).await.map_err(Error::Api)
    }
}

fn refusal(error: pagerduty::Error, wait: Duration) -> Error {
    match error {
        e if e.is_transient() => Error::Later { trouble: Trouble::of(&e), wait },
        pagerduty::Error::OAuth { .. } if !error.is_invalid_client() => Error::Api(error),
        e => error::of_exchange(e),
    }
}
