//! What is known about a connected person.

use pagerduty::{Identity, Region, Scopes, User};
use serde::{Deserialize, Serialize};

use crate::walkthrough::Step;

/// Who is connected, as PagerDuty told it when the connection was made.
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
    /// When the connection was made, in Unix seconds.
    pub connected_at: i64,
    /// When the access token ends, in Unix seconds.
    pub access_until: i64,
    /// The steps that made the connection, with secrets left out.
    pub steps: Vec<Step>,
}

impl About {
    pub(crate) fn new(
        user: User,
        identity: Identity,
        asked: &Scopes,
        granted: &Scopes,
        connected_at: i64,
        access_until: i64,
        steps: Vec<Step>,
    ) -> Self {
        Self {
            user,
            region: identity.region.code().to_owned(),
            subdomain: identity.subdomain,
            asked: asked.to_string(),
            granted: granted.to_string(),
            connected_at,
            access_until,
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

    /// What was asked for but not granted.
    pub fn missing(&self) -> Scopes {
        Scopes::parse(&self.asked).missing_from(&self.granted())
    }
}
