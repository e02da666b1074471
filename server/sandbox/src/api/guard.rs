//! What happens to every API request before and after its own work: whose it is, how many they made, the headers.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode, header};
use tokio::time::{Instant, sleep};

use super::{bearer, errors, rate};
use crate::state::{Consent, Here, Turn};
use crate::switches::Switches;

/// Whose token came along, if it is one for this region. The handler decides what a request without gets: an
/// unknown path is a 404 for anybody.
#[derive(Clone)]
pub(super) struct Caller(pub(super) Option<Arc<Consent>>);

/// The answer comes `latency_ms` after the request, however many are under way.
pub(super) async fn api(State(here): State<Here>, request: Request, next: Next) -> Response {
    let arrived = Instant::now();
    let switches = here.world.switches();
    let (response, turn) = answer(&here, &switches, request, next).await;
    let early = Duration::from_millis(switches.latency_ms).saturating_sub(arrived.elapsed());
    if !early.is_zero() {
        sleep(early).await;
    }
    drop(turn);
    response
}

/// With the turn that is over when the answer goes out.
async fn answer(
    here: &Here,
    switches: &Switches,
    mut request: Request,
    next: Next,
) -> (Response, Option<Turn>) {
    if request.method() == Method::OPTIONS {
        return (preflight(), None);
    }
    let world = &here.world;
    let caller = bearer(world, request.headers())
        .filter(|consent| consent.region == here.region || switches.wrong_region_routed);
    let allowance = match &caller {
        None => rate::untouched(switches),
        // Per app and user for a user's token, per app and account for an app token; there is one app.
        Some(consent) => {
            let who = consent.person.as_deref().unwrap_or(consent.region.account_id());
            world.rates().count(who, switches, world.clock.now())
        }
    };
    let mut turn = None;
    let waits = caller.as_ref().filter(|_| !switches.parallel_user_writes && makes_a_user(&request));
    if let Some(consent) = waits.filter(|_| !allowance.exceeded) {
        turn = Turn::take(world, consent.region);
    }
    let mut response = if allowance.exceeded {
        errors::too_many(switches.bare_429)
    } else if waits.is_some() && turn.is_none() {
        errors::locked()
    } else {
        request.extensions_mut().insert(Caller(caller));
        next.run(request).await
    };
    if !(allowance.exceeded && switches.bare_429) {
        rate_headers(response.headers_mut(), allowance);
    }
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    (response, turn)
}

fn makes_a_user(request: &Request) -> bool {
    request.method() == Method::POST && request.uri().path() == "/users"
}

fn rate_headers(headers: &mut HeaderMap, allowance: rate::Allowance) {
    headers.insert(HeaderName::from_static("ratelimit-limit"), allowance.limit.into());
    headers.insert(HeaderName::from_static("ratelimit-remaining"), allowance.remaining.into());
    headers.insert(HeaderName::from_static("ratelimit-reset"), allowance.reset.into());
}

/// The API answers browsers of any origin; the token is the credential, no cookie is.
fn preflight() -> Response {
    let allowed = "authorization, accept, content-type, from";
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, DELETE"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, allowed),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}
