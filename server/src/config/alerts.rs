//! Whom to tell of connections that broke. All but PagerDuty's host is secret: many a webhook's address is its password.

use pagerduty::{Endpoints, Events, events::EVENTS_URL, http::Http, region::is_loopback, secret::RoutingKey};
use pagerduty_connect::{Alerting, Webhook, WebhookSecret};
use url::Url;

use super::{Config, ConfigError, HIDDEN, Settings, address, settings::Source, wrong};

/// A signature is worth no more than what it is made with.
const LEAST_SECRET: usize = 16;
/// Of an integration of PagerDuty's.
const ROUTING_KEY: usize = 32;

/// What was set about alerts.
#[derive(Debug)]
pub(super) struct Alerts {
    webhook: Option<(Url, WebhookSecret)>,
    routing_key: Option<RoutingKey>,
    events_url: Url,
}

impl Alerts {
    pub(super) fn read(s: &Settings) -> Result<Self, ConfigError> {
        let webhook = match (s.get("ALERT_WEBHOOK_URL"), s.get("ALERT_WEBHOOK_SECRET")) {
            (None, None) => None,
            (Some(url), Some(secret)) => Some((webhook_url(url)?, webhook_secret(secret)?)),
            (Some(_), None) => {
                return Err(wrong(
                    "ALERT_WEBHOOK_SECRET",
                    "it is missing beside ALERT_WEBHOOK_URL. Requests are signed with it, so that the receiver knows \
                     them: make one with openssl rand -hex 32, and give it to both",
                ));
            }
            (None, Some(_)) => {
                return Err(wrong("ALERT_WEBHOOK_URL", "it is missing beside ALERT_WEBHOOK_SECRET"));
            }
        };
        let events_url = Endpoints::origin(s.get("PD_EVENTS_URL").unwrap_or(EVENTS_URL));
        Ok(Self {
            webhook,
            routing_key: s.get("ALERT_ROUTING_KEY").map(routing_key).transpose()?,
            events_url: events_url.map_err(|e| address("PD_EVENTS_URL", &e))?,
        })
    }

    /// The sandbox takes events, too. Whoever named another host meant it.
    pub(super) fn use_sandbox(&mut self, s: &Settings, sandbox: &Url) {
        if s.source("PD_EVENTS_URL") == Source::Default {
            self.events_url = sandbox.clone();
        }
    }

    /// What is in force, with the secrets hidden.
    pub(super) fn shown(&self) -> [(&'static str, String); 4] {
        let hidden = |is_set: bool| if is_set { "•••••••• (not shown)" } else { "none" }.to_owned();
        // A host is no secret, and says whether it is the right one.
        let host = |url: &Url| format!("{}/{HIDDEN}", url.origin().ascii_serialization());
        [
            (
                "ALERT_WEBHOOK_URL",
                self.webhook.as_ref().map_or_else(|| "none".to_owned(), |(url, _)| host(url)),
            ),
            ("ALERT_WEBHOOK_SECRET", hidden(self.webhook.is_some())),
            ("ALERT_ROUTING_KEY", hidden(self.routing_key.is_some())),
            ("PD_EVENTS_URL", self.events_url.origin().ascii_serialization()),
        ]
    }
}

impl Config {
    /// Whom to tell, as the settings say.
    pub fn alerting(&self) -> Result<Alerting, pagerduty::Error> {
        let Alerts { webhook, routing_key, events_url } = &self.alerts;
        let (http, mut alerting) = (Http::new()?, Alerting::of(self.public_url.clone()));
        if let Some((url, secret)) = webhook {
            alerting = alerting.webhook(Webhook::new(http.clone(), url.clone(), secret.clone()));
        }
        if let Some(key) = routing_key {
            alerting = alerting.pagerduty(Events::new(http, events_url, key.clone())?);
        }
        Ok(alerting)
    }
}

fn webhook_url(text: &str) -> Result<Url, ConfigError> {
    let wrong = |why| wrong("ALERT_WEBHOOK_URL", why);
    let url =
        Url::parse(text).map_err(|_| wrong("it must be an address like https://alerts.example.com/hook"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong("it must be an address like https://alerts.example.com/hook"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it must not hold a user name or password; requests are signed instead"));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(wrong("it must start with https:// (plain http is accepted for this machine only)"));
    }
    Ok(url)
}

fn webhook_secret(text: &str) -> Result<WebhookSecret, ConfigError> {
    if text.len() < LEAST_SECRET {
        let why =
            format!("it must have at least {LEAST_SECRET} characters. Make one with openssl rand -hex 32");
        return Err(wrong("ALERT_WEBHOOK_SECRET", why));
    }
    Ok(WebhookSecret::new(text))
}

fn routing_key(text: &str) -> Result<RoutingKey, ConfigError> {
    if text.len() != ROUTING_KEY || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let why = format!(
            "it must be the {ROUTING_KEY} letters and digits of an integration's key: in PagerDuty, a service's \
             Integrations, Events API V2"
        );
        return Err(wrong("ALERT_ROUTING_KEY", why));
    }
    Ok(RoutingKey::new(text))
}
