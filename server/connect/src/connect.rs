//! Connecting: the way out, the way back, and the end.

use std::{
    fmt,
    sync::{Arc, Weak},
    time::Instant,
};

use http::HeaderMap;
use pagerduty::{Client, ClientSecret, Code, Endpoints, IdTokens, OAuth, Scopes, Verifier, http::Http};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use url::Url;

use crate::{
    About, Clock, Connection, Error, LocalPath, Owner, State, Times, UserId, Vault,
    app_token::AppTokens,
    attempt::{Attempt, Whose},
    audit::Auditing,
    callback::{Callback, Outcome},
    cookies, error,
    event::{Event, Listeners},
    imports::Importing,
    refresh::Refreshing,
    session, token,
    vault::{SignInTrouble, Taken, Tokens},
    walkthrough,
};

/// Without it nobody can be greeted by name.
pub const NEEDED_SCOPE: &str = "users.read";

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
    refreshing: Refreshing,
    importing: Importing,
    listeners: Listeners,
    app_tokens: AppTokens,
    auditing: Auditing,
    /// Work that goes on when whoever asked for it has hung up.
    tasks: TaskTracker,
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
        Ok(Self(Arc::new_cyclic(|this| Inner {
            oauth,
            id_tokens,
            client: client.observed_by({
                let this = Weak::clone(this);
                move |call| {
                    if let Some(this) = this.upgrade() {
                        Self(this).observe(call);
                    }
                }
            }),
            registration,
            vault,
            clock,
            refreshing: Refreshing::default(),
            importing: Importing::default(),
            listeners: Listeners::default(),
            app_tokens: AppTokens::default(),
            auditing: Auditing::default(),
            tasks: TaskTracker::new(),
        })))
    }

    /// The program is about to stop: no refresh begins from now on. An answer that
    /// came too late would be lost, and with it the connection.
    pub fn wind_down(&self) {
        self.0.tasks.close();
    }

    /// Whether the program is about to stop.
    pub fn is_winding_down(&self) -> bool {
        self.0.tasks.is_closed()
    }

    /// Waits for work that nobody waits for any more: exchanges, refreshes and
    /// revocations under way. The last call before the vault is closed.
    pub async fn settle(&self) {
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// The scopes that will be asked for.
    pub fn scopes(&self) -> &Scopes {
        &self.0.registration.scopes
    }

    /// The REST API client. It holds no token.
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Where everything is kept.
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    pub(crate) fn oauth(&self) -> &OAuth {
        &self.0.oauth
    }

    pub(crate) fn refreshing(&self) -> &Refreshing {
        &self.0.refreshing
    }

    pub(crate) fn importing(&self) -> &Importing {
        &self.0.importing
    }

    pub(crate) fn registration(&self) -> &Registration {
        &self.0.registration
    }

    pub(crate) fn app_tokens(&self) -> &AppTokens {
        &self.0.app_tokens
    }

    pub(crate) fn listeners(&self) -> &Listeners {
        &self.0.listeners
    }

    pub(crate) fn auditing(&self) -> &Auditing {
        &self.0.auditing
    }

    /// Runs something to its end, whether or not somebody waits for it.
    pub(crate) fn detach<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.0.tasks.spawn(work.in_current_span())
    }

    /// The time, in Unix seconds, as this program has it.
    pub fn now(&self) -> i64 {
        self.clock().now()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The way out: remembers an attempt, binds it to this browser, and says
    /// where to send it (RFC 6749 §4.1.1, with PKCE and state).
    pub async fn begin(&self, return_to: Option<LocalPath>, headers: &HeaderMap) -> Result<Begun, Error> {
        self.begin_asking(&Scopes::default(), return_to, headers).await
    }

    /// The way out for a user of the host application. On the way back, [`Connect::finish_for`] wants the same one.
    pub async fn begin_for(
        &self,
        owner: &Owner,
        more: &Scopes,
        return_to: Option<LocalPath>,
        headers: &HeaderMap,
    ) -> Result<Begun, Error> {
        self.begin_attempt(Whose::Host(owner.clone()), more, return_to, headers).await
    }

    /// The same, asking for `more` than [`Connect::scopes`]. What PagerDuty grants replaces what it granted before:
    /// `more` must hold the scopes that are to stay.
    pub async fn begin_asking(
        &self,
        more: &Scopes,
        return_to: Option<LocalPath>,
        headers: &HeaderMap,
    ) -> Result<Begun, Error> {
        self.begin_attempt(Whose::Own, more, return_to, headers).await
    }

    pub(crate) async fn begin_attempt(
        &self,
        whose: Whose,
        more: &Scopes,
        return_to: Option<LocalPath>,
        headers: &HeaderMap,
    ) -> Result<Begun, Error> {
        let (state, nonce, browser) = (token::random(), token::random(), token::random());
        let verifier = Verifier::random();
        let asked = self.scopes().with(more);
        let authorize_url = self.0.oauth.authorize_url(&asked, &state, &nonce, &verifier);
        let steps = vec![walkthrough::authorize(&authorize_url)];
        let attempt = Attempt { verifier, nonce, asked, return_to, whose, steps };
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
        self.finish_attempt(None, query, headers).await
    }

    /// The way back for a user of the host application: the one who is signed in there now. Somebody else's attempt
    /// is refused, and with it an attacker's who would have their own account connected, or get hold of this one.
    pub async fn finish_for(
        &self,
        owner: &Owner,
        query: &str,
        headers: &HeaderMap,
    ) -> Result<Finished, Error> {
        self.finish_attempt(Some(owner), query, headers).await
    }

    async fn finish_attempt(
        &self,
        owner: Option<&Owner>,
        query: &str,
        headers: &HeaderMap,
    ) -> Result<Finished, Error> {
        let outcome = self.finish_checked(owner, query, headers).await;
        self.note_sign_in(&outcome).await;
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

    async fn finish_checked(
        &self,
        owner: Option<&Owner>,
        query: &str,
        headers: &HeaderMap,
    ) -> Result<Finished, Error> {
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
        let attempt = Attempt::read(&remembered).ok_or(Error::StateMismatch)?;
        // Whoever came by a link is sent back whatever happens from here on.
        let returns = match &attempt.whose {
            Whose::Linked(_) => attempt.return_to.clone(),
            Whose::Own | Whose::Host(_) => None,
        };
        let finished = self.finish_taken(owner, callback, attempt, query, headers, arrived).await;
        match (finished, returns) {
            (Ok(mut finished), _) => {
                finished.cookies.push(cookies::clear(&cookie));
                Ok(finished)
            }
            (Err(why), Some(to)) => Err(Error::Returned { to, why: Box::new(why) }),
            (Err(why), None) => Err(why),
        }
    }

    /// What follows once the attempt is used up.
    async fn finish_taken(
        &self,
        owner: Option<&Owner>,
        callback: Callback,
        mut attempt: Attempt,
        query: &str,
        headers: &HeaderMap,
        arrived: Instant,
    ) -> Result<Finished, Error> {
        match (&attempt.whose, owner) {
            (Whose::Own | Whose::Linked(_), None) => {}
            (Whose::Host(began), Some(is_back)) if began == is_back => {}
            _ => return Err(Error::OtherUser),
        }
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
            Outcome::Error { error, said } => return Err(error::of_authorize(error, said)),
            Outcome::Nothing => return Err(Error::Malformed("there is neither a code nor an error")),
        };

        // A browser that hangs up now must not lose a token that PagerDuty has
        // already given: the rest runs in a task of its own.
        let this = self.clone();
        let begins = session::Beginning::of(headers);
        let work = self.detach(async move { this.redeem(code, attempt, begins, arrived).await });
        work.await.map_err(|_| Error::Stopped)?
    }

    /// Keeps for [`Connect::check_up`] that nobody can sign in, or that somebody could.
    async fn note_sign_in(&self, outcome: &Result<Finished, Error>) {
        let trouble = match outcome {
            Ok(_) => None,
            Err(e) => match e.of_setup() {
                Some(detail) => {
                    Some(SignInTrouble { code: e.code().to_owned(), detail, at: self.clock().now() })
                }
                // It says nothing of the set-up.
                None => return,
            },
        };
        if let Err(e) = self.vault().note_sign_in(trouble.as_ref()).await {
            tracing::warn!(event = "sign-in.not-noted", cause = %e);
        }
    }

    async fn redeem(
        &self,
        code: Code,
        attempt: Attempt,
        begins: session::Beginning,
        arrived: Instant,
    ) -> Result<Finished, Error> {
        let Attempt { verifier, nonce, asked, return_to, whose, mut steps } = attempt;
        let grant = self.0.oauth.exchange(&code, &verifier).await.map_err(error::of_exchange)?;
        let received_at = self.clock().now();
        steps.push(walkthrough::exchange(&self.0.registration, &grant));
        let tokens = Tokens { access: grant.access, refresh: grant.refresh, before: None };

        let stored = async {
            let id_token = grant.id_token.ok_or(Error::IdToken(pagerduty::IdTokenError::Missing))?;
            let began = Instant::now();
            let identity =
                self.0.id_tokens.verify(&id_token, &nonce, received_at).await.map_err(error::of_exchange)?;
            steps.push(walkthrough::id_token(&self.0.registration.endpoints, &identity, began.elapsed()));
            if !grant.scopes.allows(NEEDED_SCOPE) {
                return Err(Error::MissingScopes { missing: asked.missing_from(&grant.scopes) });
            }
            let (user, took) = match self.0.client.me(identity.region, &tokens.access).await {
                Err(pagerduty::Error::Unauthorized) => {
                    let api = self.0.client.api(identity.region, &tokens.access);
                    return Err(error::of_api(api.why_unauthorized().await));
                }
                told => told.map_err(error::of_api)?,
            };
            if user.id != identity.user_id {
                return Err(Error::IdToken(pagerduty::IdTokenError::Audience));
            }
            steps.push(walkthrough::me(&self.0.registration.endpoints, identity.region, &user, took));
            walkthrough::callback_answered(&mut steps, arrived.elapsed());

            let user_id = UserId::new(&identity.account_id, &identity.user_id, whose.owner())
                .ok_or(Error::IdToken(pagerduty::IdTokenError::Malformed))?;
            let times = Times::of_grant(&grant.scopes, received_at, grant.expires_in.as_secs().cast_signed());
            let about = About::new(user, identity, &asked, &grant.scopes, steps);
            // A host application has sessions of its own.
            let session = whose.owner().is_none().then(|| begins.session(&user_id, received_at));
            let (session, cookie) = session.unzip();
            let old = begins.old.as_ref().filter(|_| session.is_some());
            let before = self.vault().connection(&user_id).await.ok().flatten();
            self.vault().put_connection(&user_id, &tokens, &about, times, session.as_ref(), old).await?;
            let before = before.and_then(|stored| stored.about().ok()).map(|about| about.granted());
            self.tell(Event::Connected { user: user_id.clone(), scopes: about.granted(), before }).await;
            Ok((user_id, cookie))
        };
        match stored.await {
            Ok((user, session)) => Ok(Finished { user, return_to, cookies: session.into_iter().collect() }),
            Err(e) => {
                // Tokens that are not kept must not live on at PagerDuty.
                self.revoke_unkept(tokens).await;
                Err(e)
            }
        }
    }

    /// How a person's connection stands; none when they are not connected.
    pub async fn connection(&self, user: &UserId) -> Result<Option<Connection>, Error> {
        let Some(stored) = self.vault().connection(user).await? else { return Ok(None) };
        let state = match stored.reason() {
            Some(reason) => State::NeedsReconnect(reason),
            None if stored.is_leased() => State::Refreshing,
            None => State::Connected,
        };
        Ok(Some(Connection {
            about: stored.about()?,
            state,
            times: stored.times(),
            trouble: stored.trouble(),
        }))
    }
}
