//! What an alert says. It names a person by PagerDuty's ids and an account by its subdomain, and nothing else about
//! them: whoever receives it can look the rest up.

use jiff::Timestamp;
use pagerduty::{
    Events,
    events::{Severity, Trigger},
};
use serde_json::json;
use url::Url;

use super::{Alert, News, NotTaken};
use crate::{Reason, UserId, token};

pub(super) struct Message {
    /// The same however often it is sent.
    pub id: String,
    /// The same for all that is told about one connection.
    pub dedup_key: String,
    pub account_id: String,
    pub user_id: String,
    /// A host application's user: for the operator's own webhook, and not for PagerDuty.
    pub owner: Option<String>,
    pub subdomain: Option<String>,
    pub news: News,
    /// As RFC 3339 writes it.
    pub at: String,
    /// One sentence, and what to do.
    pub summary: String,
    pub remedy: &'static str,
    /// The app's host.
    pub source: String,
    /// Where the person sees their connection.
    pub link: String,
}

impl Message {
    pub(super) fn new(alert: &Alert, app: &Url, subdomain: Option<String>) -> Self {
        let (account_id, user_id) = alert.user.person().split_once('/').unwrap_or_default();
        let source = match (app.host_str().unwrap_or_default(), app.port()) {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        };
        let whose = format!(
            "the connection of PagerDuty user {user_id} ({})",
            match &subdomain {
                Some(name) => name,
                None => account_id,
            }
        );
        let (what, remedy) = words(alert.news, alert.user.owner().is_some());
        Self {
            id: hex::encode(alert.id),
            dedup_key: dedup_key(&source, &alert.user),
            account_id: account_id.to_owned(),
            user_id: user_id.to_owned(),
            owner: alert.user.owner().map(str::to_owned),
            news: alert.news,
            at: Timestamp::from_second(alert.noted_at).unwrap_or_default().to_string(),
            summary: format!("Connect for PagerDuty: {whose} {what}"),
            remedy,
            link: if alert.user.owner().is_some() { app.to_string() } else { format!("{app}connection") },
            source,
            subdomain,
        }
    }

    /// Opens an alert at PagerDuty, or resolves it.
    pub(super) async fn page(&self, events: &Events) -> Result<(), NotTaken> {
        let News::Broken(reason) = self.news else { return Ok(events.resolve(&self.dedup_key).await?) };
        let trigger = Trigger {
            summary: &self.summary,
            source: &self.source,
            // Until its last access token ends, a connection can be used for what is left.
            severity: if reason.ends_access() { Severity::Error } else { Severity::Warning },
            timestamp: &self.at,
            class: &format!("connection-{}", reason.code()),
            details: json!({
                "what_to_do": self.remedy,
                "reason": reason.code(),
                "user_id": self.user_id,
                "account_id": self.account_id,
                "subdomain": self.subdomain,
                "alert_id": self.id,
            }),
            link: (&self.link, "Connect for PagerDuty"),
        };
        Ok(events.trigger(&self.dedup_key, &trigger).await?)
    }
}

/// PagerDuty takes 255 characters, and is not told what a host application calls its users.
fn dedup_key(source: &str, user: &UserId) -> String {
    let person = user.person();
    match user.owner() {
        Some(owner) => format!("{source}/{person}@{}", token::short(&token::hash(owner))),
        None => format!("{source}/{person}"),
    }
}

fn words(news: News, is_hosts: bool) -> (&'static str, &'static str) {
    let again = if is_hosts {
        "Have that person connect again, in the application they connected from."
    } else {
        "Have that person open the link and connect again."
    };
    match news {
        News::Broken(Reason::Revoked) => ("was ended at PagerDuty", again),
        News::Broken(Reason::ReplyLost) => ("was lost: PagerDuty's last answer never came", again),
        News::Broken(Reason::Idle) => ("was not used for too long", again),
        News::Broken(Reason::WindowOver) => ("has come to its end: PagerDuty wants consent anew", again),
        News::Broken(Reason::NoRefreshToken) => ("cannot be renewed: PagerDuty gave no refresh token", again),
        News::Works => ("works again", "There is nothing to do."),
        News::Gone => ("is no longer kept", "There is nothing to do."),
    }
}
