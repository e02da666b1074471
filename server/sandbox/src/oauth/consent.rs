//! The consent page, and what follows from the person's decision.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use super::{callback, pages};
use crate::clock::later;
use crate::params::Params;
use crate::random;
use crate::state::{Code, Consent, Here, Pending, World};
use crate::switches::Installed;

/// Names the browser while `remember_consent` is on.
const COOKIE: &str = "pagerduty_sandbox";

pub(crate) async fn show(State(here): State<Here>, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    let id = params.get("request").unwrap_or_default();
    let pending = here.world.ledger().pending(id).map(|pending| pending.clone());
    let Some(pending) = pending else { return pages::stale() };
    let person = pending.signed_in.as_ref().and_then(|(person, _)| here.world.person(person));
    let Some(person) = person else {
        return callback::redirect(StatusCode::SEE_OTHER, &format!("/oauth/authorize/login?request={id}"));
    };
    if let Some(refused) = not_installed(&here.world, &pending) {
        here.world.ledger().close(id);
        return refused;
    }
    pages::consent(&here.world, id, &pending, &person)
}

/// The account is known only now that somebody has signed in; what PagerDuty answers then is not documented.
fn not_installed(world: &World, pending: &Pending) -> Option<Response> {
    let error = match world.switches().installed {
        Installed::Yes => return None,
        Installed::Page => return Some(pages::not_installed(world)),
        Installed::UnauthorizedClient => "unauthorized_client",
        Installed::AccessDenied => "access_denied",
    };
    let location =
        callback::error(world, &pending.redirect_uri, pending.state.as_deref(), error, pages::NOT_INSTALLED);
    Some(callback::redirect(StatusCode::SEE_OTHER, &location))
}

pub(crate) async fn decide(State(here): State<Here>, body: Bytes) -> Response {
    let world = &here.world;
    let params = Params::parse(&body);
    let agreed = match params.get("decision") {
        Some("consent") => true,
        Some("cancel") => false,
        _ => return pages::bad_request("Choose Submit Consent or Cancel."),
    };
    let pending = world.ledger().close(params.get("request").unwrap_or_default());
    let Some(pending) = pending else { return pages::stale() };
    let Some((person, auth_time)) = pending.signed_in.clone().filter(|_| agreed) else {
        return callback::redirect(StatusCode::SEE_OTHER, &callback::denied(world, &pending));
    };
    if let Some(refused) = not_installed(world, &pending) {
        return refused;
    }
    let location = approve(world, &pending, &person, auth_time);
    let mut response = callback::redirect(StatusCode::SEE_OTHER, &location);
    if world.switches().remember_consent {
        let browser = random::opaque();
        let cookie = format!("{COOKIE}={browser}; Path=/; HttpOnly; SameSite=Lax");
        world.remembered().insert(browser, person);
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

/// Skips both pages when a switch says so.
pub(crate) fn without_asking(world: &World, pending: &Pending, headers: &HeaderMap) -> Option<Response> {
    let switches = world.switches();
    let person = match &switches.consent_as {
        Some(email) => world.by_email(email)?.id,
        None if switches.remember_consent => world.remembered().get(&cookie(headers)?)?.clone(),
        None => return None,
    };
    if let Some(refused) = not_installed(world, pending) {
        return Some(refused);
    }
    let location = approve(world, pending, &person, world.clock.now());
    Some(callback::redirect(StatusCode::FOUND, &location))
}

fn approve(world: &World, pending: &Pending, person: &str, auth_time: Timestamp) -> String {
    let now = world.clock.now();
    let region = world.company.by_id(person).map(|person| person.region).unwrap_or(crate::Region::Us);
    let consent = Consent {
        person: Some(person.to_owned()),
        region,
        scopes: pending.scopes.clone(),
        nonce: pending.nonce.clone(),
        delegation_id: random::uuid(),
        sid: random::opaque().chars().take(16).collect(),
        auth_time,
        began: now,
    };
    let code = world.ledger().issue_code(Code {
        consent: Arc::new(consent),
        redirect_uri: pending.redirect_uri.clone(),
        challenge: pending.challenge.clone(),
        expires: later(now, world.switches().code_seconds),
        used: false,
    });
    callback::success(world, pending, &code)
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value.to_owned())
}
