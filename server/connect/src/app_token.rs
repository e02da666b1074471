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
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use pagerduty::{AccessToken, Api, Client, Region, Scopes};

use crate::{Connect, Error, Trouble, error};

/// After a try that brought nothing.
const PAUSE_SECS: i64 = 5;

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
    token: Mutex<Option<AppToken>>,
    /// Whoever holds it fetches; the others wait for what that brings.
    turn: tokio::sync::Mutex<LastTry>,
}

/// When the last try brought nothing, in Unix seconds; 0 when it went well.
#[derive(Debug, Default)]
struct LastTry {
    failed_at: i64,
}

impl Slot {
    fn token(&self) -> Option<AppToken> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, token: Option<AppToken>) {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = token;
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
    /// Slots that nobody uses, and whose token has ended, make room.
    fn slot(&self, account: &Account, scopes: &Scopes, now: i64) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|_, slot| {
            Arc::strong_count(slot) > 1 || slot.token().is_some_and(|it| now < it.expires_at)
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
        match slot.token() {
            Some(token) if is_fresh(&token, now) => Ok(token),
            Some(token) if now < token.expires_at => {
                // Nobody waits for it: the old token is good for a while.
                if slot.turn.try_lock().is_ok() {
                    drop(self.detach(fetching));
                }
                Ok(token)
            }
            // It goes on though its caller hangs up: another one will ask for the same.
            _ => self.detach(fetching).await.map_err(|_| Error::Stopped)?,
        }
    }

    /// One at a time; who comes while PagerDuty is in trouble does not ask it again at once.
    async fn fetch_app_token(
        &self,
        slot: &Slot,
        account: &Account,
        scopes: &Scopes,
    ) -> Result<AppToken, Error> {
        let mut last = slot.turn.lock().await;
        let now = self.clock().now();
        // Somebody else was first.
        if let Some(token) = slot.token().filter(|token| is_fresh(token, now)) {
            return Ok(token);
        }
        let pause = last.failed_at + PAUSE_SECS - now;
        if (1..=PAUSE_SECS).contains(&pause) {
            let wait = Duration::from_secs(pause.unsigned_abs());
            return Err(Error::Later { trouble: Trouble::InTrouble, wait });
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
                slot.put(Some(token.clone()));
                last.failed_at = 0;
                Ok(token)
            }
            Err(e) => {
                tracing::warn!(event = "app-token.unfetched", account = account.subdomain, cause = %e);
                last.failed_at = if e.is_transient() { now } else { 0 };
                Err(refusal(e))
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
            slot.put(None);
        }
        let token = self.app_token(account, scopes).await?;
        api(token).await.map_err(Error::Api)
    }
}

fn refusal(error: pagerduty::Error) -> Error {
    match error {
        e if e.is_transient() => Error::Later {
            trouble: Trouble::of(&e),
            wait: match e {
                pagerduty::Error::RateLimited { wait } => wait.unwrap_or_default(),
                _ => Duration::ZERO,
            },
        },
        pagerduty::Error::OAuth { .. } if !error.is_invalid_client() => Error::Api(error),
        e => error::of_exchange(e),
    }
}
