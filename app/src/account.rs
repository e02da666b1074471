//! Who is connected: the server functions and what the pages show of it.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{error::AppError, permission::Permission};

pub mod badge;
pub mod welcome;

/// The signed-in person, as PagerDuty knows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub name: String,
    pub email: String,
    pub job_title: Option<String>,
    /// In PagerDuty's own words: "Global Admin".
    pub role: String,
    pub time_zone: String,
    pub teams: Vec<String>,
    /// The account's address: `acme` of `acme.pagerduty.com`.
    pub subdomain: String,
    /// "United States" or "Europe".
    pub region: String,
    /// The person's page in PagerDuty, when its address is one of PagerDuty's own.
    pub profile_url: Option<String>,
    /// Address of the picture on this server; none when PagerDuty has none.
    pub avatar: Option<String>,
    /// What PagerDuty granted.
    pub granted: Vec<Permission>,
    /// What was asked for but not granted.
    pub missing: Vec<Permission>,
    /// When the connection was made: "21 November 2026, 09:12 UTC".
    pub connected_at: String,
    /// When the access token ends, in the same words.
    pub access_until: String,
}

/// The signed-in person; none when this browser is not connected.
#[server(name = LoadAccount, endpoint = "account")]
pub async fn account() -> Result<Option<Account>, AppError> {
    crate::ssr::account().await
}
