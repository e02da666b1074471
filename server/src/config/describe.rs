//! What is in force, for people and for programs.

use serde_json::{Value, json};
use url::Url;

use super::{Config, settings};

impl Config {
    /// Every setting with its value and source; secrets are not shown.
    pub fn describe(&self) -> String {
        let line = |(name, value): (&str, String)| {
            format!("{name:<28} {:<12} {value}", self.settings.source(name).to_string())
        };
        self.in_force().into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// The same for programs: by name, an object with `source` and `value`; a secret's value is null, and `is_set` says
    /// whether there is one.
    pub fn describe_json(&self) -> Value {
        let entry = |(name, value): (&str, String)| {
            let is_secret = settings::SECRETS.contains(&name);
            let value = if is_secret { Value::Null } else { value.into() };
            let (source, is_set) =
                (self.settings.source(name).to_string(), self.settings.get(name).is_some());
            (
                name.to_owned(),
                json!({ "source": source, "value": value, "is_secret": is_secret, "is_set": is_set }),
            )
        };
        Value::Object(self.in_force().into_iter().map(entry).collect())
    }

    fn in_force(&self) -> Vec<(&'static str, String)> {
        use pagerduty::Region::{Europe, UnitedStates};
        let credentials = if self.uses_sandbox() { "none: the sandbox is used" } else { "" };
        let origin = |url: &Url| url.origin().ascii_serialization();
        let mut in_force = vec![
            ("PD_CLIENT_ID", self.settings.get("PD_CLIENT_ID").unwrap_or(credentials).to_owned()),
            (
                "PD_CLIENT_SECRET",
                if self.uses_sandbox() {
                    credentials.to_owned()
                } else {
                    "•••••••• (not shown)".into()
                },
            ),
            ("REDIRECT_URI", self.redirect_uri.clone()),
            ("PD_SCOPES", self.scopes.to_string()),
            ("PUBLIC_URL", origin(&self.public_url)),
            ("LISTEN", self.listen.to_string()),
            ("PORT", self.port.to_string()),
            ("METRICS_LISTEN", self.metrics_listen.map_or("none".into(), |address| address.to_string())),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", self.traces.shown()),
            ("OTEL_SERVICE_NAME", self.traces.service.clone()),
            ("DATABASE_URL", self.database_url.without_password()),
            ("VAULT_KEY_FILE", self.vault_key_file.display().to_string()),
            ("KEEP_ALIVE", if self.keep_alive { "on" } else { "off" }.to_owned()),
            ("REVEAL_TOKENS", if self.reveal_tokens { "on" } else { "off" }.to_owned()),
            ("TRUSTED_PROXIES", self.proxies.to_string()),
            ("IMPORT_SHARE", format!("{}", self.imports.share)),
            ("IMPORT_KEEP_DAYS", (self.imports.keep_secs / (24 * 3600)).to_string()),
            ("PD_IDENTITY_URL", origin(self.endpoints.identity())),
            ("PD_API_URL", origin(self.endpoints.api(UnitedStates))),
            ("PD_EU_API_URL", origin(self.endpoints.api(Europe))),
        ];
        in_force.extend(self.alerts.shown());
        in_force
    }
}
