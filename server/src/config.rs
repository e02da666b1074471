//! Configuration: flags over environment over file over defaults.
//!
//! Every setting is read once, at the start, and checked; a wrong one stops the
//! program with its name and what to do.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    ops::RangeInclusive,
    path::PathBuf,
};

use pagerduty::{
    ClientSecret, Endpoints, Scopes,
    rate::Share,
    region::{EndpointError, is_loopback},
};
use pagerduty_connect::{ImportOptions, Registration, connect::NEEDED_SCOPE};
use url::Url;

use crate::Proxies;

mod alerts;
mod database;
mod describe;
mod file;
mod settings;
mod traces;

pub use database::DatabaseUrl;
pub(crate) use database::has_password;
pub(crate) use pagerduty_connect::vault::Origin;
pub use settings::{Flags, SETTINGS};
use settings::{Settings, Source};
pub use traces::Traces;

/// Default of `PORT`: PagerDuty's own tutorial registers `http://localhost:5000/callback`.
const PORT: &str = "5000";
/// Default of `PD_SCOPES`: what the pages of this app need, and no more.
const SCOPES: &str = "openid users.read services.read teams.read incidents.read oncalls.read";

/// Default of `DATABASE_URL`.
pub(crate) const DATABASE: &str = "sqlite:data/pdconnect.db";

/// Everything the program needs to know to start.
#[derive(Debug)]
pub struct Config {
    /// Address to listen on.
    pub listen: IpAddr,
    /// Port to listen on.
    pub port: u16,
    /// Where the operator's metrics are served, apart from the app; none unless set.
    pub metrics_listen: Option<SocketAddr>,
    /// Where traces are sent; nowhere unless set.
    pub traces: Traces,
    /// How people reach this app.
    pub public_url: Url,
    /// Where PagerDuty sends people back to.
    pub redirect_uri: String,
    /// PagerDuty's hosts.
    pub endpoints: Endpoints,
    /// What to ask PagerDuty for.
    pub scopes: Scopes,
    /// `sqlite:path` or `postgres://…`; the latter may hold a password.
    pub database_url: DatabaseUrl,
    /// The vault's key.
    pub vault_key_file: PathBuf,
    /// Whether connections that nobody uses are kept from ending.
    pub keep_alive: bool,
    /// Whether people may have their access token shown in the browser.
    pub reveal_tokens: bool,
    /// Who may say for whom they ask.
    pub proxies: Proxies,
    /// How much of a person's rate limit an import may spend, and how long imports are kept.
    pub imports: ImportOptions,
    alerts: alerts::Alerts,
    /// None while the sandbox stands in for PagerDuty.
    credentials: Option<(String, ClientSecret)>,
    settings: Settings,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct ConfigError {
    setting: &'static str,
    problem: String,
}

/// Stands in the place of a secret.
const HIDDEN: &str = "••••";

fn wrong(setting: &'static str, problem: impl Into<String>) -> ConfigError {
    ConfigError { setting, problem: problem.into() }
}

impl Config {
    /// Reads flags, environment and file, and checks them together.
    pub fn load(flags: Flags) -> Result<Self, ConfigError> {
        Self::of(Settings::gather(flags)?)
    }

    /// The same as if the file held this text, which is not written yet.
    pub(crate) fn load_with(text: &str, flags: Flags) -> Result<Self, ConfigError> {
        Self::of(Settings::gather_with(text, flags)?)
    }

    /// Whether something that stands over the file says where connections are kept.
    pub(crate) fn database_is_set(&self) -> bool {
        self.settings.source("DATABASE_URL") != Source::Default
    }

    fn of(settings: Settings) -> Result<Self, ConfigError> {
        let s = &settings;

        let credentials = match (s.get("PD_CLIENT_ID"), s.get("PD_CLIENT_SECRET")) {
            (Some(id), Some(secret)) => Some((id.to_owned(), ClientSecret::new(secret))),
            (None, None) => None,
            (None, Some(_)) => return Err(wrong("PD_CLIENT_ID", "it is missing beside PD_CLIENT_SECRET")),
            (Some(_), None) => return Err(wrong("PD_CLIENT_SECRET", "it is missing beside PD_CLIENT_ID")),
        };
        let listen: IpAddr = match s.get("LISTEN") {
            None => Ipv4Addr::LOCALHOST.into(),
            Some(text) => {
                text.parse().map_err(|_| wrong("LISTEN", "it must be an IP address, such as 127.0.0.1"))?
            }
        };
        let port_text = s.get("PORT").unwrap_or(PORT);
        let port = port_text.parse().ok().filter(|p| *p > 0);
        let port: u16 = port.ok_or_else(|| wrong("PORT", "it must be a number from 1 to 65535"))?;

        let (public_url, redirect_uri) = addresses(s, port)?;
        let endpoints = endpoints(s)?;
        if credentials.is_none() {
            refuse_public_sandbox(listen, &public_url)?;
        }
        // A sandbox's people are not PagerDuty's: they are kept apart. Where one database is named for both, what is
        // written in it says whose it is (`cli::vault::open`).
        let database = if credentials.is_some() { DATABASE } else { "sqlite:data/sandbox.db" };
        let mut scopes = Scopes::parse(s.get("PD_SCOPES").unwrap_or(SCOPES));
        if scopes.is_empty() {
            return Err(wrong("PD_SCOPES", "it names no scope; “openid users.read” is the least that works"));
        }
        scopes = Scopes::parse(&format!("openid {scopes}"));
        if !scopes.allows(NEEDED_SCOPE) {
            return Err(wrong(
                "PD_SCOPES",
                "it lacks users.read, without which nobody can be greeted. Add it",
            ));
        }

        let is_on_this_machine = is_loopback(&public_url);
        Ok(Self {
            listen,
            port,
            metrics_listen: metrics_listen(s)?,
            traces: Traces::read(s)?,
            public_url,
            redirect_uri,
            endpoints,
            scopes,
            database_url: DatabaseUrl::read(s, database)?,
            vault_key_file: s.get("VAULT_KEY_FILE").unwrap_or("data/vault.key").into(),
            keep_alive: switch(s, "KEEP_ALIVE", true)?,
            reveal_tokens: switch(s, "REVEAL_TOKENS", is_on_this_machine)?,
            proxies: proxies(s)?,
            imports: ImportOptions {
                share: share(s)?,
                keep_secs: i64::from(number(s, "IMPORT_KEEP_DAYS", 90, 1..=3650)?) * 24 * 3600,
            },
            alerts: alerts::Alerts::read(s)?,
            credentials,
            settings,
        })
    }

    /// Whether no credentials were given, so that the sandbox is used.
    pub fn uses_sandbox(&self) -> bool {
        self.settings.get("PD_CLIENT_ID").is_none()
    }

    /// Who says who people are.
    pub(crate) fn origin(&self) -> Origin {
        if self.uses_sandbox() { Origin::Sandbox } else { Origin::PagerDuty }
    }

    /// Puts a sandbox's credentials and hosts where PagerDuty's would stand.
    pub fn with_sandbox(mut self, client_id: &str, client_secret: &str, endpoints: Endpoints) -> Self {
        self.credentials = Some((client_id.to_owned(), ClientSecret::new(client_secret)));
        self.alerts.use_sandbox(&self.settings, endpoints.identity());
        self.endpoints = endpoints;
        self
    }

    /// The registration, once there are credentials.
    pub fn registration(&self) -> Result<Registration, String> {
        let (client_id, client_secret) = self.credentials.clone().ok_or(
            "PD_CLIENT_ID and PD_CLIENT_SECRET are missing, and this program was built without the sandbox. \
             Register an app in PagerDuty and put its credentials into config.json",
        )?;
        Ok(Registration {
            client_id,
            client_secret,
            redirect_uri: self.redirect_uri.clone(),
            scopes: self.scopes.clone(),
            endpoints: self.endpoints.clone(),
        })
    }
}

fn switch(s: &Settings, name: &'static str, default: bool) -> Result<bool, ConfigError> {
    match s.get(name) {
        None => Ok(default),
        Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(_) => Err(wrong(name, "it must be “on” or “off”")),
    }
}

fn number(
    s: &Settings,
    name: &'static str,
    default: u16,
    range: RangeInclusive<u16>,
) -> Result<u16, ConfigError> {
    let Some(text) = s.get(name) else { return Ok(default) };
    let number = text.parse().ok().filter(|number| range.contains(number));
    number
        .ok_or_else(|| wrong(name, format!("it must be a number from {} to {}", range.start(), range.end())))
}

fn metrics_listen(s: &Settings) -> Result<Option<SocketAddr>, ConfigError> {
    let Some(text) = s.get("METRICS_LISTEN") else { return Ok(None) };
    let address = text.parse().map_err(|_| {
        wrong("METRICS_LISTEN", "it must be an IP address and a port, such as 127.0.0.1:9464")
    })?;
    Ok(Some(address))
}

/// Percent of a person's rate limit.
fn share(s: &Settings) -> Result<Share, ConfigError> {
    let percent = number(s, "IMPORT_SHARE", 80, 1..=100)?;
    Ok(u8::try_from(percent).ok().and_then(Share::percent).unwrap_or(Share::ALL))
}

fn proxies(s: &Settings) -> Result<Proxies, ConfigError> {
    Proxies::parse(s.get("TRUSTED_PROXIES").unwrap_or_default()).ok_or_else(|| {
        wrong("TRUSTED_PROXIES", "it must be IP addresses or networks, such as 127.0.0.1, 10.0.0.0/8")
    })
}

fn addresses(s: &Settings, port: u16) -> Result<(Url, String), ConfigError> {
    let redirect = s.get("REDIRECT_URI").map(str::to_owned);
    let public = match (s.get("PUBLIC_URL"), &redirect) {
        (Some(url), _) => Endpoints::origin(url).map_err(|e| address("PUBLIC_URL", &e))?,
        (None, Some(redirect)) => {
            let mut url = Url::parse(redirect).map_err(|_| wrong("REDIRECT_URI", "it is not an address"))?;
            url.set_path("/");
            url.set_query(None);
            url.set_fragment(None);
            Endpoints::origin(url.as_str()).map_err(|e| address("REDIRECT_URI", &e))?
        }
        (None, None) => {
            Endpoints::origin(&format!("http://localhost:{port}")).map_err(|e| address("PORT", &e))?
        }
    };
    let expected = format!("{public}callback");
    match redirect {
        Some(redirect) if redirect != expected => {
            Err(wrong("REDIRECT_URI", format!("it must be {expected}, exactly as registered in PagerDuty")))
        }
        _ => Ok((public, expected)),
    }
}

fn endpoints(s: &Settings) -> Result<Endpoints, ConfigError> {
    let real = Endpoints::pagerduty();
    let pick = |name: &'static str, default: &Url| match s.get(name) {
        Some(text) => Endpoints::origin(text).map_err(|e| address(name, &e)),
        None => Ok(default.clone()),
    };
    Ok(Endpoints::new(
        pick("PD_IDENTITY_URL", real.identity())?,
        pick("PD_API_URL", real.api(pagerduty::Region::UnitedStates))?,
        pick("PD_EU_API_URL", real.api(pagerduty::Region::Europe))?,
    ))
}

fn address(setting: &'static str, why: &EndpointError) -> ConfigError {
    wrong(setting, why.to_string())
}

/// Anybody can be anybody in the sandbox: it is for this machine alone. Hosts that are set wait for credentials.
fn refuse_public_sandbox(listen: IpAddr, public_url: &Url) -> Result<(), ConfigError> {
    if !listen.is_loopback() {
        return Err(wrong(
            "LISTEN",
            "without credentials the sandbox is used, and it listens on this machine only. \
             Set PD_CLIENT_ID and PD_CLIENT_SECRET, or leave LISTEN at 127.0.0.1",
        ));
    }
    if !is_loopback(public_url) {
        return Err(wrong(
            "PUBLIC_URL",
            "without credentials the sandbox is used, and it serves this machine only. \
             Set PD_CLIENT_ID and PD_CLIENT_SECRET, or use http://localhost",
        ));
    }
    Ok(())
}
