//! What a link opens: a page that says whose connection it will be, and the way there and back.

use std::sync::Arc;

use axum::{
    Form, Router,
    extract::{Path, Query, State},
    middleware,
    response::Response,
    routing::get,
};
use http::HeaderMap;
use serde::Deserialize;
use url::Url;

use super::{guard, page, see_other};
use crate::{Connect, link::LinkEnd};

/// Where the routes of [`link_routes`] are to be nested.
pub const LINKS_AT: &str = "/link";

/// What the application is told when somebody has connected.
const CONNECTED: &str = "connected";

/// Routes for links made by [`Connect::make_link`], to be nested at [`LINKS_AT`]. PagerDuty sends people back to the
/// host's own callback, which calls [`Connect::finish`]: that of [`Connect::router`] takes only those who began there.
pub fn link_routes<S: Clone + Send + Sync + 'static>(connect: &Connect) -> Router<S> {
    Router::new()
        .route("/", get(ask).post(begin))
        .route("/back/{name}", get(back))
        .layer(middleware::from_fn_with_state(Arc::from(connect.origin()), guard))
        .with_state(connect.clone())
}

#[derive(Deserialize)]
struct Carried {
    #[serde(default)]
    link: String,
}

async fn ask(State(connect): State<Connect>, Query(carried): Query<Carried>) -> Response {
    match connect.read_link(&carried.link).await {
        Ok(linked) => page::linked(&connect, &linked, &carried.link),
        Err(error) => page::dead_end(&connect, &error),
    }
}

async fn begin(State(connect): State<Connect>, headers: HeaderMap, Form(carried): Form<Carried>) -> Response {
    match connect.begin_link(&carried.link, &format!("{LINKS_AT}/back"), &headers).await {
        Ok(begun) => see_other(begun.authorize_url.as_str(), &begun.cookies),
        Err(error) => page::dead_end(&connect, &error),
    }
}

#[derive(Deserialize)]
struct Told {
    error: Option<String>,
}

/// A page of its own, not a redirect: PagerDuty's consent page may forbid that its form ends on a site it does not know.
async fn back(
    State(connect): State<Connect>,
    Path(name): Path<String>,
    Query(told): Query<Told>,
) -> Response {
    match connect.end_of_link(&name).await {
        Ok(LinkEnd { return_to: mut to, is_connected }) => {
            let why = told.error.as_deref().filter(|code| is_code(code)).unwrap_or("failed");
            to.query_pairs_mut().append_pair("pagerduty", if is_connected { CONNECTED } else { why });
            page::back(&connect, &to, is_connected)
        }
        Err(error) => page::dead_end(&connect, &error),
    }
}

/// Written as one of [`crate::Error::code`]'s words.
fn is_code(code: &str) -> bool {
    code != CONNECTED && code.len() <= 40 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

/// How an application is called by its address.
pub(super) fn host(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    }
}
