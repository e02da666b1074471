//! Identities for programs in any language, behind keys: what the library gives an axum application, over HTTP.
//!
//! | request | key scope | answer |
//! |-|-|-|
//! | `GET /v1/identities` | `identities.read` | who is connected, a page at a time |
//! | `GET /v1/identities/{user}` | `identities.token` | a fresh access token |
//! | `DELETE /v1/identities/{user}` | `identities.delete` | disconnected |
//! | `DELETE /v1/identities?account=…` | `identities.delete` | likewise, by a filter, which may not be empty |
//! | `POST /v1/links` | `connect` | a link by which a user connects |
//! | `GET /v1/openapi.json` | none | all of this, for programs |
//!
//! Only connections of other applications' users are seen here, never those of people who signed in to this app.

use app::ssr::AppState;
use axum::{
    Json, Router,
    extract::{
        FromRequestParts, Path, Query, State,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use pagerduty::{Scopes, operations::with_scope};
use pagerduty_connect::{
    ApiKey, Connect, Error, Filter, Identity, Owner, UserId, api_key::KeyScope, mount::LINKS_AT,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tower_http::catch_panic::CatchPanicLayer;
use url::Url;

mod listed;
mod refusal;

pub(crate) use listed::{listed, standing};
use refusal::Refused;

/// Read by programs, and by people who write them.
const DESCRIPTION: &str = include_str!("v1/openapi.json");
/// Of one page, unless asked for fewer.
const MOST: usize = 100;

/// Whether whoever asks for it reads JSON, whatever is wrong.
pub(crate) fn is_at(path: &str) -> bool {
    path.strip_prefix("/v1").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/identities", get(list).delete(delete_some))
        .route("/identities/{user}", get(token).delete(delete_of))
        .route("/links", post(link))
        .route("/openapi.json", get(describe))
        .fallback(unknown)
        .method_not_allowed_fallback(async || {
            Refused::new(StatusCode::METHOD_NOT_ALLOWED, "unknown-method", "see /v1/openapi.json")
        })
        .layer(CatchPanicLayer::custom(refusal::broken))
}

/// Also of the one path below `/v1` that is not nested there.
pub(crate) async fn unknown() -> Refused {
    Refused::new(StatusCode::NOT_FOUND, "unknown-path", "see /v1/openapi.json")
}

/// The key a request came with, before anything else of it is looked at.
pub(crate) struct Key(ApiKey);

impl FromRequestParts<AppState> for Key {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refused> {
        let mut sent = parts.headers.get_all(header::AUTHORIZATION).iter();
        let value = match (sent.next(), sent.next()) {
            (Some(value), None) => value.to_str().ok(),
            _ => None,
        };
        let secret = value.and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(Refused::no_key)?;
        Ok(Self(state.connect.api_key(secret).await?.map_err(Refused::key)?))
    }
}

impl Key {
    fn needs(&self, scope: KeyScope) -> Result<(), Refused> {
        if self.0.allows(scope) { Ok(()) } else { Err(Refused::scope(&self.0, scope)) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    user: Option<String>,
    account: Option<String>,
    state: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

impl Asked {
    /// None but those of other applications' users. What is not understood is told, or a filter would mean more than
    /// whoever wrote it thinks.
    fn filter(&self) -> Result<Filter, Refused> {
        let mut filter = match &self.user {
            Some(user) => Filter::of(&owner(user)?),
            None => Filter::all(),
        };
        if let Some(account) = &self.account {
            filter = filter.in_account(account);
        }
        match self.state.as_deref() {
            None => Ok(filter),
            Some("connected") => Ok(filter.broken(false)),
            Some("needs-reconnect") => Ok(filter.broken(true)),
            Some(_) => Err(Refused::bad("“state” is “connected” or “needs-reconnect”")),
        }
    }
}

type QueryOf<T> = Result<Query<T>, QueryRejection>;
type User = Result<Path<String>, PathRejection>;

async fn list(
    State(state): State<AppState>,
    key: Key,
    asked: QueryOf<Asked>,
) -> Result<Json<Value>, Refused> {
    key.needs(KeyScope::Read)?;
    let Query(asked) = asked.map_err(|e| Refused::bad(e.body_text()))?;
    let filter = asked.filter()?.of_hosts(true);
    let limit = asked.limit.unwrap_or(MOST);
    if !(1..=MOST).contains(&limit) {
        return Err(Refused::bad("“limit” is a number from 1 to 100"));
    }
    let after = match &asked.after {
        Some(id) => {
            Some(UserId::parse(id).ok_or_else(|| Refused::bad("“after” is the “next” of another answer"))?)
        }
        None => None,
    };
    let page = state.connect.identities(&filter, after.as_ref(), limit).await?;
    let identities: Vec<Value> = page.found.iter().map(listed).collect();
    Ok(Json(json!({ "identities": identities, "next": page.next.map(|user| user.to_string()) })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhichToken {
    id: Option<String>,
    refused: Option<i64>,
}

async fn token(
    State(state): State<AppState>,
    key: Key,
    user: User,
    which: QueryOf<WhichToken>,
) -> Result<Json<Value>, Refused> {
    key.needs(KeyScope::Token)?;
    let Path(user) = user.map_err(|e| Refused::bad(e.body_text()))?;
    let Query(which) = which.map_err(|e| Refused::bad(e.body_text()))?;
    let connect = &state.connect;
    let user = one(connect, &owner(&user)?, which.id.as_deref()).await?.ok_or_else(Refused::nobody)?;
    let identity = match which.refused {
        Some(issued_at) => connect.identity_after(&user, issued_at).await?,
        None => connect.identity(&user).await?,
    };
    // First it is written down that it was.
    connect.note_reveal(&identity, &format!("key {}", key.0.id)).await?;
    tracing::info!(target: "security", event = "token.handed-out", user = %identity.user, key = key.0.id);
    Ok(Json(credential(connect, &identity)))
}

/// The shape that EveryAuth's users know, and what else helps.
fn credential(connect: &Connect, identity: &Identity) -> Value {
    let token = identity.access_token.expose();
    json!({
        "accessToken": token,
        "native": {
            "access_token": token,
            "token_type": "bearer",
            "scope": identity.scopes.to_string(),
            "timestamp": identity.issued_at,
            "expires_at": identity.expires_at,
        },
        "id": identity.user.as_str(),
        "user": identity.user.owner(),
        "account": { "id": identity.user.account_id(), "region": identity.region.code() },
        "api_url": connect.client().endpoints().api(identity.region).origin().ascii_serialization(),
    })
}

async fn delete_of(
    State(state): State<AppState>,
    key: Key,
    user: User,
    which: QueryOf<Which>,
) -> Result<Json<Value>, Refused> {
    key.needs(KeyScope::Delete)?;
    let Path(user) = user.map_err(|e| Refused::bad(e.body_text()))?;
    let Query(which) = which.map_err(|e| Refused::bad(e.body_text()))?;
    let mut filter = Filter::of(&owner(&user)?);
    if let Some(id) = &which.id {
        filter = filter.only(&connection(id)?);
    }
    delete(&state.connect, &filter).await
}

async fn delete_some(
    State(state): State<AppState>,
    key: Key,
    asked: QueryOf<Asked>,
) -> Result<Json<Value>, Refused> {
    key.needs(KeyScope::Delete)?;
    let Query(asked) = asked.map_err(|e| Refused::bad(e.body_text()))?;
    let filter = asked.filter()?;
    if filter.is_empty() {
        return Err(Error::EmptyFilter.into());
    }
    if asked.limit.is_some() || asked.after.is_some() {
        return Err(Refused::bad("“limit” and “after” are for lists: all that the filter means are deleted"));
    }
    delete(&state.connect, &filter.of_hosts(true)).await
}

async fn delete(connect: &Connect, filter: &Filter) -> Result<Json<Value>, Refused> {
    let done = connect.delete_identities(filter).await?;
    Ok(Json(json!({ "deleted": done.deleted, "not_revoked": done.not_revoked })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewLink {
    user: String,
    return_to: String,
    #[serde(default)]
    scope: String,
}

async fn link(
    State(state): State<AppState>,
    key: Key,
    body: Result<Json<NewLink>, JsonRejection>,
) -> Result<Response, Refused> {
    key.needs(KeyScope::Connect)?;
    let Json(new) = body.map_err(|e| Refused::bad(e.body_text()))?;
    let owner = owner(&new.user)?;
    let return_to = Url::parse(&new.return_to).map_err(|_| Refused::bad("“return_to” is not an address"))?;
    if !key.0.may_return_to(&return_to) {
        let why = "this key's links may not lead back there; the operator says where to by `pdconnect keys create --return-to`";
        return Err(Refused::new(StatusCode::FORBIDDEN, "return-to-not-allowed", why));
    }
    let connect = &state.connect;
    let scopes = known(connect, &new.scope)?;
    let made = connect.make_link(&key.0, &owner, &scopes, &return_to).await?;
    let url = format!("{}{LINKS_AT}?link={}", connect.origin(), *made.value);
    Ok((StatusCode::CREATED, Json(json!({ "url": url, "expires_at": made.expires_at }))).into_response())
}

async fn describe() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION)
}

/// What PagerDuty does not know, it would drop in silence.
fn known(connect: &Connect, scopes: &str) -> Result<Scopes, Refused> {
    let scopes = Scopes::parse(scopes);
    let is_known = |scope: &str| connect.scopes().allows(scope) || with_scope(scope).next().is_some();
    let unknown: Vec<&str> = scopes.iter().filter(|scope| !is_known(scope)).collect();
    if unknown.is_empty() {
        return Ok(scopes);
    }
    let why = format!("PagerDuty documents no such scope: {}", unknown.join(" "));
    Err(Refused::new(StatusCode::BAD_REQUEST, "unknown-scope", why))
}

fn owner(user: &str) -> Result<Owner, Refused> {
    Owner::parse(user)
        .ok_or_else(|| Refused::bad("“user” is 1 to 200 letters, digits and signs of ASCII, without spaces"))
}

fn connection(id: &str) -> Result<UserId, Refused> {
    UserId::parse(id).ok_or_else(|| Refused::bad("“id” is the “id” of a list"))
}

/// The user's connection of that id; without one, the one made last.
async fn one(connect: &Connect, owner: &Owner, id: Option<&str>) -> Result<Option<UserId>, Refused> {
    match id {
        Some(id) => Ok(Some(connection(id)?).filter(|user| user.owner() == Some(owner.as_str()))),
        None => Ok(connect.connection_of(owner).await?),
    }
}
