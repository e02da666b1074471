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
