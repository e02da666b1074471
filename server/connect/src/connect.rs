//! What everything else hangs on: the registration, the vault, and what is under way.

use std::{
    fmt,
    sync::{Arc, Weak},
};

use pagerduty::{Client, ClientSecret, Endpoints, IdTokens, OAuth, Scopes, http::Http};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::{
    Clock, Connection, Error, State, UserId, Vault, app_token::AppTokens, audit::Auditing, event::Listeners,
    imports::Importing, refresh::Refreshing,
};

/// Without it nobody can be greeted by name.
pub const NEEDED_SCOPE: &str = "users.read";

/// An app's registration at PagerDuty.
#[derive(Clone, Debug)]
pub struct Registration {
    /// PagerDuty's name for the app.
    pub client_id: String,
    /// The app's own password.
    pub client_secret: ClientSecret,
    /// Where PagerDuty sends people back to: exactly as registered.
    pub redirect_uri: String,
    /// What to ask for. `openid` is always part of it.
    pub scopes: Scopes,
    /// The hosts to speak to.
    pub endpoints: Endpoints,
}

/// Connects people to PagerDuty and keeps their tokens. Cheap to clone.
#[derive(Clone)]
pub struct Connect(Arc<Inner>);

struct Inner {
    oauth: OAuth,
    id_tokens: IdTokens,
    client: Client,
    registration: Registration,
    vault: Vault,
    clock: Clock,
    refreshing: Refreshing,
    importing: Importing,
    listeners: Listeners,
    app_tokens: AppTokens,
    auditing: Auditing,
    /// Work that goes on when whoever asked for it has hung up.
    tasks: TaskTracker,
}

impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connect").field(&self.0.registration).finish()
    }
}

impl Connect {
    /// Puts the parts together. Speaks to nobody yet.
    pub fn new(registration: Registration, vault: Vault, clock: Clock) -> Result<Self, pagerduty::Error> {
        let http = Http::new()?;
        let oauth = OAuth::new(
            http.clone(),
            registration.endpoints.clone(),
            &registration.client_id,
            registration.client_secret.clone(),
            &registration.redirect_uri,
        )?;
        let id_tokens = IdTokens::new(http.clone(), &registration.endpoints, &registration.client_id);
        let client = Client::new(http, registration.endpoints.clone());
        Ok(Self(Arc::new_cyclic(|this| Inner {
            oauth,
            id_tokens,
            client: client.observed_by({
                let this = Weak::clone(this);
                move |call| {
                    if let Some(this) = this.upgrade() {
                        Self(this).observe(call);
                    }
                }
            }),
            registration,
            vault,
            clock,
            refreshing: Refreshing::default(),
            importing: Importing::default(),
            listeners: Listeners::default(),
            app_tokens: AppTokens::default(),
            auditing: Auditing::default(),
            tasks: TaskTracker::new(),
        })))
    }

    /// The program is about to stop: no refresh begins from now on. An answer that
    /// came too late would be lost, and with it the connection.
    pub fn wind_down(&self) {
        self.0.tasks.close();
    }

    /// Whether the program is about to stop.
    pub fn is_winding_down(&self) -> bool {
        self.0.tasks.is_closed()
    }

    /// Waits for work that nobody waits for any more: exchanges, refreshes and
    /// revocations under way. The last call before the vault is closed.
    pub async fn settle(&self) {
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// The scopes that will be asked for.
    pub fn scopes(&self) -> &Scopes {
        &self.0.registration.scopes
    }

    /// The REST API client. It holds no token.
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Where everything is kept.
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    pub(crate) fn oauth(&self) -> &OAuth {
        &self.0.oauth
    }

    pub(crate) fn id_tokens(&self) -> &IdTokens {
        &self.0.id_tokens
    }

    pub(crate) fn refreshing(&self) -> &Refreshing {
        &self.0.refreshing
    }

    pub(crate) fn importing(&self) -> &Importing {
        &self.0.importing
    }

    pub(crate) fn registration(&self) -> &Registration {
        &self.0.registration
    }

    pub(crate) fn app_tokens(&self) -> &AppTokens {
        &self.0.app_tokens
    }

    pub(crate) fn listeners(&self) -> &Listeners {
        &self.0.listeners
    }

    pub(crate) fn auditing(&self) -> &Auditing {
        &self.0.auditing
    }

    /// Runs something to its end, whether or not somebody waits for it.
    pub(crate) fn detach<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.0.tasks.spawn(work.in_current_span())
    }

    /// The time, in Unix seconds, as this program has it.
    pub fn now(&self) -> i64 {
        self.clock().now()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// How a person's connection stands; none when they are not connected.
    pub async fn connection(&self, user: &UserId) -> Result<Option<Connection>, Error> {
        let Some(stored) = self.vault().connection(user).await? else { return Ok(None) };
        let state = match stored.reason() {
            Some(reason) => State::NeedsReconnect(reason),
            None if stored.is_leased() => State::Refreshing,
            None => State::Connected,
        };
        Ok(Some(Connection {
            about: stored.about()?,
            state,
            times: stored.times(),
            trouble: stored.trouble(),
        }))
    }
}
