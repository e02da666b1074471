//! Who a connection belongs to, and what their tokens are good for.

use std::time::Duration;

use pagerduty::{AccessToken, Api, Client, Region, Scopes, User};
use serde::{Deserialize, Serialize};

use crate::{UserId, walkthrough::Step};

/// A person's fresh token, and what it may be used for.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Whose it is.
    pub user: UserId,
    /// For the `Authorization` header, and for nothing else.
    pub access_token: AccessToken,
    /// The region whose API host takes it.
    pub region: Region,
    /// The person's e-mail address at PagerDuty.
    pub email: String,
    /// What PagerDuty granted.
    pub scopes: Scopes,
    /// When PagerDuty gave it, in Unix seconds.
    pub issued_at: i64,
    /// When it ends, in Unix seconds.
    pub expires_at: i64,
    /// No call goes out for this long: PagerDuty asked some replica to wait.
    pub(crate) calls_in: Duration,
    /// Of which refresh it came.
    pub(crate) generation: i64,
}

impl Identity {
    /// The REST API as this person may use it, in their name.
    pub fn api<'a>(&'a self, client: &'a Client) -> Api<'a> {
        client
            .api(self.region, &self.access_token)
            .of_user(self.user.person())
            .told_as(self.user.as_str())
            .from(&self.email)
    }

    /// `GET /users/me`: who PagerDuty says this is.
    pub async fn me(&self, client: &Client) -> Result<User, pagerduty::Error> {
        client.me(self.region, &self.access_token).await.map(|(user, _)| user)
    }
}

/// Who is connected, as PagerDuty told it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct About {
    /// The person's own data, from `GET /users/me`.
    pub user: User,
    /// `acme` of `acme.pagerduty.com`; empty when PagerDuty did not say.
    pub subdomain: String,
    /// `us` or `eu`.
    region: String,
    asked: String,
    granted: String,
    /// The consent the grant stands on.
    pub(crate) delegation_id: Option<String>,
    /// The steps that made the connection, with secrets left out.
    pub steps: Vec<Step>,
}

impl About {
    pub(crate) fn new(
        user: User,
        identity: pagerduty::Identity,
        asked: &Scopes,
        granted: &Scopes,
        steps: Vec<Step>,
    ) -> Self {
        Self {
            user,
            region: identity.region.code().to_owned(),
            subdomain: identity.subdomain,
            asked: asked.to_string(),
            granted: granted.to_string(),
            delegation_id: identity.delegation_id,
            steps,
        }
    }

    /// Where the account lives.
    pub fn region(&self) -> Region {
        Region::from_code(&self.region).unwrap_or(Region::UnitedStates)
    }

    /// What PagerDuty granted.
    pub fn granted(&self) -> Scopes {
        Scopes::parse(&self.granted)
    }

    /// What was asked for.
    pub fn asked(&self) -> Scopes {
        Scopes::parse(&self.asked)
    }

    /// What was asked for but not granted.
    pub fn missing(&self) -> Scopes {
        self.asked().missing_from(&self.granted())
    }

    pub(crate) fn set_granted(&mut self, granted: &Scopes) {
        self.granted = granted.to_string();
    }
}
