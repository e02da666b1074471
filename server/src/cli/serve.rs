//! `pdconnect serve`

use std::{net::SocketAddr, sync::Arc};

use app::ssr::AppState;
use pagerduty::region::is_loopback;
use pagerduty_connect::{Clock, Connect, Vault};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use super::{Failure, say};
use crate::{
    Policy, assets,
    config::{Config, Flags},
    listen, router, telemetry,
};

/// Shown on the connect page while a sandbox is used: one person of each region.
const PEOPLE: [&str; 2] = ["bethany@acme.example", "elif@acme-eu.example"];

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    let config = Config::load(flags).map_err(|e| e.to_string())?;
    telemetry::start().map_err(|e| e.to_string())?;
    let listener = bind(&config).await?;

    #[cfg(feature = "sandbox")]
    let (config, _sandbox) = super::sandbox::stand_in(config).await?;
    // Plain http is accepted for this machine only, and PagerDuty is not on it.
    let is_sandbox = is_loopback(config.endpoints.identity());
    let sandbox_people = if is_sandbox { PEOPLE.map(str::to_owned).into() } else { Arc::default() };

    let vault = Vault::open(&config.database_url, &config.vault_key_file).await.map_err(|e| e.to_string())?;
    let policy = Policy::new(&config.public_url, config.endpoints.identity());
    let connect =
        Connect::new(config.registration()?, vault.clone(), Clock::system()).map_err(|e| e.to_string())?;
    let options = assets::options().map_err(|e| e.to_string())?;
    let assets = assets::read(&options);
    let state = AppState { connect, options, assets, sandbox_people };

    let stop = stopped();
    say(&greeting(&config));
    listen::serve(listener, router(state, policy), stop).await;
    vault.close().await;
    Ok(())
}

async fn bind(config: &Config) -> Result<TcpListener, Failure> {
    let address = SocketAddr::new(config.listen, config.port);
    TcpListener::bind(address).await.map_err(|e| match e.kind() {
        std::io::ErrorKind::AddrInUse => format!(
            "port {} is taken by another program. Stop that one, or choose another port with PORT \
             (and, with credentials of your own, register http://localhost:PORT/callback in PagerDuty)",
            config.port
        ),
        _ => format!("PORT / LISTEN: cannot listen on {address}: {e}"),
    })
}

fn greeting(config: &Config) -> String {
    let address = config.public_url.as_str().trim_end_matches('/');
    if config.uses_sandbox() {
        format!(
            "\n  Connect for PagerDuty\n  → {address}\n\n  No credentials are configured: a sandbox stands in for \
             PagerDuty.\n  Sign in as bethany@acme.example, with any password.\n"
        )
    } else {
        format!("\n  Connect for PagerDuty\n  → {address}\n")
    }
}

/// Resolves when somebody asks the program to stop. They may from this call on,
/// not only once it is waited for.
pub(super) fn stopped() -> impl Future<Output = ()> {
    let asked = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
    async move {
        let [terminated, interrupted] = asked.map(|asked| async {
            match asked {
                Ok(mut asked) => _ = asked.recv().await,
                Err(_) => std::future::pending().await,
            }
        });
        tokio::select! {
            () = terminated => {}
            () = interrupted => {}
        }
    }
}
