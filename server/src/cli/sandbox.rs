//! `pdconnect sandbox`, and the sandbox inside `pdconnect serve`.

use std::net::SocketAddr;

use clap::Args;
use pagerduty::Endpoints;
use pagerduty_sandbox::{Options, Sandbox, Size};

use super::{Failure, say};
use crate::config::Config;

/// Where the sandbox listens unless told otherwise.
const LISTEN: &str = "127.0.0.1:5001";
const REDIRECT_URL: &str = "http://localhost:5000/callback";

#[derive(Args, Debug)]
pub(super) struct SandboxFlags {
    /// Address of the identity host and the US API; the EU API takes the next port
    #[arg(long, value_name = "IP:PORT", default_value = LISTEN)]
    listen: SocketAddr,
    /// A redirect URL of the seeded app; may be given several times
    #[arg(long, value_name = "URL", default_value = REDIRECT_URL)]
    redirect_url: Vec<String>,
    /// How much the US company has: small, or large (12,000 services, 5,000 users, 2,000 incidents)
    #[arg(long, value_name = "SIZE", default_value_t)]
    size: Size,
}

pub(super) async fn run(flags: SandboxFlags) -> Result<(), Failure> {
    let options = Options {
        listen: flags.listen,
        redirect_urls: flags.redirect_url,
        size: flags.size,
        ..Options::default()
    };
    let sandbox =
        Sandbox::start_with(options).await.map_err(|e| format!("--listen {}: {e}", flags.listen))?;
    let stop = super::serve::stopped();
    // It serves though nobody reads this.
    _ = say(&format!(
        "\n  PagerDuty sandbox\n  → {}\n\n  EU API          {}\n  client_id       {}\n  Credentials     {}/_sandbox/credentials\n",
        sandbox.identity_url(),
        sandbox.eu_api_url(),
        sandbox.client_id(),
        sandbox.identity_url(),
    ));
    stop.await;
    Ok(())
}

/// For a command beside a program that serves: its sandbox is in that process, most
/// likely at the usual address. A token that is fresh needs nobody; one that is not
/// can only be renewed over there.
pub(super) fn elsewhere(config: Config) -> Result<Config, Failure> {
    if !config.uses_sandbox() {
        return Ok(config);
    }
    let at = Endpoints::origin(&format!("http://{LISTEN}")).map_err(|e| e.to_string())?;
    Ok(config.with_sandbox("of-another-process", "unknown", Endpoints::new(at.clone(), at.clone(), at)))
}

/// Without credentials, starts a sandbox in this process and points the app at it.
pub(super) async fn stand_in(config: Config) -> Result<(Config, Option<Sandbox>), Failure> {
    if !config.uses_sandbox() {
        return Ok((config, None));
    }
    let redirect_urls = vec![config.redirect_uri.clone()];
    let usual = LISTEN.parse().map_err(|_| "the sandbox's address".to_owned())?;
    let options = |listen| Options { listen, redirect_urls: redirect_urls.clone(), ..Options::default() };
    let sandbox = match Sandbox::start_with(options(usual)).await {
        Ok(sandbox) => sandbox,
        // The usual ports are taken: any others do.
        Err(_) => Sandbox::start_with(options(SocketAddr::from(([127, 0, 0, 1], 0))))
            .await
            .map_err(|e| format!("the sandbox cannot start: {e}"))?,
    };
    let at = |url| Endpoints::origin(url).map_err(|e| e.to_string());
    let endpoints =
        Endpoints::new(at(sandbox.identity_url())?, at(sandbox.api_url())?, at(sandbox.eu_api_url())?);
    let config = config.with_sandbox(sandbox.client_id(), sandbox.client_secret(), endpoints);
    Ok((config, Some(sandbox)))
}
