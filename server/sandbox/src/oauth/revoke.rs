//! The revocation endpoint (RFC 7009).

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::token_request::{self, TokenError, uncached};
use crate::state::Here;

pub(crate) async fn revoke(
    State(here): State<Here>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match try_revoke(&here, query.as_deref(), &headers, &body) {
        Ok(()) => {
            // Also for a token that is unknown: the client wanted it gone, and it is (RFC 7009 §2.2).
            let mut response = StatusCode::OK.into_response();
            uncached(&mut response);
            response
        }
        Err(error) => error.into_response(),
    }
}

fn try_revoke(here: &Here, query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Result<(), TokenError> {
    let world = &here.world;
    let switches = world.switches();
    let params = token_request::read(world, query, headers, body)?;
    token_request::authenticate(world, headers, &params, !switches.revoke_needs_secret)?;
    let token = params.get("token").ok_or_else(|| TokenError::invalid_request("Missing parameter token."))?;
    world.ledger().revoke(token, switches.revoke_reach);
    Ok(())
}
