//! Connecting: the way out, the way back, and the end.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use http::HeaderMap;
use pagerduty::{
    Client, ClientSecret, Code, Endpoints, IdTokens, OAuth, Scopes, Verifier, http::Http, oauth::Revocable,
};
use tracing::Instrument;
use url::Url;

use crate::{
    About, Clock, Error, LocalPath, UserId, Vault,
    attempt::Attempt,
    callback::{Callback, Outcome},
    cookies, error,
    token::{self, Hash},
    vault::{Taken, Tokens},
    walkthrough,
};

/// Without it nobody can be greeted by name.
const NEEDED: &str = "users.read";
/// A person waits this long to hear how revoking went; it goes on without them.
const REVOKE_PATIENCE: Duration = Duration::from_secs(15);
/// Between tries to revoke a token PagerDuty did not answer for.
const REVOKE_PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];

/// An app's registration at PagerDuty.
#[derive(Clone, Debug)]
pub struct Registration {
    /// PagerDuty's name for the app.
    pub client_id: String,
    /// The app's own password.
    pub client_secret: ClientSecret,
    /// Where PagerDuty sends people back to: exactly as registered.
    pub redirect_uri: String,
    /// What to ask for. `openid` is always part of it.
    pub scopes: Scopes,
    /// The hosts to speak to.
    pub endpoints: Endpoints,
}

/// Connects people to PagerDuty and keeps their tokens. Cheap to clone.
#[derive(Clone)]
pub struct Connect(Arc<Inner>);

struct Inner {
    oauth: OAuth,
    id_tokens: IdTokens,
    client: Client,
    registration: Registration,
    vault: Vault,
    clock: Clock,
}

impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connect").field(&self.0.registration).finish()
    }
}

/// What to answer when a person wants to connect: a redirect and cookies.
pub struct Begun {
    /// Where to send the browser, with 303.
    pub authorize_url: Url,
    /// `Set-Cookie` values.
    pub cookies: Vec<String>,
}

/// What to answer when a person is back from PagerDuty: a redirect and cookies.
pub struct Finished {
    /// Who connected.
    pub user: UserId,
    /// Where they wanted to go.
    pub return_to: Option<LocalPath>,
    /// `Set-Cookie` values.
    pub cookies: Vec<String>,
}

/// Without the state and the cookies, which sign a browser in.
impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").finish_non_exhaustive()
    }
}

/// Likewise.
impl fmt::Debug for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, return_to, .. } = self;
        f.debug_struct("Finished").field("user", user).field("return_to", return_to).finish_non_exhaustive()
    }
}

/// How a disconnect ended. What was stored here is gone either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disconnected {
    /// PagerDuty revoked the tokens.
    Revoked,
    /// PagerDuty could not be reached: the tokens live there until they expire.
    NotRevoked,
    /// There was no connection.
    WasNone,
}

impl Connect {
    /// Puts the parts together. Speaks to nobody yet.
    pub fn new(registration: Registration, vault: Vault, clock: Clock) -> Result<Self, pagerduty::Error> {
        let http = Http::new()?;
        let oauth = OAuth::new(
            http.clone(),
            registration.endpoints.clone(),
            &registration.client_id,
            registration.client_secret.clone(),
            &registration.redirect_uri,
        )?;
        let id_tokens = IdTokens::new(http.clone(), &registration.endpoints, &registration.client_id);
        let client = Client::new(http, registration.endpoints.clone());
        Ok(Self(Arc::new(Inner { oauth, id_tokens, client, registration, vault, clock })))
    }

    /// The scopes that will be asked for.
    pub fn scopes(&self) -> &Scopes {
        &self.0.registration.scopes
    }

    /// The REST API client. It holds no token.
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.0.vault
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The way out: remembers an attempt, binds it to this browser, and says
    /// where to send it (RFC 6749 §4.1.1, with PKCE and state).
    pub async fn begin(&self, return_to: Option<LocalPath>, headers: &HeaderMap) -> Result<Begun, Error> {
        let (state, nonce, browser) = (token::random(), token::random(), token::random());
        let verifier = Verifier::random();
        let asked = self.scopes().clone();
        let authorize_url = self.0.oauth.authorize_url(&asked, &state, &nonce, &verifier);
        let steps = vec![walkthrough::authorize(&authorize_url)];
        let attempt = Attempt { verifier, nonce, asked, return_to, steps };
        let id = token::hash(&state);
        let remembered = attempt.write().ok_or(Error::Stopped)?;
        self.vault().put_attempt(&id, &token::hash(&browser), &remembered, self.clock().now()).await?;

        let mut set: Vec<String> =
            cookies::attempts_to_drop(headers).iter().map(|name| cookies::clear(name)).collect();
        let name = cookies::attempt_name(&token::short(&id));
        set.push(cookies::set(&name, &browser, crate::vault::ATTEMPT_SECS));
        tracing::info!(target: "security", event = "connect.begin");
        Ok(Begun { authorize_url, cookies: set })
    }

    /// The way back. The checks stand in the order an attacker would meet them;
    /// the attempt is used up before the code is.
    ///
    /// On an error, nothing was stored; the cookie of the attempt may stay, it
    /// opens nothing any more.
    pub async fn finish(&self, query: &str, headers: &HeaderMap) -> Result<Finished, Error> {
        let outcome = self.finish_checked(query, headers).await;
        match &outcome {
            Ok(done) => tracing::info!(target: "security", event = "connect.done", user = %done.user),
            Err(e) if e.is_operators() => {
                tracing::error!(target: "security", event = "connect.failed", reason = e.code(), cause = %e);
            }
            Err(e) => {
                tracing::warn!(target: "security", event = "connect.failed", reason = e.code(), cause = %e)
            }
        }
        outcome
    }

    async fn finish_checked(&self, query: &str, headers: &HeaderMap) -> Result<Finished, Error> {
        let arrived = Instant::now();
        let callback = Callback::parse(query)?;
        let id = token::hash(&callback.state);
        let cookie = cookies::attempt_name(&token::short(&id));
        let browser = cookies::read(headers, &cookie).map(token::hash);
        let now = self.clock().now();
        let remembered = match self.vault().take_attempt(&id, browser.as_ref(), now).await? {
            Taken::Now(remembered) => remembered,
            Taken::Before => return Err(Error::AlreadyUsed),
            Taken::TooLate => return Err(Error::Expired),
            Taken::OtherBrowser | Taken::Unknown => return Err(Error::StateMismatch),
        };
        let mut attempt = Attempt::read(&remembered).ok_or(Error::StateMismatch)?;
        attempt.steps.push(walkthrough::callback(query));

        // RFC 9207 §2.4: exact comparison, on errors too. PagerDuty always names
        // itself beside a code; whether it does beside an error is not known.
        match &callback.issuer {
            Some(issuer) if !self.0.id_tokens.knows_issuer(issuer) => return Err(Error::WrongIssuer),
            None if matches!(callback.outcome, Outcome::Code(_)) => return Err(Error::WrongIssuer),
            _ => {}
        }
        let code = match callback.outcome {
            Outcome::Code(code) => code,
            Outcome::Error { error, said } if error == "access_denied" => return Err(Error::Denied { said }),
            Outcome::Error { error, said } => return Err(Error::Refused { error, said }),
            Outcome::Nothing => return Err(Error::Malformed("there is neither a code nor an error")),
        };

        // A browser that hangs up now must not lose a token that PagerDuty has
        // already given: the rest runs in a task of its own.
        let this = self.clone();
        let old_session = cookies::read(headers, cookies::SESSION).map(token::hash);
        let work = tokio::spawn(
            async move { this.redeem(code, attempt, old_session, arrived).await }.in_current_span(),
        );
        let mut finished = work.await.map_err(|_| Error::Stopped)??;
        finished.cookies.push(cookies::clear(&cookie));
        Ok(finished)
    }

    async fn redeem(
        &self,
        code: Code,
        attempt: Attempt,
        old: Option<Hash>,
        arrived: Instant,
    ) -> Result<Finished, Error> {
        let Attempt { verifier, nonce, asked, return_to, mut steps } = attempt;
        let grant = self.0.oauth.exchange(&code, &verifier).await.map_err(error::of_exchange)?;
        let received_at = self.clock().now();
        steps.push(walkthrough::exchange(&self.0.registration, &grant));
        let tokens = Tokens { access: grant.access, refresh: grant.refresh };

        let checked = async {
            let id_token = grant.id_token.ok_or(Error::IdToken(pagerduty::IdTokenError::Missing))?;
            let began = Instant::now();
            let identity =
                self.0.id_tokens.verify(&id_token, &nonce, received_at).await.map_err(error::of_exchange)?;
            steps.push(walkthrough::id_token(&self.0.registration.endpoints, &identity, began.elapsed()));
            if !grant.scopes.allows(NEEDED) {
                return Err(Error::MissingScopes { missing: asked.missing_from(&grant.scopes) });
            }
            let (user, took) =
                self.0.client.me(identity.region, &tokens.access).await.map_err(error::of_api)?;
            if user.id != identity.user_id {
                return Err(Error::IdToken(pagerduty::IdTokenError::Audience));
            }
            steps.push(walkthrough::me(&self.0.registration.endpoints, identity.region, &user, took));
            Ok((identity, user))
        };
        let (identity, user) = match checked.await {
            Ok(checked) => checked,
            Err(e) => {
                // Tokens that will not be kept must not live on at PagerDuty.
                let this = self.clone();
                tokio::spawn(async move { this.revoke(&tokens).await }.in_current_span());
                return Err(e);
            }
        };

        walkthrough::callback_answered(&mut steps, arrived.elapsed());
        let user_id = UserId::new(&identity.account_id, &identity.user_id);
        let access_until = received_at.saturating_add_unsigned(grant.expires_in.as_secs());
        let about = About::new(user, identity, &asked, &grant.scopes, received_at, access_until, steps);
        self.vault().put_connection(&user_id, &tokens, &about, received_at).await?;
        let session = self.begin_session(&user_id, old).await?.ok_or(Error::Stopped)?;
        Ok(Finished { user: user_id, return_to, cookies: vec![session] })
    }

    /// What is known about a connected person; none when they are not connected.
    pub async fn about(&self, user: &UserId) -> Result<Option<About>, Error> {
        Ok(self.vault().connection(user).await?)
    }

    /// The end: wipes the connection and all its sessions, then revokes both
    /// tokens at PagerDuty (RFC 7009), the refresh token first.
    pub async fn disconnect(&self, user: &UserId) -> Result<Disconnected, Error> {
        let removed = self.vault().remove_connection(user).await;
        let tokens = match removed {
            Ok(Some(tokens)) => tokens,
            Ok(None) => return Ok(Disconnected::WasNone),
            // The row is gone; what stood in it cannot be revoked, since it does not open.
            Err(crate::VaultError::Unsealable) => return Ok(Disconnected::NotRevoked),
            Err(e) => return Err(e.into()),
        };
        let this = self.clone();
        // In a task of its own: the person may close the page.
        let work = tokio::spawn(async move { this.revoke(&tokens).await }.in_current_span());
        let revoked = tokio::time::timeout(REVOKE_PATIENCE, work).await.is_ok_and(|r| r.unwrap_or(false));
        tracing::info!(target: "security", event = "connect.end", user = %user, revoked);
        Ok(if revoked { Disconnected::Revoked } else { Disconnected::NotRevoked })
    }

    /// The cookies that end a session in the browser.
    pub fn signed_out_cookies(&self) -> Vec<String> {
        vec![cookies::clear(cookies::SESSION)]
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
        let mut pauses = REVOKE_PAUSES.iter();
        loop {
            match (self.0.oauth.revoke(token).await, pauses.next()) {
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
