//! The token endpoint (RFC 6749 §3.2): one grant type, one answer.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Map, Value};

use super::token_request::{self, TokenError, uncached};
use super::{grants, id_token};
use crate::params::Params;
use crate::state::{Consent, Here, World};

/// What a grant issued.
pub(crate) struct Issued {
    pub(crate) consent: Arc<Consent>,
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    pub(crate) expires_in: u64,
    /// What the answer says was granted.
    pub(crate) scope: String,
    pub(crate) with_id_token: bool,
    /// Only the code grant's answer has it in PagerDuty's examples.
    pub(crate) with_client_info: bool,
}

pub(crate) async fn exchange(
    State(here): State<Here>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let world = &here.world;
    let params = match token_request::read(world, query.as_deref(), &headers, &body) {
        Ok(params) => params,
        Err(error) => return error.into_response(),
    };
    match grant(world, &headers, &params) {
        Ok(issued) => answer(world, &issued),
        Err(error) => error.into_response(),
    }
}

/// Browsers ask first; PagerDuty's own browser-only apps call this endpoint from any origin.
pub(crate) async fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST")),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type")),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn grant(world: &World, headers: &HeaderMap, params: &Params) -> Result<Issued, TokenError> {
    token_request::authenticate(world, headers, params, false)?;
    match params.get("grant_type") {
        Some("authorization_code") => grants::code(world, params),
        Some("refresh_token") => grants::refresh(world, params),
        Some("client_credentials") => grants::app(world, params),
        Some(_) => Err(TokenError::bad("unsupported_grant_type", "This grant type is not supported.")),
        None => Err(TokenError::invalid_request("Missing parameter grant_type.")),
    }
}

/// The body of PagerDuty's documented example, bent by the switches.
fn answer(world: &World, issued: &Issued) -> Response {
    let switches = world.switches();
    let mut body = Map::new();
    if let Some(info) = switches.client_info.clone().filter(|_| issued.with_client_info) {
        body.insert("client_info".to_owned(), info.into());
    }
    if let Some(id_token) = issued.with_id_token.then(|| id_token::make(world, issued)).flatten() {
        body.insert("id_token".to_owned(), id_token.into());
    }
    body.insert("token_type".to_owned(), "bearer".into());
    body.insert("access_token".to_owned(), issued.access_token.clone().into());
    if let Some(refresh_token) = &issued.refresh_token {
        body.insert("refresh_token".to_owned(), refresh_token.clone().into());
    }
    let scope = switches.granted_scope.clone().unwrap_or_else(|| issued.scope.clone());
    body.insert("scope".to_owned(), scope.into());
    body.insert("expires_in".to_owned(), issued.expires_in.into());
    for name in &switches.omit_token_fields {
        body.remove(name);
    }
    body.extend(switches.extra_token_fields.clone());
    let mut response = Json(Value::Object(body)).into_response();
    uncached(&mut response);
    response
}
