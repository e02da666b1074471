//! The connection put to use: the API behind a session, pages of what it holds, tokens for scripts.

mod api;
mod incidents;
mod pages;
mod scopes;
mod token;

use crate::harness::{App, Setup};

const EVERYTHING: &str =
    "openid users.read services.read teams.read incidents.read incidents.write oncalls.read";

async fn app_that_may() -> App {
    App::start_with(Setup { scopes: Some(EVERYTHING), ..Setup::default() }).await
}
