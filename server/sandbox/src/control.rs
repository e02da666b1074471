//! The control plane: what tests and people turn, under `/_sandbox/`, and the page that explains it at `/`.

mod assets;
mod index;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::faults::Fault;
use crate::sandbox::rotate_keys;
use crate::state::Here;
use crate::switches::Switches;

pub(crate) fn routes(here: &Here) -> Router {
    Router::new()
        .route("/", get(index::show))
        .route("/_sandbox/pages.css", get(assets::stylesheet))
        .route("/_sandbox/icon.svg", get(assets::icon))
        .route("/_sandbox/credentials", get(credentials))
        .route("/_sandbox/addresses", get(addresses))
        .route("/_sandbox/requests", get(requests))
        .route("/_sandbox/tokens", get(tokens))
        .route("/_sandbox/alerts", get(alerts))
        .route("/_sandbox/reset", post(reset))
        .route("/_sandbox/expire", post(expire))
        .route("/_sandbox/revoke", post(revoke))
        .route("/_sandbox/clock", get(clock).post(set_clock))
        .route("/_sandbox/redirect-urls", get(redirect_urls).post(add_redirect_url))
        .route("/_sandbox/keys/rotate", post(rotate))
        .route("/_sandbox/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/_sandbox/switches", get(switches).patch(patch_switches).put(put_switches))
        .with_state(here.clone())
}

/// The shape of the file PagerDuty offers for download when an app is registered.
async fn credentials(State(here): State<Here>) -> Response {
    uncached(json!({ "client_id": here.world.client_id, "client_secret": here.world.client_secret }))
}

async fn addresses(State(here): State<Here>) -> Response {
    let addresses = &here.world.addresses;
    uncached(json!({
        "identity_url": addresses.main,
        "api_url": addresses.main,
        "eu_api_url": addresses.eu,
        "issuer": here.world.issuer(),
    }))
}

async fn requests(State(here): State<Here>) -> Response {
    let requests = here.world.recorder().all();
    uncached(json!({ "requests": requests }))
}

async fn tokens(State(here): State<Here>) -> Response {
    uncached(json!({ "tokens": here.world.token_statuses() }))
}

async fn alerts(State(here): State<Here>) -> Response {
    uncached(json!({ "routing_key": here.world.routing_key, "alerts": here.world.pager().alerts() }))
}

async fn reset(State(here): State<Here>) -> StatusCode {
    here.world.reset();
    StatusCode::NO_CONTENT
}

async fn expire(State(here): State<Here>) -> StatusCode {
    let now = here.world.clock.now();
    here.world.ledger().expire_access_tokens(now);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whom {
    email: String,
}

async fn revoke(State(here): State<Here>, body: Bytes) -> Response {
    match parse::<Whom>(&body) {
        Ok(whom) if here.world.revoke_all_of(&whom.email) => StatusCode::NO_CONTENT.into_response(),
        Ok(whom) => refused(&format!("nobody here is {:?}", whom.email)),
        Err(refusal) => refusal,
    }
}

/// Either the whole offset or a step ahead of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    offset_seconds: Option<i64>,
    advance_seconds: Option<i64>,
}

async fn clock(State(here): State<Here>) -> Response {
    let clock = &here.world.clock;
    uncached(json!({ "now": clock.now(), "offset_seconds": clock.offset_seconds() }))
}

async fn set_clock(State(here): State<Here>, body: Bytes) -> Response {
    let change: ClockChange = match parse(&body) {
        Ok(change) => change,
        Err(refusal) => return refusal,
    };
    let clock_now = &here.world.clock;
    if change.offset_seconds.is_none() && change.advance_seconds.is_none() {
        return refused("say offset_seconds or advance_seconds");
    }
    let offset = change.offset_seconds.unwrap_or_else(|| clock_now.offset_seconds());
    clock_now.set_offset_seconds(offset.saturating_add(change.advance_seconds.unwrap_or(0)));
    clock(State(here)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRedirectUrl {
    url: String,
}

async fn redirect_urls(State(here): State<Here>) -> Response {
    uncached(json!({ "redirect_urls": here.world.redirect_urls().clone() }))
}

async fn add_redirect_url(State(here): State<Here>, body: Bytes) -> Response {
    let new: NewRedirectUrl = match parse(&body) {
        Ok(new) => new,
        Err(refusal) => return refusal,
    };
    here.world.redirect_urls().push(new.url);
    redirect_urls(State(here)).await
}

async fn rotate(State(here): State<Here>) -> Response {
    let world = here.world.clone();
    // Making a key takes a good part of a second.
    let _ = tokio::task::spawn_blocking(move || rotate_keys(&world)).await;
    let kid = here.world.keys().current().kid.clone();
    uncached(json!({ "kid": kid }))
}

async fn faults(State(here): State<Here>) -> Response {
    let faults = here.world.faults().clone();
    uncached(json!({ "faults": faults }))
}

async fn add_fault(State(here): State<Here>, body: Bytes) -> Response {
    let fault: Fault = match parse(&body) {
        Ok(fault) => fault,
        Err(refusal) => return refusal,
    };
    if let Some(why) = fault.wrong() {
        return refused(&why);
    }
    here.world.faults().push(fault.clone());
    (StatusCode::CREATED, uncached(json!(fault))).into_response()
}

async fn clear_faults(State(here): State<Here>) -> StatusCode {
    here.world.faults().clear();
    StatusCode::NO_CONTENT
}

async fn switches(State(here): State<Here>) -> Response {
    uncached(json!(*here.world.switches()))
}

/// Changes the switches named, leaves the others.
async fn patch_switches(State(here): State<Here>, body: Bytes) -> Response {
    let changes: Value = match parse(&body) {
        Ok(changes) => changes,
        Err(refusal) => return refusal,
    };
    let Value::Object(changes) = changes else { return refused("the switches are a JSON object") };
    let mut merged = json!(*here.world.switches());
    if let Value::Object(merged) = &mut merged {
        merged.extend(changes);
    }
    set(here, merged).await
}

/// Sets the switches named, and all others to their defaults.
async fn put_switches(State(here): State<Here>, body: Bytes) -> Response {
    match parse(&body) {
        Ok(wanted) => set(here, wanted).await,
        Err(refusal) => refusal,
    }
}

async fn set(here: Here, wanted: Value) -> Response {
    let wanted: Switches = match serde_json::from_value(wanted) {
        Ok(wanted) => wanted,
        Err(error) => return refused(&error.to_string()),
    };
    here.world.change_switches(|switches| *switches = wanted);
    switches(State(here)).await
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Response> {
    serde_json::from_slice(body).map_err(|error| refused(&error.to_string()))
}

fn refused(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": why }))).into_response()
}

fn uncached(body: Value) -> Response {
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(body)).into_response()
}
