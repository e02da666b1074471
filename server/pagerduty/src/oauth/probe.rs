//! Questions that grant nothing: what PagerDuty makes of this registration before anybody has signed in.

use http::{StatusCode, header};
use jsonwebtoken::jwk::JwkSet;
use serde::Deserialize;
use url::{Url, form_urlencoded};

use super::OAuth;
use crate::{
    Code, Error, Scopes, Verifier,
    error::printable,
    http::{MAX_TOKEN_BYTES, TOKEN_TIMEOUT},
    id_token::KEYS,
    observe::span,
};

/// What the authorization endpoint does with a browser that nobody has signed in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reception {
    /// It goes on to sign-in: client id and redirect URL are known.
    SignIn,
    /// A page of its own, and no way back: it trusts neither (RFC 6749 §4.1.2.1).
    Turned {
        /// HTTP status.
        status: u16,
        /// Whether the page names the redirect URL.
        names_redirect: bool,
        /// Whether the page names the client id.
        names_client: bool,
    },
    /// Back to the redirect URL with an error.
    SentBack {
        /// The error code.
        error: String,
        /// PagerDuty's own words.
        said: Option<String>,
    },
}

/// What the identity host publishes.
#[derive(Clone, Debug)]
pub struct Published {
    /// Its `Date`, as it was sent.
    pub date: Option<String>,
    /// Whether its metadata could be read, and names an issuer this program accepts.
    pub metadata: bool,
    /// How many keys it signs with.
    pub keys: usize,
}

impl OAuth {
    /// Whether PagerDuty takes this app's id and secret. It is asked to redeem a code that nobody was given: who is not
    /// known is told so first (`invalid_client`), who is known that the code is worth nothing (`invalid_grant`).
    pub async fn knows_client(&self) -> Result<bool, Error> {
        match self.exchange(&Code::new("self-test-of-the-credentials"), &Verifier::random()).await {
            Err(e) if e.is_invalid_grant() => Ok(true),
            Err(e) if e.is_invalid_client() => Ok(false),
            // Backstage's client reads a bare 401 of this endpoint as wrong credentials.
            Err(Error::OAuth { status: 401, .. } | Error::Unauthorized) => Ok(false),
            Err(e) => Err(e),
            Ok(_) => Err(Error::Unreadable("it redeemed a code that was made up".into())),
        }
    }

    /// What happens to a browser that is sent to sign in. No attempt comes of it: the state is nobody's.
    pub async fn reception(&self, scopes: &Scopes) -> Result<Reception, Error> {
        let url = self.authorize_url(scopes, "self-test", "self-test", &Verifier::random());
        let request = self.http.get(url.as_str());
        let answer = self.http.look(request, TOKEN_TIMEOUT, MAX_TOKEN_BYTES).await?;
        let location = answer.headers.get(header::LOCATION).and_then(|it| it.to_str().ok());
        if let Some(error) = location.and_then(|to| self.error_in(to)) {
            return Ok(error);
        }
        if answer.status.is_success() || answer.status.is_redirection() {
            return Ok(Reception::SignIn);
        }
        if answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS {
            return Err(crate::api::status_error(&answer));
        }
        let page = String::from_utf8_lossy(&answer.body).to_lowercase();
        Ok(Reception::Turned {
            status: answer.status.as_u16(),
            names_redirect: page.contains("value for redirect_uri"),
            names_client: page.contains("value for client_id"),
        })
    }

    /// The error of a redirect that leads back to this app.
    fn error_in(&self, location: &str) -> Option<Reception> {
        let back = self.inner.redirect_uri()?.as_str();
        let query = location.strip_prefix(back)?.strip_prefix('?')?;
        let value = |wanted: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(name, _)| name == wanted).map(|(_, value)| printable(&value))
        };
        Some(Reception::SentBack { error: value("error")?, said: value("error_description") })
    }

    /// Metadata (OpenID Connect Discovery §4) and keys of the identity host.
    pub async fn published(&self) -> Result<Published, Error> {
        #[derive(Deserialize)]
        struct Metadata {
            issuer: String,
        }
        let ask = async |path: &'static str| {
            let request = self.http.get(&self.endpoints.at_identity(path));
            self.http.send(span("GET", path, None), request, TOKEN_TIMEOUT, MAX_TOKEN_BYTES).await
        };
        let keys = ask(KEYS).await?;
        if !keys.status.is_success() {
            return Err(crate::api::status_error(&keys));
        }
        let published: JwkSet = serde_json::from_slice(&keys.body)
            .map_err(|_| Error::Unreadable("PagerDuty's published keys".into()))?;
        let metadata = ask("/global/oauth/anonymous/.well-known/openid-configuration").await.ok();
        let issuer = metadata.and_then(|it| serde_json::from_slice::<Metadata>(&it.body).ok());
        let date = keys.headers.get(header::DATE).and_then(|it| it.to_str().ok());
        Ok(Published {
            date: date.map(str::to_owned),
            metadata: issuer.is_some_and(|it| self.endpoints.issuers().contains(&it.issuer)),
            keys: published.keys.len(),
        })
    }

    /// The identity host, as it is known by.
    pub fn identity_host(&self) -> &Url {
        self.endpoints.identity()
    }
}
