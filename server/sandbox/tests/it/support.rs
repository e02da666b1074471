//! A browser and a client in a few functions, sharing nothing with the sandbox but HTTP.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pagerduty_sandbox::Sandbox;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use url::Url;

pub const REDIRECT: &str = "http://localhost:5000/callback";
pub const VERIFIER: &str = "a-verifier-of-sixty-four-characters-that-is-long-enough-to-be-ok";
pub const BETHANY: &str = "bethany@acme.example";
pub const ELIF: &str = "elif@acme-eu.example";

pub struct Driver {
    pub sandbox: Sandbox,
    pub http: Client,
}

/// The parameters of a callback, in order.
pub type Callback = Vec<(String, String)>;

impl Driver {
    pub async fn start() -> Self {
        Self::around(Sandbox::start().await.unwrap())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "these tests share no code with the client, its HTTP client included"
    )]
    pub fn around(sandbox: Sandbox) -> Self {
        let http = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { sandbox, http }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.identity_url())
    }

    /// What a good client asks; `None` leaves a parameter out, anything else replaces or adds it.
    pub fn authorize_url(&self, changes: &[(&str, Option<&str>)]) -> Url {
        let mut params = vec![
            ("client_id", self.sandbox.client_id().to_owned()),
            ("redirect_uri", REDIRECT.to_owned()),
            ("response_type", "code".to_owned()),
            ("scope", "openid users.read services.read".to_owned()),
            ("state", "the-state".to_owned()),
            ("code_challenge", challenge(VERIFIER)),
            ("code_challenge_method", "S256".to_owned()),
        ];
        for (name, value) in changes {
            params.retain(|(known, _)| known != name);
            if let Some(value) = value {
                params.push((name, (*value).to_owned()));
            }
        }
        Url::parse_with_params(&self.url("/oauth/authorize"), params).unwrap()
    }

    pub async fn get(&self, url: impl AsRef<str>) -> Response {
        self.http.get(url.as_ref()).send().await.unwrap()
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.http.post(self.url(path)).form(form).send().await.unwrap()
    }

    /// Opens the login page and gives the id its form carries.
    pub async fn open(&self, url: Url) -> String {
        let response = self.get(url).await;
        assert_eq!(response.status(), StatusCode::OK);
        hidden_request(&response.text().await.unwrap())
    }

    /// Signs in, looks at the consent page, decides; gives the page and the redirect's parameters.
    pub async fn decide(&self, url: Url, email: &str, decision: &str) -> (String, Callback) {
        let id = self.open(url).await;
        let form = [("request", id.as_str()), ("email", email), ("password", "anything")];
        let signed_in = self.post("/oauth/authorize/login", &form).await;
        assert_eq!(signed_in.status(), StatusCode::SEE_OTHER);
        let page = self.get(self.url(&location(&signed_in))).await.text().await.unwrap();
        let form = [("request", id.as_str()), ("decision", decision)];
        let decided = self.post("/oauth/authorize/consent", &form).await;
        assert_eq!(decided.status(), StatusCode::SEE_OTHER);
        (page, callback(&location(&decided)))
    }

    pub async fn code(&self, url: Url, email: &str) -> String {
        let (_, callback) = self.decide(url, email, "consent").await;
        value(&callback, "code").expect("a code")
    }

    pub fn exchange_form<'a>(&'a self, code: &'a str) -> Vec<(&'static str, &'a str)> {
        vec![
            ("grant_type", "authorization_code"),
            ("client_id", self.sandbox.client_id()),
            ("client_secret", self.sandbox.client_secret()),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ]
    }

    pub async fn exchange(&self, code: &str) -> (StatusCode, Value) {
        self.token(&self.exchange_form(code)).await
    }

    pub async fn refresh(&self, refresh_token: &str) -> (StatusCode, Value) {
        self.token(&[
            ("grant_type", "refresh_token"),
            ("client_id", self.sandbox.client_id()),
            ("client_secret", self.sandbox.client_secret()),
            ("refresh_token", refresh_token),
        ])
        .await
    }

    pub async fn token(&self, form: &[(&str, &str)]) -> (StatusCode, Value) {
        let response = self.post("/oauth/token", form).await;
        assert_eq!(response.headers()["cache-control"], "no-store");
        (response.status(), response.json().await.unwrap())
    }

    /// The whole way to tokens.
    pub async fn connect(&self, email: &str) -> Value {
        self.connect_with(&[], email).await
    }

    pub async fn connect_with(&self, changes: &[(&str, Option<&str>)], email: &str) -> Value {
        let code = self.code(self.authorize_url(changes), email).await;
        let (status, tokens) = self.exchange(&code).await;
        assert_eq!(status, StatusCode::OK, "{tokens}");
        tokens
    }

    pub async fn me(&self, base: &str, access_token: &str) -> Response {
        self.http
            .get(format!("{base}/users/me"))
            .bearer_auth(access_token)
            .header("accept", "application/vnd.pagerduty+json;version=2")
            .send()
            .await
            .unwrap()
    }
}

pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

pub fn location(response: &Response) -> String {
    response.headers()["location"].to_str().unwrap().to_owned()
}

/// The parameters of a redirect, which must be to the registered URL.
pub fn callback(location: &str) -> Callback {
    let url = Url::parse(location).unwrap();
    assert_eq!(url.as_str().split('?').next(), Some(REDIRECT));
    url.query_pairs().into_owned().collect()
}

pub fn value(callback: &Callback, name: &str) -> Option<String> {
    callback.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
}

pub fn names(callback: &Callback) -> Vec<&str> {
    callback.iter().map(|(name, _)| name.as_str()).collect()
}

pub fn text<'a>(body: &'a Value, field: &str) -> &'a str {
    body[field].as_str().unwrap_or_else(|| panic!("{field} in {body}"))
}

/// Header and claims of a JWT, unverified.
pub fn jwt(token: &str) -> (Value, HashMap<String, Value>) {
    let part = |index| {
        let encoded = token.split('.').nth(index).unwrap();
        URL_SAFE_NO_PAD.decode(encoded).unwrap()
    };
    (serde_json::from_slice(&part(0)).unwrap(), serde_json::from_slice(&part(1)).unwrap())
}

fn hidden_request(page: &str) -> String {
    let (_, after) = page.split_once(r#"name="request" value=""#).expect("a form with a request id");
    after.split_once('"').unwrap().0.to_owned()
}
