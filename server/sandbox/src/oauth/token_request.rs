//! Reading a request to the token or revoke endpoint, and proving which client sent it.

use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq as _;

use crate::params::Params;
use crate::state::World;

/// An error of RFC 6749 §5.2.
#[derive(Debug)]
pub(crate) struct TokenError {
    status: StatusCode,
    error: &'static str,
    description: String,
    /// The client tried HTTP authentication, so the answer names the scheme.
    challenge: bool,
}

impl TokenError {
    pub(crate) fn bad(error: &'static str, description: &str) -> Self {
        let status = StatusCode::BAD_REQUEST;
        Self { status, error, description: description.to_owned(), challenge: false }
    }

    pub(crate) fn invalid_request(description: &str) -> Self {
        Self::bad("invalid_request", description)
    }

    pub(crate) fn invalid_grant(description: &str) -> Self {
        Self::bad("invalid_grant", description)
    }

    fn invalid_client(challenge: bool) -> Self {
        let description = "Client authentication failed.".to_owned();
        Self { status: StatusCode::UNAUTHORIZED, error: "invalid_client", description, challenge }
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "error_description": self.description });
        let mut response = (self.status, Json(body)).into_response();
        uncached(&mut response);
        if self.challenge {
            let basic = HeaderValue::from_static("Basic realm=\"sandbox\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
        }
        response
    }
}

/// What RFC 6749 §5.1 asks of every answer with tokens; and any origin may read it, as PagerDuty's own
/// browser-only apps do.
pub(crate) fn uncached(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
}

/// The parameters, from the form body and from nowhere else unless `lenient_bodies` is on.
pub(crate) fn read(
    world: &World,
    query: Option<&str>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Params, TokenError> {
    let lenient = world.switches().lenient_bodies;
    let mut params = match media_type(headers).as_str() {
        "application/x-www-form-urlencoded" => Params::parse(body),
        "application/json" if lenient => from_json(body)?,
        _ if lenient && body.is_empty() => Params::default(),
        _ => {
            let what = "The body must be application/x-www-form-urlencoded.";
            return Err(TokenError::invalid_request(what));
        }
    };
    let in_query = Params::parse(query.unwrap_or_default().as_bytes());
    if !in_query.is_empty() {
        if !lenient {
            let what = "Parameters belong in the body, not in the query string.";
            return Err(TokenError::invalid_request(what));
        }
        params.extend(in_query);
    }
    if let Some(name) = params.repeated() {
        return Err(TokenError::invalid_request(&format!("The parameter {name} is repeated.")));
    }
    Ok(params)
}

/// Demands the seeded client's id and, unless `secret_optional`, its secret. A secret that is sent must be right
/// in either case.
pub(crate) fn authenticate(
    world: &World,
    headers: &HeaderMap,
    params: &Params,
    secret_optional: bool,
) -> Result<(), TokenError> {
    let authorization = headers.get(header::AUTHORIZATION);
    let challenge = authorization.is_some();
    let refused = || TokenError::invalid_client(challenge);
    let (id, secret) = match authorization {
        None => {
            let id = params.get("client_id").ok_or_else(refused)?.to_owned();
            (id, params.get("client_secret").map(str::to_owned))
        }
        // One method of authentication only (RFC 6749 §2.3).
        Some(_) if params.get("client_secret").is_some() => return Err(refused()),
        Some(value) if world.switches().basic_auth => {
            basic(value).map(|(id, secret)| (id, Some(secret))).ok_or_else(refused)?
        }
        Some(_) => return Err(refused()),
    };
    let id_right = id.as_bytes().ct_eq(world.client_id.as_bytes());
    let secret_right = match &secret {
        Some(secret) => secret.as_bytes().ct_eq(world.client_secret.as_bytes()),
        None => u8::from(secret_optional).into(),
    };
    if bool::from(id_right & secret_right) { Ok(()) } else { Err(refused()) }
}

/// RFC 6749 §2.3.1: id and secret are form-encoded before they are joined.
fn basic(value: &HeaderValue) -> Option<(String, String)> {
    let encoded = value.to_str().ok()?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((decode(id), decode(secret)))
}

fn decode(part: &str) -> String {
    form_urlencoded::parse(part.as_bytes()).next().map(|(text, _)| text.into_owned()).unwrap_or_default()
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn from_json(body: &[u8]) -> Result<Params, TokenError> {
    let object: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|_| TokenError::invalid_request("The body is not a JSON object."))?;
    let mut params = Params::default();
    for (name, value) in object {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        params.push(name, text);
    }
    Ok(params)
}
