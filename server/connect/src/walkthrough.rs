//! "How this worked": the requests that made a connection, written down as they
//! happen, with every parameter explained and every secret left out.

use std::time::Duration;

use pagerduty::{Endpoints, Grant, Identity, Region, User};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::Registration;

mod words;

/// One request, or one check, of the flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What happened, in a few words.
    pub title: String,
    /// What it is for.
    pub purpose: String,
    /// Who spoke to whom.
    pub between: String,
    /// Whether the browser had no part in it (the back channel).
    pub back_channel: bool,
    /// HTTP method; empty for a check made here.
    pub method: String,
    /// Address without query or body.
    pub address: String,
    /// What was sent, in order.
    pub parameters: Vec<Parameter>,
    /// What came back.
    pub answer: Vec<Parameter>,
    /// HTTP status, where this server saw it.
    pub status: Option<u16>,
    /// Milliseconds, where this server waited.
    pub took_ms: Option<u32>,
    /// The clause that defines it.
    pub source: String,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// As it is spelt on the wire.
    pub name: String,
    /// Its value, or what stands in for it.
    pub value: String,
    /// Whether something stands in for it.
    pub masked: bool,
    /// What it does, in a line.
    pub meaning: String,
}

impl Step {
    fn new(title: &str, purpose: &str, between: &str, source: &str) -> Self {
        Self {
            title: title.into(),
            purpose: purpose.into(),
            between: between.into(),
            back_channel: between == BACK_CHANNEL,
            source: source.into(),
            method: String::new(),
            address: String::new(),
            parameters: Vec::new(),
            answer: Vec::new(),
            status: None,
            took_ms: None,
        }
    }

    fn request(mut self, method: &str, address: impl Into<String>) -> Self {
        self.method = method.into();
        self.address = address.into();
        self
    }

    fn answered(mut self, status: u16, took: Duration) -> Self {
        self.status = Some(status);
        self.took_ms = u32::try_from(took.as_millis()).ok();
        self
    }
}

const BACK_CHANNEL: &str = "This server → PagerDuty";
/// The path of the redirect URL.
const CALLBACK: &str = "/callback";

fn shown(name: &str, value: &str) -> Parameter {
    Parameter { name: name.into(), value: value.into(), masked: false, meaning: words::meaning(name).into() }
}

fn masked(name: &str, instead: &str) -> Parameter {
    Parameter { name: name.into(), value: instead.into(), masked: true, meaning: words::meaning(name).into() }
}

/// A secret's length and nothing else of it.
fn length_of(secret: &str) -> String {
    format!("{} characters, not shown", secret.len())
}

pub(crate) fn authorize(url: &Url) -> Step {
    let mut step = Step::new(
        "This app sent your browser to PagerDuty",
        "You sign in at PagerDuty itself, so this app never sees your password. The address says who is \
         asking, for what, and where to come back to.",
        "Your browser → PagerDuty",
        "RFC 6749 §4.1.1 · RFC 7636 §4.3",
    )
    .request("GET", origin_and_path(url));
    step.parameters = url
        .query_pairs()
        .map(|(name, value)| match &*name {
            "state" | "nonce" => masked(&name, &length_of(&value)),
            _ => shown(&name, &value),
        })
        .collect();
    step
}

pub(crate) fn callback(query: &str) -> Step {
    let mut step = Step::new(
        "PagerDuty sent your browser back",
        "You signed in and agreed. Your browser carried a short-lived code back; alone it is worth nothing, \
         because redeeming it takes two secrets that never left this server.",
        "Your browser → this app",
        "RFC 6749 §4.1.2 · RFC 9207 §2",
    )
    .request("GET", CALLBACK);
    step.parameters = form_urlencoded::parse(query.as_bytes())
        .filter_map(|(name, value)| match &*name {
            "code" | "state" => Some(masked(&name, &length_of(&value))),
            "iss" => Some(shown(&name, &value)),
            _ => None,
        })
        .collect();
    step
}

/// The callback is answered last, when everything else is done: with a redirect.
pub(crate) fn callback_answered(steps: &mut [Step], took: Duration) {
    if let Some(step) = steps.iter_mut().find(|step| step.address == CALLBACK) {
        *step = step.clone().answered(303, took);
    }
}

pub(crate) fn exchange(registration: &Registration, grant: &Grant) -> Step {
    let mut step = Step::new(
        "This server redeemed the code",
        "Server to server, in a form body and never in an address: the code, the app's own secret, and the \
         PKCE verifier whose hash went out in the first step. PagerDuty compares them and answers with tokens.",
        BACK_CHANNEL,
        "RFC 6749 §4.1.3 · RFC 7636 §4.5",
    )
    .request("POST", format!("{}oauth/token", registration.endpoints.identity()))
    .answered(200, grant.took);
    step.parameters = vec![
        shown("grant_type", "authorization_code"),
        masked("code", "not shown; it worked once"),
        shown("redirect_uri", &registration.redirect_uri),
        masked("code_verifier", "43 characters, not shown"),
        shown("client_id", &registration.client_id),
        masked("client_secret", "not shown"),
    ];
    step.answer = vec![
        masked("access_token", &length_of(grant.access.expose())),
        shown("token_type", "bearer"),
        shown("expires_in", &grant.expires_in.as_secs().to_string()),
    ];
    if let Some(refresh) = &grant.refresh {
        step.answer.push(masked("refresh_token", &length_of(refresh.expose())));
    }
    step.answer.push(shown("scope", &grant.scopes.to_string()));
    if grant.id_token.is_some() {
        step.answer.push(masked("id_token", "checked in the next step"));
    }
    step
}

pub(crate) fn id_token(endpoints: &Endpoints, identity: &Identity, took: Duration) -> Step {
    let mut step = Step::new(
        "This server checked who signed in",
        "The ID token is PagerDuty's signed statement. Its signature was checked with PagerDuty's published \
         keys, then its issuer, audience and times. Your region comes from here, never from guesswork.",
        BACK_CHANNEL,
        "OpenID Connect Core §3.1.3.7",
    )
    .request("GET", format!("{}global/oauth/anonymous/jwks", endpoints.identity()))
    // The keys may have been there from an earlier sign-in.
    .answered(200, took);
    step.answer = vec![
        shown("user_id", &identity.user_id),
        shown("account_id", &identity.account_id),
        shown("subdomain", &identity.subdomain),
        shown("aud", endpoints.api(identity.region).as_str()),
    ];
    step
}

pub(crate) fn me(endpoints: &Endpoints, region: Region, user: &User, took: Duration) -> Step {
    let mut step = Step::new(
        "This server asked PagerDuty who you are",
        "The first call with the new access token. It goes in a header, to the API host of your own region; \
         the other region would answer 401.",
        BACK_CHANNEL,
        "RFC 6750 §2.1 · PagerDuty REST API v2",
    )
    .request("GET", format!("{}users/me", endpoints.api(region)))
    .answered(200, took);
    step.parameters = vec![
        shown("Accept", "application/vnd.pagerduty+json;version=2"),
        masked("Authorization", "Bearer, token not shown"),
    ];
    step.answer =
        vec![shown("user.id", &user.id), shown("user.name", &user.name), shown("user.role", &user.role)];
    step
}

fn origin_and_path(url: &Url) -> String {
    let mut bare = url.clone();
    bare.set_query(None);
    bare.into()
}
