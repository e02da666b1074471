//! The settings by name, and where each value comes from.

use std::{collections::BTreeMap, fmt, path::Path};

use clap::Args;

use super::{ConfigError, file, wrong};

/// What stands over these flags in `--help`.
pub const SETTINGS: &str = "Settings";

/// Flags of `serve`, and of whatever opens the same database. There is none for the client secret: what
/// stands on a command line is seen by everyone on the machine.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = SETTINGS)]
pub struct Flags {
    /// Read settings from this JSON file [default: config.json, where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<String>,
    /// How people reach this app, such as https://connect.example.com [default: http://localhost:PORT]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Port to listen on [default: 5000]
    #[arg(long)]
    port: Option<String>,
    /// Address to listen on [default: 127.0.0.1]
    #[arg(long, value_name = "IP")]
    listen: Option<String>,
    /// Serve metrics for Prometheus here, as GET /metrics, such as 127.0.0.1:9464 [default: not at all]
    #[arg(long, value_name = "IP:PORT")]
    metrics_listen: Option<String>,
    /// Send traces to this OpenTelemetry collector, by OTLP over HTTP, such as http://127.0.0.1:4318 [default: not at all]
    #[arg(long, value_name = "URL")]
    otel_endpoint: Option<String>,
    /// What this program is called in them [default: pdconnect]
    #[arg(long, value_name = "NAME")]
    otel_service_name: Option<String>,
    /// Where connections are kept: sqlite:FILE or postgres://HOST/DATABASE [default: sqlite:data/pdconnect.db]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// The key they are sealed with; made on the first start [default: data/vault.key]
    #[arg(long, value_name = "FILE")]
    vault_key_file: Option<String>,
    /// Whether to renew connections that nobody uses: on or off [default: on]
    #[arg(long, value_name = "on|off")]
    keep_alive: Option<String>,
    /// Whether people may have their access token shown in the browser: on or off [default: on where PUBLIC_URL is this machine]
    #[arg(long, value_name = "on|off")]
    reveal_tokens: Option<String>,
    /// Proxies in front, whose X-Forwarded-For is believed: IP addresses and networks [default: none]
    #[arg(long, value_name = "IPS")]
    trusted_proxies: Option<String>,
    /// How much of a person's rate limit an import may spend, in percent [default: 80]
    #[arg(long, value_name = "PERCENT")]
    import_share: Option<String>,
    /// How long imports that are over are kept [default: 90]
    #[arg(long, value_name = "DAYS")]
    import_keep_days: Option<String>,
    /// What to ask PagerDuty for [default: openid users.read services.read teams.read incidents.read oncalls.read]
    #[arg(long, value_name = "SCOPES")]
    scopes: Option<String>,
    /// The app's client ID at PagerDuty; the secret comes by file or environment only
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// The redirect URL registered at PagerDuty [default: PUBLIC_URL/callback]
    #[arg(long, value_name = "URL")]
    redirect_uri: Option<String>,
    /// PagerDuty's identity host, for a sandbox in another process
    #[arg(long, value_name = "URL")]
    identity_url: Option<String>,
    /// PagerDuty's US API host, likewise
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,
    /// PagerDuty's events host: https://events.eu.pagerduty.com for accounts in Europe
    #[arg(long, value_name = "URL")]
    events_url: Option<String>,
    /// PagerDuty's EU API host, likewise
    #[arg(long, value_name = "URL")]
    eu_api_url: Option<String>,
}

impl Flags {
    /// Where the file of settings is, or would be.
    pub(crate) fn config_file(&self) -> &Path {
        file::place(self.config.as_deref())
    }
}

/// Every name a setting can have, in the environment and in the file.
pub(super) const NAMES: [&str; 24] = [
    "PD_CLIENT_ID",
    "PD_CLIENT_SECRET",
    "REDIRECT_URI",
    "PD_SCOPES",
    "PUBLIC_URL",
    "LISTEN",
    "PORT",
    "METRICS_LISTEN",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_SERVICE_NAME",
    "DATABASE_URL",
    "VAULT_KEY_FILE",
    "KEEP_ALIVE",
    "REVEAL_TOKENS",
    "TRUSTED_PROXIES",
    "IMPORT_SHARE",
    "IMPORT_KEEP_DAYS",
    "PD_IDENTITY_URL",
    "PD_API_URL",
    "PD_EU_API_URL",
    "ALERT_WEBHOOK_URL",
    "ALERT_WEBHOOK_SECRET",
    "ALERT_ROUTING_KEY",
    "PD_EVENTS_URL",
];

/// Settings that nobody else may read.
pub(super) const SECRETS: [&str; 4] =
    ["PD_CLIENT_SECRET", "ALERT_WEBHOOK_URL", "ALERT_WEBHOOK_SECRET", "ALERT_ROUTING_KEY"];

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Flag,
    Environment,
    File,
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::File => "file",
            Self::Default => "default",
        })
    }
}

/// What was set. Values may be secret: no `Debug` shows them.
pub(super) struct Settings(BTreeMap<&'static str, (String, Source)>);

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Settings {
    pub(super) fn gather(flags: Flags) -> Result<Self, ConfigError> {
        let in_file = file::read(flags.config.as_deref())?;
        Self::with(in_file, flags)
    }

    /// The same as if the file held this text.
    pub(super) fn gather_with(text: &str, flags: Flags) -> Result<Self, ConfigError> {
        let in_file = file::parse(flags.config_file(), text)?;
        Self::with(in_file, flags)
    }

    fn with(in_file: Vec<(&'static str, String)>, flags: Flags) -> Result<Self, ConfigError> {
        let mut all = BTreeMap::new();
        for (name, value) in in_file {
            all.insert(name, (value, Source::File));
        }
        for name in NAMES {
            if let Some(value) = environment(name)? {
                all.insert(name, (value, Source::Environment));
            }
        }
        let flags = [
            ("PD_CLIENT_ID", flags.client_id),
            ("REDIRECT_URI", flags.redirect_uri),
            ("PD_SCOPES", flags.scopes),
            ("PUBLIC_URL", flags.public_url),
            ("LISTEN", flags.listen),
            ("PORT", flags.port),
            ("METRICS_LISTEN", flags.metrics_listen),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", flags.otel_endpoint),
            ("OTEL_SERVICE_NAME", flags.otel_service_name),
            ("DATABASE_URL", flags.database_url),
            ("VAULT_KEY_FILE", flags.vault_key_file),
            ("KEEP_ALIVE", flags.keep_alive),
            ("REVEAL_TOKENS", flags.reveal_tokens),
            ("TRUSTED_PROXIES", flags.trusted_proxies),
            ("IMPORT_SHARE", flags.import_share),
            ("IMPORT_KEEP_DAYS", flags.import_keep_days),
            ("PD_IDENTITY_URL", flags.identity_url),
            ("PD_API_URL", flags.api_url),
            ("PD_EU_API_URL", flags.eu_api_url),
            ("PD_EVENTS_URL", flags.events_url),
        ];
        for (name, value) in flags {
            if let Some(value) = value {
                all.insert(name, (value, Source::Flag));
            }
        }
        Ok(Self(all))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|(value, _)| value.as_str())
    }

    pub(super) fn source(&self, name: &str) -> Source {
        self.0.get(name).map_or(Source::Default, |(_, source)| *source)
    }
}

/// An empty variable counts as none.
fn environment(name: &'static str) -> Result<Option<String>, ConfigError> {
    #[expect(clippy::disallowed_methods, reason = "the one home of the environment")]
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|v| !v.is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(wrong(name, "it is not text")),
    }
}
