//! The way back: from the callback to a connection that is kept (RFC 6749 §4.1.2 to §4.1.4).

use std::{fmt, time::Instant};

use http::HeaderMap;
use pagerduty::Code;

use crate::{
    About, Connect, Error, Event, LocalPath, Owner, Times, UserId,
    attempt::{Attempt, Whose},
    callback::{Callback, Outcome},
    connect::NEEDED_SCOPE,
    cookies, error, session, token,
    vault::{SignInTrouble, Taken, Tokens},
    walkthrough,
};

/// What to answer when a person is back from PagerDuty: a redirect and cookies.
pub struct Finished {
    /// Who connected.
    pub user: UserId,
    /// Where they wanted to go.
    pub return_to: Option<LocalPath>,
    /// `Set-Cookie` values.
    pub cookies: Vec<String>,
}

/// Without the cookies, which sign a browser in.
impl fmt::Debug for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, return_to, .. } = self;
        f.debug_struct("Finished").field("user", user).field("return_to", return_to).finish_non_exhaustive()
    }
}

impl Connect {
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
            Some(issuer) if !self.id_tokens().knows_issuer(issuer) => return Err(Error::WrongIssuer),
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
        let grant = self.oauth().exchange(&code, &verifier).await.map_err(error::of_exchange)?;
        let received_at = self.clock().now();
        steps.push(walkthrough::exchange(self.registration(), &grant));
        let tokens = Tokens { access: grant.access, refresh: grant.refresh, before: None };

        let stored = async {
            let id_token = grant.id_token.ok_or(Error::IdToken(pagerduty::IdTokenError::Missing))?;
            let began = Instant::now();
            let identity =
                self.id_tokens().verify(&id_token, &nonce, received_at).await.map_err(error::of_exchange)?;
            steps.push(walkthrough::id_token(&self.registration().endpoints, &identity, began.elapsed()));
            if !grant.scopes.allows(NEEDED_SCOPE) {
                return Err(Error::MissingScopes { missing: asked.missing_from(&grant.scopes) });
            }
            let (user, took) = match self.client().me(identity.region, &tokens.access).await {
                Err(pagerduty::Error::Unauthorized) => {
                    let api = self.client().api(identity.region, &tokens.access);
                    return Err(error::of_api(api.why_unauthorized().await));
                }
                told => told.map_err(error::of_api)?,
            };
            if user.id != identity.user_id {
                return Err(Error::IdToken(pagerduty::IdTokenError::Audience));
            }
            steps.push(walkthrough::me(&self.registration().endpoints, identity.region, &user, took));
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
}
