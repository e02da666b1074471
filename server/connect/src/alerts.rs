//! Alerts: whoever looks after the program hears when a connection is over and only its person can mend it, and again
//! when that has passed.
//!
//! Nothing is told from memory. What broke stands in the database already (`connection.reason`), and so does what was
//! told of it (`alarm`): any replica compares the two, at any time, and writes what is new into an outbox (`alert`).
//! A crash anywhere only delays a word. Of all replicas one sends it, as of revocations; what is not taken is sent
//! again, with pauses that double, for a day.
//!
//! A receiver may hear the same twice, when its answer was lost: each alert has an id that stays the same.

use std::{fmt, time::Duration};

use futures_util::future::join_all;
use pagerduty::{Events, events::NotAccepted};
use tokio::{sync::watch, time::sleep};
use url::Url;

use crate::{
    Connect, Event, VaultError,
    vault::{Alert, News},
};

mod message;
mod webhook;

use message::Message;
pub use webhook::{Webhook, WebhookSecret};

/// Between two looks for what another replica has left, or what is due again.
const LOOK: Duration = Duration::from_secs(5);
/// Longer than one try takes: other replicas leave it alone meanwhile.
const HOLD: Duration = Duration::from_secs(30);
/// Between tries: doubled each time, up to an hour.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// Then the next try that fails is the last.
const GIVE_UP_SECS: i64 = 24 * 3600;
/// What nobody sends any more, because its way is not configured any more.
const FORGET_SECS: i64 = 7 * 24 * 3600;
const AT_ONCE: i64 = 8;

/// Whom to tell, and how.
#[derive(Clone)]
pub struct Alerting {
    app: Url,
    webhook: Option<Webhook>,
    pagerduty: Option<Events>,
}

impl fmt::Debug for Alerting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ways().iter().map(Way::name)).finish()
    }
}

#[derive(Clone)]
enum Way {
    Webhook(Webhook),
    PagerDuty(Events),
}

impl Way {
    fn name(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::PagerDuty(_) => "pagerduty",
        }
    }
}

/// Why an alert was not taken.
struct NotTaken {
    why: String,
    /// What the receiver asks for.
    wait: Option<Duration>,
    /// Whether sending it again changes nothing until somebody changes the settings.
    is_operators: bool,
}

impl Alerting {
    /// Nobody yet. `app` is where people reach the app: alerts lead there.
    pub fn of(app: Url) -> Self {
        Self { app, webhook: None, pagerduty: None }
    }

    /// Also posts to this webhook. There is one: it takes the place of another.
    pub fn webhook(self, webhook: Webhook) -> Self {
        Self { webhook: Some(webhook), ..self }
    }

    /// Also opens and resolves alerts at PagerDuty. Of these, too, there is one.
    pub fn pagerduty(self, events: Events) -> Self {
        Self { pagerduty: Some(events), ..self }
    }

    /// One of each kind at most: the outbox tells them apart by it.
    fn ways(&self) -> Vec<Way> {
        let (webhook, pagerduty) = (self.webhook.clone(), self.pagerduty.clone());
        webhook.map(Way::Webhook).into_iter().chain(pagerduty.map(Way::PagerDuty)).collect()
    }
}

impl Connect {
    /// Tells of broken connections until it is dropped; without a way to, returns at once. Each way is served by
    /// itself: one that hangs holds up nothing else.
    pub async fn work_on_alerts(&self, alerting: Alerting) {
        let (sender, news) = watch::channel(());
        let _listening = self.listen_while(move |event| {
            if matches!(event, Event::Broken { .. } | Event::Connected { .. } | Event::Disconnected { .. }) {
                sender.send_replace(());
            }
        });
        let ways = alerting.ways();
        let names: Vec<&str> = ways.iter().map(Way::name).collect();
        join_all(ways.iter().map(|way| self.tell_by(way, &names, &alerting.app, news.clone()))).await;
    }

    async fn tell_by(&self, way: &Way, names: &[&str], app: &Url, mut news: watch::Receiver<()>) {
        loop {
            news.mark_unchanged();
            if let Err(e) = self.tell_what_is_new(way, names, app).await {
                tracing::warn!(event = "alerts.unread", way = way.name(), cause = %e);
            }
            tokio::select! {
                _ = news.changed() => {}
                () = sleep(LOOK) => {}
            }
        }
    }

    async fn tell_what_is_new(&self, way: &Way, names: &[&str], app: &Url) -> Result<(), VaultError> {
        let now = self.clock().now();
        self.vault().note_news(names, now).await?;
        for (way, user) in self.vault().forget_alerts(now - FORGET_SECS).await? {
            tracing::error!(event = "alert.given-up", way, user = %user, "nobody was told");
        }
        loop {
            let due = self.vault().due_alerts(way.name(), AT_ONCE, HOLD).await?;
            if due.is_empty() {
                return Ok(());
            }
            join_all(due.iter().map(|alert| self.tell_one(way, alert, app))).await;
        }
    }

    /// Sends, and crosses out or puts off. Should that fail it comes up again by itself.
    async fn tell_one(&self, way: &Way, alert: &Alert, app: &Url) {
        let message = Message::new(alert, app, self.subdomain_of(alert).await);
        let sent = match way {
            Way::Webhook(webhook) => webhook.post(&message, self.clock().now()).await,
            Way::PagerDuty(events) => message.page(events).await,
        };
        let noted = match sent {
            Ok(()) => {
                tracing::info!(event = "alert.told", way = way.name(), alert = message.id, user = %alert.user);
                self.vault().remove_alert(&alert.id).await
            }
            Err(not_taken) => self.put_off(way, alert, &message, not_taken).await,
        };
        if let Err(e) = noted {
            tracing::warn!(event = "alert.unwritten", way = way.name(), alert = message.id, cause = %e);
        }
    }

    async fn put_off(
        &self,
        way: &Way,
        alert: &Alert,
        message: &Message,
        not_taken: NotTaken,
    ) -> Result<(), VaultError> {
        let NotTaken { why, wait, is_operators } = not_taken;
        let (way, id, user) = (way.name(), &message.id, &alert.user);
        if self.clock().now() - alert.noted_at > GIVE_UP_SECS {
            tracing::error!(event = "alert.given-up", way, alert = id, user = %user, cause = why);
            return self.vault().remove_alert(&alert.id).await;
        }
        let doubled = FIRST_PAUSE.saturating_mul(1 << (alert.tries - 1).clamp(0, 10));
        let pause = doubled.max(wait.unwrap_or_default()).min(LONGEST_PAUSE);
        let again_in_secs = pause.as_secs();
        let noted = self.vault().postpone_alert(&alert.id, pause).await;
        if is_operators {
            tracing::error!(
                event = "alert.refused", way, alert = id, user = %user, cause = why, again_in_secs,
                "the settings of alerts must be mended; it is kept and tried again for a day"
            );
        } else {
            tracing::warn!(
                event = "alert.untold", way, alert = id, user = %user, cause = why, again_in_secs,
                "it is kept and tried again for a day"
            );
        }
        noted
    }

    /// The name of the account, while the connection is there and opens.
    async fn subdomain_of(&self, alert: &Alert) -> Option<String> {
        let stored = self.vault().connection(&alert.user).await.ok()??;
        stored.about().ok().map(|about| about.subdomain).filter(|name| !name.is_empty())
    }
}

impl From<NotAccepted> for NotTaken {
    fn from(error: NotAccepted) -> Self {
        let why = error.to_string();
        match error {
            NotAccepted::Later { wait, .. } => Self { why, wait, is_operators: false },
            NotAccepted::Refused { .. } => Self { why, wait: None, is_operators: true },
            NotAccepted::Unanswered(error) => error.into(),
        }
    }
}

/// In words that fit any receiver.
impl From<pagerduty::Error> for NotTaken {
    fn from(error: pagerduty::Error) -> Self {
        match error {
            pagerduty::Error::Unreachable { why, .. } => {
                Self { why: format!("it could not be reached: {why}"), wait: None, is_operators: false }
            }
            pagerduty::Error::Redirected(status) => Self {
                why: format!(
                    "it answered with a redirect ({status}), which is not followed: name the address it leads to"
                ),
                wait: None,
                is_operators: true,
            },
            e => Self { why: e.to_string(), wait: None, is_operators: false },
        }
    }
}

#[cfg(test)]
mod tests {
    use pagerduty::{ClientSecret, Endpoints, Scopes, http::Http};

    use super::*;
    use crate::{Clock, Registration, Vault};

    fn webhook(url: &str) -> Webhook {
        Webhook::new(Http::new().unwrap(), Url::parse(url).unwrap(), WebhookSecret::new("s"))
    }

    #[test]
    fn of_each_kind_there_is_one_and_the_last_counts() {
        let alerting = Alerting::of(Url::parse("https://app.example").unwrap())
            .webhook(webhook("https://one.example/hook"))
            .webhook(webhook("https://two.example/hook"));
        assert_eq!(format!("{alerting:?}"), r#"["webhook"]"#);
        let [Way::Webhook(left)] = &alerting.ways()[..] else { panic!("{alerting:?}") };
        assert!(format!("{left:?}").contains("two.example"), "{left:?}");
    }

    #[tokio::test]
    async fn whoever_tells_no_more_does_not_listen_any_more() {
        let registration = Registration {
            client_id: "id".into(),
            client_secret: ClientSecret::new("secret"),
            redirect_uri: "https://app.example/callback".into(),
            scopes: Scopes::parse("openid"),
            endpoints: Endpoints::pagerduty(),
        };
        let connect = Connect::new(registration, Vault::in_memory().await.unwrap(), Clock::system()).unwrap();
        let alerting =
            Alerting::of(Url::parse("https://app.example").unwrap()).webhook(webhook("https://one.example/"));
        for _ in 0..3 {
            let telling = connect.work_on_alerts(alerting.clone());
            assert!(tokio::time::timeout(Duration::from_millis(20), telling).await.is_err());
        }
        assert_eq!(connect.listener_count(), 0);
    }
}
