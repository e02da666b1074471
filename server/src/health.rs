//! For whoever looks after the program: is it up, and can it work?

use app::ssr::AppState;
use axum::{extract::State, http::StatusCode};

/// The process answers.
pub(crate) async fn alive() -> &'static str {
    "ok"
}

/// The database answers, its schema is this program's, and its keys are here. A
/// balancer sends nobody to a replica that says no.
pub(crate) async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    match state.connect.vault().check().await {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(why) => {
            tracing::warn!(event = "not-ready", cause = %why);
            (StatusCode::SERVICE_UNAVAILABLE, "the vault does not answer")
        }
    }
}
