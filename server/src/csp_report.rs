//! Where browsers report what a page's policy stopped. Each report is one line
//! of the log; none is stored.

use axum::{body::Bytes, http::StatusCode};
use serde::Deserialize;

#[derive(Deserialize)]
struct Report {
    #[serde(rename = "csp-report")]
    csp_report: Violation,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Violation {
    #[serde(default)]
    effective_directive: String,
    #[serde(default)]
    violated_directive: String,
    #[serde(default)]
    blocked_uri: String,
}

pub(crate) async fn receive(body: Bytes) -> StatusCode {
    let Ok(Report { csp_report: v }) = serde_json::from_slice(&body) else { return StatusCode::BAD_REQUEST };
    let directive =
        if v.effective_directive.is_empty() { v.violated_directive } else { v.effective_directive };
    // A URL's query may hold what no log may hold.
    let blocked = v.blocked_uri.split(['?', '#']).next().unwrap_or_default().to_owned();
    tracing::warn!(
        target: "security",
        event = "csp.report",
        directive = pagerduty::error::printable(&directive),
        blocked = pagerduty::error::printable(&blocked),
    );
    StatusCode::NO_CONTENT
}
