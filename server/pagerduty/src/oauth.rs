//! The OAuth legs: authorization request, code exchange, revocation.

use std::time::{Duration, Instant};

use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, Client, ClientId, CsrfToken, EndpointNotSet, EndpointSet,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, StandardRevocableToken, TokenUrl,
    basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse},
};
use url::Url;

use crate::{
    AccessToken, ClientSecret, Code, Endpoints, Error, IdToken, RefreshToken, Region, Scopes, Verifier,
    error::printable,
    http::{Http, MAX_TOKEN_BYTES, TOKEN_TIMEOUT},
    observe::span,
};

mod answer;
mod probe;

use answer::TokenAnswer;
pub use probe::{Published, Reception};

type Inner = Client<
    BasicErrorResponse,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// This app's registration at PagerDuty, and the calls made in its name.
#[derive(Clone, Debug)]
pub struct OAuth {
    http: Http,
    endpoints: Endpoints,
    client_id: String,
    client_secret: ClientSecret,
    inner: Inner,
}

/// What PagerDuty grants for a code or a refresh token.
#[derive(Debug)]
pub struct Grant {
    /// For API calls.
    pub access: AccessToken,
    /// For the next access token; PagerDuty always gives one to a person's grant.
    pub refresh: Option<RefreshToken>,
    /// Who signed in, not yet checked.
    pub id_token: Option<IdToken>,
    /// What was granted, which may be less than was asked for.
    pub scopes: Scopes,
    /// How long the access token lives, from now.
    pub expires_in: Duration,
    /// How long the exchange took.
    pub took: Duration,
}

impl OAuth {
    /// Takes the registration as PagerDuty shows it.
    pub fn new(
        http: Http,
        endpoints: Endpoints,
        client_id: &str,
        client_secret: ClientSecret,
        redirect_uri: &str,
    ) -> Result<Self, Error> {
        let address = |e: url::ParseError| Error::Address(e.to_string());
        let inner = Client::new(ClientId::new(client_id.to_owned()))
            .set_client_secret(oauth2::ClientSecret::new(client_secret.expose().to_owned()))
            // PagerDuty documents the secret in the form body only.
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::new(endpoints.at_identity("oauth/authorize")).map_err(address)?)
            .set_token_uri(TokenUrl::new(endpoints.at_identity("oauth/token")).map_err(address)?)
            .set_redirect_uri(RedirectUrl::new(redirect_uri.to_owned()).map_err(address)?);
        Ok(Self { http, endpoints, client_id: client_id.to_owned(), client_secret, inner })
    }

    /// Where to send the person's browser (RFC 6749 §4.1.1, RFC 7636 §4.3).
    pub fn authorize_url(&self, scopes: &Scopes, state: &str, nonce: &str, verifier: &Verifier) -> Url {
        let state = state.to_owned();
        self.inner
            .authorize_url(|| CsrfToken::new(state))
            .add_scopes(scopes.iter().map(|s| Scope::new(s.to_owned())))
            .add_extra_param("nonce", nonce)
            .set_pkce_challenge(verifier.challenge())
            .url()
            .0
    }

    /// Redeems a code (RFC 6749 §4.1.3). A code works once: never call this twice with one.
    pub async fn exchange(&self, code: &Code, verifier: &Verifier) -> Result<Grant, Error> {
        let started = Instant::now();
        let reply = self
            .inner
            .exchange_code(AuthorizationCode::new(code.expose().to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose().to_owned()))
            .request_async(&self.http)
            .await
            .map_err(token_error)?;
        Ok(reply.into_grant(started.elapsed()))
    }

    /// Redeems a refresh token (RFC 6749 §6). PagerDuty answers with a new one and
    /// may refuse the old one from then on: store the answer before using it.
    ///
    /// Where the answer names no scopes, they are as before: [`Grant::scopes`] is
    /// then empty.
    pub async fn refresh(&self, token: &RefreshToken) -> Result<Grant, Error> {
        let started = Instant::now();
        let reply = self
            .inner
            .exchange_refresh_token(&oauth2::RefreshToken::new(token.expose().to_owned()))
            .request_async(&self.http)
            .await
            .map_err(token_error)?;
        Ok(reply.into_grant(started.elapsed()))
    }

    /// A token for the app itself, in the account it belongs to (RFC 6749 §4.4; PagerDuty's "app token"). There is no
    /// refresh token with it, and no person behind it: `GET /users/me` does not know it.
    pub async fn app_token(&self, region: Region, subdomain: &str, scopes: &Scopes) -> Result<Grant, Error> {
        let started = Instant::now();
        let account = format!("as_account-{}.{subdomain}", region.code());
        let reply = self
            .inner
            .exchange_client_credentials()
            .add_scope(Scope::new(account))
            .add_scopes(scopes.iter().filter(|scope| *scope != "openid").map(|s| Scope::new(s.to_owned())))
            .request_async(&self.http)
            .await
            .map_err(token_error)?;
        Ok(reply.into_grant(started.elapsed()))
    }

    /// Revokes a token (RFC 7009 §2.1): refresh tokens first, then access tokens.
    pub async fn revoke(&self, token: Revocable<'_>) -> Result<(), Error> {
        let (value, hint) = match token {
            Revocable::Refresh(t) => (t.expose(), "refresh_token"),
            Revocable::Access(t) => (t.expose(), "access_token"),
        };
        let form = [
            ("token", value),
            ("token_type_hint", hint),
            ("client_id", &self.client_id),
            ("client_secret", self.client_secret.expose()),
        ];
        let request = self.http.post(&self.endpoints.at_identity("oauth/revoke")).form(&form);
        let span = span("POST", "/oauth/revoke", None);
        let answer = self.http.send(span, request, TOKEN_TIMEOUT, MAX_TOKEN_BYTES).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(match serde_json::from_slice::<BasicErrorResponse>(&answer.body) {
            Ok(error) => oauth_error(answer.status.as_u16(), &error),
            Err(_) => crate::api::status_error(&answer),
        })
    }
}

/// A token to revoke.
#[derive(Clone, Copy, Debug)]
pub enum Revocable<'a> {
    /// Ends the grant.
    Refresh(&'a RefreshToken),
    /// Ends what is left of it.
    Access(&'a AccessToken),
}

fn token_error(error: RequestTokenError<Error, BasicErrorResponse>) -> Error {
    match error {
        RequestTokenError::Request(error) => error,
        RequestTokenError::ServerResponse(response) => oauth_error(400, &response),
        // The body is left out of the error: it may be a whole HTML page, or hold a token.
        RequestTokenError::Parse(error, _) => {
            Error::Unreadable(format!("the token answer is not what RFC 6749 describes, at {}", error.path()))
        }
        RequestTokenError::Other(why) => Error::Unreadable(printable(&why)),
    }
}

fn oauth_error(status: u16, response: &BasicErrorResponse) -> Error {
    Error::OAuth {
        status,
        error: printable(response.error().as_ref()),
        description: response.error_description().map(|d| printable(d)),
    }
}
