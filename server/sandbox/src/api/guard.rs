//! What happens to every API request before and after its own work: whose it is, how many they made, the headers.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode, header};

use super::{bearer, errors, rate};
use crate::state::{Consent, Here};

/// Whose token came along, if it is one for this region. The handler decides what a request without gets: an
/// unknown path is a 404 for anybody.
#[derive(Clone)]
pub(super) struct Caller(pub(super) Option<Arc<Consent>>);

pub(super) async fn api(State(here): State<Here>, mut request: Request, next: Next) -> Response {
    if request.method() == Method::OPTIONS {
        return preflight();
    }
    let world = &here.world;
    let switches = world.switches();
    let caller = bearer(world, request.headers())
        .filter(|consent| consent.region == here.region || switches.wrong_region_routed);
    let allowance = match &caller {
        None => rate::untouched(switches.rate_limit),
        // Per app and user for a user's token, per app and account for an app token; there is one app.
        Some(consent) => {
            let who = consent.person.as_deref().unwrap_or(consent.region.account_id());
            world.rates().count(who, switches.rate_limit, world.clock.now())
        }
    };
    let mut response = if allowance.exceeded {
        errors::too_many(switches.bare_429)
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
    response
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
