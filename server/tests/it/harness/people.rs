//! A person's connection, as the library has it and as PagerDuty saw it.

use std::time::Duration;

use http::{HeaderMap, header};
use pagerduty_connect::{Connect, Connection, Error, UserId};
use pagerduty_sandbox::{Fault, Recorded};

use super::{App, Browser};

/// How long an access token of the sandbox lives.
pub const DAY: Duration = Duration::from_secs(86_400);
/// A token this old is used, but the next one is fetched meanwhile.
pub const AGEING: Duration = Duration::from_secs(86_400 - 8_000);

/// Something that happens to the next refresh.
pub fn on_refresh() -> Fault {
    Fault::on("POST", "/oauth/token").grant_type("refresh_token")
}

impl App {
    pub fn connect(&self) -> Connect {
        self.state().connect
    }

    /// A browser with a live session, and who it is.
    pub async fn person(&self, email: &str) -> (Browser, UserId) {
        let (browser, session) = self.connected(email).await;
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, format!("__Host-pdc_s={session}").parse().unwrap());
        let session = self.connect().session(&headers).await.unwrap().unwrap();
        (browser, session.user)
    }

    /// How a person's connection stands.
    pub async fn standing(&self, user: &UserId) -> Connection {
        self.connect().connection(user).await.unwrap().expect("a connection")
    }

    /// Moves both clocks ahead, this app's and PagerDuty's.
    pub fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.sandbox.advance_clock(time);
    }

    /// The access token a caller gets.
    pub async fn token(&self, user: &UserId) -> Result<String, Error> {
        self.connect().identity(user).await.map(|identity| identity.access_token.expose().to_owned())
    }

    /// Requests for new tokens that the sandbox has seen.
    pub fn refreshes(&self) -> Vec<Recorded> {
        let calls = self.calls("/oauth/token").into_iter();
        calls.filter(|call| call.form("grant_type").as_deref() == Some("refresh_token")).collect()
    }

    /// PagerDuty was asked so often, for so many different refresh tokens, and took each of these once.
    pub fn assert_redeemed(&self, asked: usize, taken: usize) {
        let calls = self.refreshes();
        assert_eq!(calls.len(), asked, "{calls:#?}");
        let good = calls.iter().filter(|call| call.status == Some(200));
        let mut tokens: Vec<_> = good.map(|call| call.form("refresh_token").unwrap()).collect();
        assert_eq!(tokens.len(), taken, "{calls:#?}");
        tokens.sort();
        tokens.dedup();
        assert_eq!(tokens.len(), taken, "a refresh token was taken twice: {calls:#?}");
    }

    /// Whether each access and refresh token that PagerDuty gave was revoked, in that order.
    pub fn revoked(&self) -> Vec<bool> {
        self.sandbox.tokens().iter().map(|token| token.revoked).collect()
    }

    /// Calls of `GET /users/me`, and what they were answered.
    pub fn api_calls(&self) -> Vec<Option<u16>> {
        self.calls("/users/me").iter().map(|call| call.status).collect()
    }
}

impl Browser {
    /// Presses "Check it now"; what the connection page then notes.
    pub async fn check(&self) -> String {
        let reply = self.post("/api/check", &[]).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        match reply.location().strip_prefix("/connection?note=") {
            Some(note) => note.to_owned(),
            None => reply.location().to_owned(),
        }
    }
}
