//! Who is connected: the server functions and what the pages show of it.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{board::Board, error::AppError, permission::Permission};

pub mod badge;
pub mod standing;
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
    pub standing: Standing,
}

/// How the connection stands, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// `connected`, `refreshing`, or why it is over: `revoked`, `reply-lost` …
    pub code: String,
    /// "Connected"
    pub title: String,
    /// What that means, and what to do.
    pub detail: String,
    /// Whether connecting again is the way on.
    pub is_over: bool,
    /// What went wrong at the last try to renew it, and when.
    pub trouble: Option<String>,
}

/// One station in the life of a connection.
#[derive(Clone, Debug)]
pub struct Clock {
    /// "Access token ends"
    pub name: String,
    /// "in 23 hours"
    pub near: String,
    /// "22 November 2026, 09:12 UTC"
    pub moment: String,
    /// What that means.
    pub meaning: String,
    pub is_past: bool,
}

/// A browser somebody is signed in with.
#[derive(Clone, Debug)]
pub struct Seat {
    /// "Chrome on Linux"
    pub browser: String,
    /// "Signed in 2 hours ago, last used just now"
    pub times: String,
    pub is_this_one: bool,
}

/// The signed-in person; none when this browser is not connected.
#[server(name = LoadAccount, endpoint = "account")]
pub async fn account() -> Result<Option<Account>, AppError> {
    crate::ssr::account().await
}

/// Everything about the connection of whoever asks.
#[server(endpoint = "connection")]
pub async fn connection(query: String) -> Result<Board, AppError> {
    crate::ssr::connection(&query).await
}

/// Asks PagerDuty who this is, with a fresh token, and leads back to the connection page.
#[server(endpoint = "check")]
pub async fn check() -> Result<(), AppError> {
    crate::ssr::check().await
}

/// Ends this browser's session. The connection stays.
#[server(endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), AppError> {
    crate::ssr::sign_out().await
}

/// Ends the person's sessions in all other browsers.
#[server(endpoint = "end_other_sessions")]
pub async fn end_other_sessions() -> Result<(), AppError> {
    crate::ssr::end_other_sessions().await
}
