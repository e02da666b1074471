//! A webhook: JSON, signed as PagerDuty signs its own.

use std::fmt;

use aws_lc_rs::hmac;
use pagerduty::http::{Delivered, Http, JSON};
use serde_json::json;
use url::Url;
use zeroize::Zeroizing;

use super::{Message, News, NotTaken};

/// `v1=` and, in hex, HMAC-SHA256 over the timestamp, a full stop and the body.
const SIGNATURE: &str = "connect-signature";
/// When it was sent, in Unix seconds: a receiver takes no old ones.
const TIMESTAMP: &str = "connect-timestamp";
/// The alert's id, which stands in the body too.
const ID: &str = "connect-alert-id";

/// Where alerts are posted to, and the secret they are signed with. The address may be a secret, too.
#[derive(Clone)]
pub struct Webhook {
    http: Http,
    url: Url,
    secret: WebhookSecret,
}

/// What a receiver knows a webhook by.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<String>);

impl WebhookSecret {
    /// Wraps a value that is secret from here on.
    pub fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

impl Webhook {
    /// Speaks to nobody yet.
    pub fn new(http: Http, url: Url, secret: WebhookSecret) -> Self {
        Self { http, url, secret }
    }

    pub(super) async fn post(&self, message: &Message, now: i64) -> Result<(), NotTaken> {
        let body = body(message).to_string();
        let timestamp = now.to_string();
        let headers =
            [(SIGNATURE, self.sign(&timestamp, &body)), (TIMESTAMP, timestamp), (ID, message.id.clone())];
        let Delivered { status, wait, .. } =
            self.http.deliver(&self.url, JSON, &headers, body.into_bytes()).await?;
        match status {
            200..300 => Ok(()),
            408 | 429 | 500.. => {
                Err(NotTaken { why: format!("it answered {status}"), wait, is_operators: false })
            }
            _ => Err(NotTaken {
                why: format!("it does not take it ({status}): is the address right, and the secret?"),
                wait: None,
                is_operators: true,
            }),
        }
    }

    fn sign(&self, timestamp: &str, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.0.as_bytes());
        let tag = hmac::sign(&key, format!("{timestamp}.{body}").as_bytes());
        format!("v1={}", hex::encode(tag))
    }
}

fn body(message: &Message) -> serde_json::Value {
    let (event, reason) = match message.news {
        News::Broken(reason) => ("connection.broken", Some(reason.code())),
        News::Works => ("connection.works", None),
        News::Gone => ("connection.gone", None),
    };
    json!({
        "id": message.id,
        "event": event,
        "noted_at": message.at,
        "connection": {
            "key": message.dedup_key,
            "user_id": message.user_id,
            "account_id": message.account_id,
            "subdomain": message.subdomain,
            "owner": message.owner,
        },
        "reason": reason,
        "summary": message.summary,
        "what_to_do": message.remedy,
        "link": message.link,
    })
}
