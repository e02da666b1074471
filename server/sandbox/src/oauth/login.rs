//! The login page: an e-mail of somebody in the sandbox, and any password.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;

use super::{callback, pages};
use crate::params::Params;
use crate::state::{Here, World};

/// What was typed last time, and what was wrong with it.
#[derive(Default)]
pub(crate) struct Attempt {
    pub(crate) email: String,
    pub(crate) problem: Option<String>,
}

pub(crate) async fn show(State(here): State<Here>, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    let id = params.get("request").unwrap_or_default();
    if here.world.ledger().pending(id).is_none() {
        return pages::stale();
    }
    page(&here.world, id, Attempt::default())
}

pub(crate) async fn submit(State(here): State<Here>, body: Bytes) -> Response {
    let world = &here.world;
    let params = Params::parse(&body);
    let id = params.get("request").unwrap_or_default();
    let email = params.get("email").unwrap_or_default();
    let person = world.by_email(email).map(|person| person.id);
    let now = world.clock.now();

    if world.ledger().pending(id).is_none() {
        return pages::stale();
    }
    let Some(person) = person else {
        let problem = if email.trim().is_empty() {
            "Enter the e-mail of somebody who lives in this sandbox.".to_owned()
        } else {
            format!("Nobody here has the e-mail {email}. These people live in this sandbox:")
        };
        return page(world, id, Attempt { email: email.to_owned(), problem: Some(problem) });
    };
    if let Some(pending) = world.ledger().pending(id) {
        pending.signed_in = Some((person, now));
    }
    callback::redirect(StatusCode::SEE_OTHER, &format!("/oauth/authorize/consent?request={id}"))
}

pub(crate) fn page(world: &World, id: &str, attempt: Attempt) -> Response {
    pages::login(world, id, &attempt)
}
