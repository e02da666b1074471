//! The way out: to PagerDuty's sign-in and consent (RFC 6749 §4.1.1).

use std::fmt;

use http::HeaderMap;
use pagerduty::{Scopes, Verifier, operations::with_scope};
use url::Url;

use crate::{
    Connect, Error, LocalPath, Owner, UserId,
    attempt::{Attempt, Whose},
    cookies,
    link::LinkRefused,
    token::{self, Hash},
    walkthrough,
};

/// What to answer when a person wants to connect: a redirect and cookies.
pub struct Begun {
    /// Where to send the browser, with 303.
    pub authorize_url: Url,
    /// `Set-Cookie` values.
    pub cookies: Vec<String>,
}

/// Without the state and the cookies, which sign a browser in.
impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").finish_non_exhaustive()
    }
}

impl Connect {
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
        let before = self.connection_of(owner).await?;
        let more = self.to_ask(more, before.as_ref()).await;
        self.begin_attempt(Whose::Host(owner.clone()), None, &more, return_to, headers).await
    }

    /// The same, asking for `more` than [`Connect::scopes`]. What PagerDuty grants replaces what it granted before:
    /// `more` must hold the scopes that are to stay.
    pub async fn begin_asking(
        &self,
        more: &Scopes,
        return_to: Option<LocalPath>,
        headers: &HeaderMap,
    ) -> Result<Begun, Error> {
        self.begin_attempt(Whose::Own, None, more, return_to, headers).await
    }

    /// What to ask for beside the usual: the documented scopes of the API among `more`, and those that were asked for or
    /// granted before, since what PagerDuty grants takes the place of what it granted. A Classic app has other scopes
    /// than these.
    pub async fn to_ask(&self, more: &Scopes, before: Option<&UserId>) -> Scopes {
        if self.scopes().iter().any(|scope| matches!(scope, "read" | "write")) {
            return Scopes::default();
        }
        // Who cannot be remembered is asked for the usual: that is what connecting again is for.
        let before = async {
            let about = self.connection(before?).await.ok()??.about;
            Some(about.asked().with(&about.granted()))
        };
        let all = more.with(&before.await.unwrap_or_default());
        let known = all.iter().filter(|scope| with_scope(scope).next().is_some()).collect::<Vec<_>>();
        Scopes::parse(&known.join(" "))
    }

    /// Uses up the `link` that it is begun by, if there is one: both stand, or neither.
    pub(crate) async fn begin_attempt(
        &self,
        whose: Whose,
        link: Option<&Hash>,
        more: &Scopes,
        return_to: Option<LocalPath>,
        headers: &HeaderMap,
    ) -> Result<Begun, Error> {
        // Each stops an attack of its own. State and the browser's cookie: the answer to an attacker's own attempt,
        // planted in somebody's browser, which would then be connected as the attacker (login CSRF, RFC 6749 §10.12).
        let (state, browser) = (token::random(), token::random());
        // The nonce: an ID token of another attempt, played again (OpenID Connect Core §3.1.2.1).
        let nonce = token::random();
        // The verifier: a code that was stolen on its way and redeemed elsewhere (RFC 7636 §1).
        let verifier = Verifier::random();
        let asked = self.scopes().with(more);
        let authorize_url = self.oauth().authorize_url(&asked, &state, &nonce, &verifier);
        let steps = vec![walkthrough::authorize(&authorize_url)];
        let attempt = Attempt { verifier, nonce, asked, return_to, whose, steps };
        let id = token::hash(&state);
        let remembered = attempt.write().ok_or(Error::Stopped)?;
        let (browser_id, now) = (token::hash(&browser), self.clock().now());
        if !self.vault().put_attempt(&id, &browser_id, &remembered, link, now).await? {
            return Err(Error::Link(LinkRefused::Used));
        }

        let mut set: Vec<String> =
            cookies::attempts_to_drop(headers).iter().map(|name| cookies::clear(name)).collect();
        let name = cookies::attempt_name(&token::short(&id));
        set.push(cookies::set(&name, &browser, crate::vault::ATTEMPT_SECS));
        tracing::info!(target: "security", event = "connect.begin");
        Ok(Begun { authorize_url, cookies: set })
    }
}
