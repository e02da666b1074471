//! The authorization endpoint (RFC 6749 §4.1.1, RFC 7636 §4.3).

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use url::Url;

use super::{callback, consent, login, pages, scopes};
use crate::params::Params;
use crate::state::{Here, Pending, World};
use crate::switches::{AppKind, MissingPkce, RedirectMatching};

pub(crate) async fn show(
    State(here): State<Here>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let world = &here.world;
    let params = Params::parse(query.unwrap_or_default().as_bytes());

    // Never redirect before client and redirect URL are known to be good (RFC 6749 §4.1.2.1).
    let client_known = !params.is_repeated("client_id") && params.get("client_id") == Some(&world.client_id);
    if !client_known {
        return pages::bad_request("Invalid or missing value for client_id parameter.");
    }
    let redirect_uri = params.get("redirect_uri").filter(|uri| is_registered(world, uri));
    let Some(redirect_uri) = redirect_uri.filter(|_| !params.is_repeated("redirect_uri")) else {
        return pages::bad_request("Invalid or missing value for redirect_uri parameter.");
    };

    let pending = match read(world, &params, redirect_uri) {
        Ok(pending) => pending,
        Err(Wrong { error, description }) => {
            let state = params.get("state").filter(|_| !params.is_repeated("state"));
            let location = callback::error(world, redirect_uri, state, error, description);
            return callback::redirect(StatusCode::FOUND, &location);
        }
    };
    if let Some(done) = consent::without_asking(world, &pending, &headers) {
        return done;
    }
    let id = world.ledger().open(pending);
    login::page(world, &id, login::Attempt::default())
}

struct Wrong {
    error: &'static str,
    description: &'static str,
}

fn wrong(error: &'static str, description: &'static str) -> Wrong {
    Wrong { error, description }
}

fn read(world: &World, params: &Params, redirect_uri: &str) -> Result<Pending, Wrong> {
    let switches = world.switches();
    if params.repeated().is_some() {
        return Err(wrong("invalid_request", "A parameter is repeated."));
    }
    match params.get("response_type") {
        Some("code") => {}
        None => return Err(wrong("invalid_request", "Missing parameter response_type.")),
        Some(_) => {
            return Err(wrong("unsupported_response_type", "Only the response type code is supported."));
        }
    }
    let needs_pkce =
        switches.app_kind == AppKind::Scoped && switches.missing_pkce == MissingPkce::InvalidRequest;
    let challenge = match (params.get("code_challenge"), params.get("code_challenge_method")) {
        (None, None) if !needs_pkce => None,
        (None, _) => return Err(wrong("invalid_request", "Missing parameter code_challenge.")),
        // No method means `plain` (RFC 7636 §4.3), and only S256 is allowed.
        (Some(_), method) if method != Some("S256") => {
            return Err(wrong("invalid_request", "The parameter code_challenge_method must be S256."));
        }
        (Some(challenge), _) if !is_s256_challenge(challenge) => {
            return Err(wrong("invalid_request", "The parameter code_challenge is malformed."));
        }
        (Some(challenge), _) => Some(challenge.to_owned()),
    };
    let Some(scopes) = scopes::granted(params.get("scope"), &switches) else {
        return Err(wrong("invalid_scope", "Missing parameter scope."));
    };
    Ok(Pending {
        redirect_uri: redirect_uri.to_owned(),
        state: params.get("state").map(str::to_owned),
        challenge,
        nonce: params.get("nonce").map(str::to_owned),
        scopes,
        started: world.clock.now(),
        signed_in: None,
    })
}

/// A SHA-256 in base64url is always 43 characters.
fn is_s256_challenge(challenge: &str) -> bool {
    challenge.len() == 43
        && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn is_registered(world: &World, uri: &str) -> bool {
    let registered = world.redirect_urls();
    match world.switches().redirect_matching {
        RedirectMatching::Exact => registered.iter().any(|known| known == uri),
        RedirectMatching::LoopbackAnyPort => {
            registered.iter().any(|known| known == uri || same_but_port(known, uri))
        }
    }
}

fn same_but_port(known: &str, uri: &str) -> bool {
    let (Ok(mut known), Ok(mut uri)) = (Url::parse(known), Url::parse(uri)) else { return false };
    let loopback = matches!(known.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    loopback && known.set_port(None).is_ok() && uri.set_port(None).is_ok() && known == uri
}
