//! A running sandbox, and what a test does with it.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::events::Alert;
use crate::faults::Fault;
use crate::oauth::SigningKey;
use crate::options::Options;
use crate::recorder::Recorded;
use crate::seed::Region;
use crate::serve;
use crate::state::{Addresses, Here, TokenStatus, World};
use crate::switches::Switches;
use crate::{api, control, events, oauth};

/// A PagerDuty that runs on this machine. Dropping it closes its listeners and connections.
pub struct Sandbox {
    world: Arc<World>,
    tasks: [AbortHandle; 2],
}

impl Sandbox {
    /// Starts on two free ports of 127.0.0.1.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Options::default()).await
    }

    /// Starts as `options` say. Fails if an address is taken or not loopback.
    pub async fn start_with(options: Options) -> io::Result<Self> {
        let listen = options.listen;
        if !listen.ip().is_loopback() {
            let why = format!(
                "the sandbox takes any password and must not be reached from elsewhere: \
                 {listen} is not a loopback address; use 127.0.0.1"
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let main = bind(listen).await?;
        let eu = bind(eu_address(listen)?).await?;
        let addresses = Addresses { main: url(main.local_addr()?), eu: url(eu.local_addr()?) };

        let key = tokio::task::spawn_blocking(SigningKey::generate).await.map_err(io::Error::other)?;
        let world = Arc::new(World::new(options, addresses, key?));

        let us_here = Here { world: Arc::clone(&world), region: Region::Us };
        let us_routes = api::routes(&us_here)
            .merge(oauth::routes(&us_here))
            .merge(events::routes(&us_here))
            .merge(control::routes(&us_here));
        let eu_here = Here { world: Arc::clone(&world), region: Region::Eu };
        let eu_routes =
            api::routes(&eu_here).merge(events::routes(&eu_here)).merge(control::routes(&eu_here));
        let tasks = [
            tokio::spawn(serve::accept(main, us_here, us_routes)).abort_handle(),
            tokio::spawn(serve::accept(eu, eu_here, eu_routes)).abort_handle(),
        ];
        Ok(Self { world, tasks })
    }

    /// Where the OAuth endpoints are, such as `http://127.0.0.1:5001`.
    pub fn identity_url(&self) -> &str {
        &self.world.addresses.main
    }

    /// The US REST API; the same address as identity.
    pub fn api_url(&self) -> &str {
        &self.world.addresses.main
    }

    /// The EU REST API.
    pub fn eu_api_url(&self) -> &str {
        &self.world.addresses.eu
    }

    /// The seeded app's client id.
    pub fn client_id(&self) -> &str {
        &self.world.client_id
    }

    /// The seeded app's client secret.
    pub fn client_secret(&self) -> &str {
        &self.world.client_secret
    }

    /// The key of the one integration that takes events at `/v2/enqueue`.
    pub fn routing_key(&self) -> &str {
        &self.world.routing_key
    }

    /// The alerts that events have opened, in order, as they stand.
    pub fn alerts(&self) -> Vec<Alert> {
        self.world.pager().alerts()
    }

    /// The issuer that discovery, the callback and the id_token name now.
    pub fn issuer(&self) -> String {
        self.world.issuer()
    }

    /// Registers one more redirect URL, for a test that learns its port late.
    pub fn add_redirect_url(&self, url: &str) {
        self.world.redirect_urls().push(url.to_owned());
    }

    /// Everything received since the start or the last reset, in order.
    pub fn requests(&self) -> Vec<Recorded> {
        self.world.recorder().all()
    }

    /// Forgets tokens, codes, requests, faults, switches, clock offset and what was changed over the API; keeps
    /// credentials and keys.
    pub fn reset(&self) {
        self.world.reset();
    }

    /// Adds a fault; those added earlier strike first.
    pub fn fault(&self, fault: Fault) {
        self.world.faults().push(fault);
    }

    /// Forgets every fault that has not come about.
    pub fn clear_faults(&self) {
        self.world.faults().clear();
    }

    /// Ends the life of every access token now; refresh tokens live on.
    pub fn expire_access_tokens(&self) {
        let now = self.world.clock.now();
        self.world.ledger().expire_access_tokens(now);
    }

    /// Revokes every token of a person, as they or an admin can in PagerDuty. False when nobody has that e-mail.
    pub fn revoke_all_of(&self, email: &str) -> bool {
        self.world.revoke_all_of(email)
    }

    /// Moves the sandbox's clock ahead.
    pub fn advance_clock(&self, by: Duration) {
        self.world.clock.advance(by);
    }

    /// The switches as they stand.
    pub fn switches(&self) -> Switches {
        Switches::clone(&self.world.switches())
    }

    /// Changes switches, all at once for every later request.
    pub fn set_switches(&self, change: impl FnOnce(&mut Switches)) {
        self.world.change_switches(change);
    }

    /// Signs with a new key from now on. `keep_old_keys` says whether the old one stays in the JWKS.
    pub fn rotate_keys(&self) {
        rotate_keys(&self.world);
    }

    /// Every token issued since the start or the last reset, in order.
    pub fn tokens(&self) -> Vec<TokenStatus> {
        self.world.token_statuses()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("identity_url", &self.identity_url())
            .field("eu_api_url", &self.eu_api_url())
            .field("client_id", &self.client_id())
            .finish_non_exhaustive()
    }
}

pub(crate) fn rotate_keys(world: &World) {
    let keep_old = world.switches().keep_old_keys;
    match SigningKey::generate() {
        Ok(key) => world.keys().rotate(key, keep_old),
        Err(error) => tracing::error!(%error, "sandbox: no new key; the old one stays"),
    }
}

async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        io::Error::new(error.kind(), format!("the sandbox cannot listen on {address}: {error}"))
    })
}

/// The EU API's address: the next port, or any when the first may be any.
fn eu_address(listen: SocketAddr) -> io::Result<SocketAddr> {
    let port = match listen.port() {
        0 => 0,
        port => port.checked_add(1).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "the EU API needs the port after 65535; choose a lower one",
            )
        })?,
    };
    Ok(SocketAddr::new(listen.ip(), port))
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}
