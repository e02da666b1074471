//! Connecting and disconnecting: the three server functions of the OAuth flow.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{error::AppError, permission::Permission};

pub mod callback;
pub mod disconnected;
pub mod page;

/// What the connect page tells before anyone presses the button.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// What the app will ask for, scope by scope.
    pub permissions: Vec<Permission>,
    /// About the sandbox, as the server wrote it: whom one can sign in as, and the way to an account of one's own. Empty
    /// when PagerDuty itself is asked.
    pub sandbox: String,
}

/// Tells what connecting will ask for.
#[server(name = LoadInvitation, endpoint = "invitation")]
pub async fn invitation() -> Result<Invitation, AppError> {
    crate::ssr::invitation()
}

/// Starts the flow: remembers an attempt and sends the browser to PagerDuty. It can ask for more scopes than usual,
/// beside those granted before.
#[server(endpoint = "begin_connect")]
pub async fn begin_connect(return_to: Option<String>, ask_for: Option<String>) -> Result<(), AppError> {
    crate::ssr::begin_connect(return_to, ask_for).await
}

/// Ends the flow when PagerDuty sends the browser back to `/callback`.
///
/// It has no arguments: what PagerDuty said is read from the request's own query.
#[server(endpoint = "finish_connect")]
pub async fn finish_connect() -> Result<(), AppError> {
    crate::ssr::finish_connect().await
}

/// Revokes the tokens, wipes the connection and ends its sessions.
#[server(endpoint = "disconnect")]
pub async fn disconnect() -> Result<(), AppError> {
    crate::ssr::disconnect().await
}
