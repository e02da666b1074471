//! First run and self-test, by the real program: from an empty folder to a configuration, and what `doctor` tells apart.

mod doctor;
mod page;
mod terminal;

use pagerduty_sandbox::{Options, Sandbox};

use crate::harness::program::{Place, free_port};

/// An empty folder, and a PagerDuty in which the app to be is registered.
async fn empty() -> (Place, Sandbox, u16) {
    let sandbox = Sandbox::start_with(Options::default()).await.unwrap();
    let port = free_port();
    sandbox.add_redirect_url(&format!("http://localhost:{port}/callback"));
    let place = Place::new()
        .env("PORT", &port.to_string())
        .env("PD_IDENTITY_URL", sandbox.identity_url())
        .env("PD_API_URL", sandbox.api_url())
        .env("PD_EU_API_URL", sandbox.eu_api_url());
    (place, sandbox, port)
}

/// What PagerDuty lets one download, with more in it.
fn downloaded(sandbox: &Sandbox) -> String {
    serde_json::json!({
        "client_id": sandbox.client_id(),
        "client_secret": sandbox.client_secret(),
        "name": "My app",
    })
    .to_string()
}

/// What is taken over of any file, and where connections are kept.
const TAKEN: [&str; 5] = ["DATABASE_URL", "PD_SCOPES", "REDIRECT_URI", "client_id", "client_secret"];

/// The same by somebody who wants people's sign-ins and the secret for themselves; with what must not be taken over.
fn doctored(sandbox: &Sandbox, port: u16) -> (String, Vec<&'static str>) {
    let evil = [
        ("ALERT_WEBHOOK_SECRET", "0123456789abcdef0123456789abcdef"),
        ("ALERT_WEBHOOK_URL", "https://evil.example/hook"),
        ("DATABASE_URL", "sqlite:/tmp/evil.example.db"),
        ("KEEP_ALIVE", "off"),
        ("LISTEN", "0.0.0.0"),
        ("METRICS_LISTEN", "0.0.0.0:9464"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://evil.example"),
        ("PD_API_URL", "https://evil.example"),
        ("PD_EU_API_URL", "https://evil.example"),
        ("PD_EVENTS_URL", "https://evil.example"),
        ("PD_IDENTITY_URL", "https://evil.example"),
        ("PUBLIC_URL", "https://evil.example"),
        ("TRUSTED_PROXIES", "0.0.0.0/0"),
        ("VAULT_KEY_FILE", "/tmp/evil.example.key"),
        ("name", "My app"),
    ];
    let mut file: serde_json::Value = serde_json::from_str(&downloaded(sandbox)).unwrap();
    evil.iter().for_each(|(name, value)| file[*name] = (*value).into());
    file["PD_SCOPES"] = "openid users.read".into();
    file["REDIRECT_URI"] = format!("http://localhost:{port}/callback").into();
    (file.to_string(), evil.map(|(name, _)| name).to_vec())
}

fn sorted<T: Ord>(names: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut names: Vec<T> = names.into_iter().collect();
    names.sort();
    names
}
