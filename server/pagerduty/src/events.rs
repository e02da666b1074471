//! The Events API v2: something is wrong, tell whoever is on call; and later, it is not any more.
//!
//! It takes an integration's key in the body, not a person's token, and is asynchronous: that an event was accepted
//! says that PagerDuty has it.

use serde_json::{Value, json};
use url::Url;

use crate::{
    Error,
    error::printable,
    http::{Delivered, Http, JSON},
    secret::RoutingKey,
};

/// PagerDuty's own host; of accounts in Europe it is `https://events.eu.pagerduty.com`.
pub const EVENTS_URL: &str = "https://events.pagerduty.com";

/// Longer ones are refused.
const MAX_SUMMARY: usize = 1024;

/// An integration on a service, and the way to it.
#[derive(Clone, Debug)]
pub struct Events {
    http: Http,
    enqueue: Url,
    key: RoutingKey,
}

/// What is wrong, in PagerDuty's common event format.
#[derive(Clone, Debug)]
pub struct Trigger<'a> {
    /// The title of the alert; what is longer than PagerDuty takes is cut.
    pub summary: &'a str,
    /// Where it is: a host name.
    pub source: &'a str,
    /// How bad.
    pub severity: Severity,
    /// When it was noticed, as RFC 3339 writes it.
    pub timestamp: &'a str,
    /// What kind of thing: `connection-revoked`.
    pub class: &'a str,
    /// Anything else worth knowing.
    pub details: Value,
    /// An address, and what it is.
    pub link: (&'a str, &'a str),
}

/// As PagerDuty spells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Something works no longer.
    Error,
    /// Something will stop working.
    Warning,
}

/// Why an event was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum NotAccepted {
    /// PagerDuty will not take it however often it is sent: the key or the address is wrong.
    #[error("PagerDuty does not take the event ({status}): {said}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// PagerDuty's own words; at most 200 printable characters.
        said: String,
    },
    /// It is in trouble, or asks to wait.
    #[error("PagerDuty answered {status}")]
    Later {
        /// HTTP status.
        status: u16,
        /// What it asks to wait, where it says.
        wait: Option<std::time::Duration>,
    },
    /// There was no answer, or a redirect.
    #[error(transparent)]
    Unanswered(#[from] Error),
}

impl Events {
    /// Speaks to nobody yet. `host` is [`EVENTS_URL`], or another's.
    pub fn new(http: Http, host: &Url, key: RoutingKey) -> Result<Self, Error> {
        let enqueue = host.join("v2/enqueue").map_err(|e| Error::Address(e.to_string()))?;
        Ok(Self { http, enqueue, key })
    }

    /// Opens an alert, or adds to the one that is open under the same key.
    pub async fn trigger(&self, dedup_key: &str, trigger: &Trigger<'_>) -> Result<(), NotAccepted> {
        let Trigger { summary, source, severity, timestamp, class, details, link: (href, text) } = trigger;
        let severity = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let summary: String = summary.chars().take(MAX_SUMMARY).collect();
        self.enqueue(json!({
            "routing_key": self.key.expose(),
            "event_action": "trigger",
            "dedup_key": dedup_key,
            "payload": {
                "summary": summary,
                "source": source,
                "severity": severity,
                "timestamp": timestamp,
                "class": class,
                "custom_details": details,
            },
            "links": [{ "href": href, "text": text }],
            "client": "Connect for PagerDuty",
            "client_url": href,
        }))
        .await
    }

    /// Closes the alert that is open under this key, if there is one.
    pub async fn resolve(&self, dedup_key: &str) -> Result<(), NotAccepted> {
        self.enqueue(json!({
            "routing_key": self.key.expose(),
            "event_action": "resolve",
            "dedup_key": dedup_key,
        }))
        .await
    }

    async fn enqueue(&self, event: Value) -> Result<(), NotAccepted> {
        let Delivered { status, wait, body } =
            self.http.deliver(&self.enqueue, JSON, &[], event.to_string().into_bytes()).await?;
        match status {
            200..300 => Ok(()),
            408 | 429 | 500.. => Err(NotAccepted::Later { status, wait }),
            _ => Err(NotAccepted::Refused { status, said: self.said(&body) }),
        }
    }

    /// What PagerDuty finds wrong. Should it repeat the key, nobody reads it.
    fn said(&self, body: &[u8]) -> String {
        let answer: Value = serde_json::from_slice(body).unwrap_or_default();
        let errors =
            answer.get("errors").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let mut said: Vec<&str> = errors.collect();
        let says_nothing = said.is_empty();
        said.extend(answer.get("message").and_then(Value::as_str).filter(|_| says_nothing));
        printable(&said.join("; ").replace(self.key.expose(), "…"))
    }
}
