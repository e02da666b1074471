//! A sandbox, and a person's token for it.

use std::time::Duration;

use pagerduty::{
    AccessToken, Api, Client, ClientSecret, Code, Endpoints, OAuth, Region, Retry, Scopes, Verifier,
    http::Http,
};
use pagerduty_sandbox::{Options, Recorded, Sandbox};
use url::Url;

pub const BETHANY: &str = "bethany@acme.example";
pub const GRACE: &str = "grace@acme.example";
pub const TOMAS: &str = "tomas@acme.example";
pub const ELIF: &str = "elif@acme-eu.example";
pub const US: Region = Region::UnitedStates;

const REDIRECT: &str = "http://localhost:5000/callback";

pub struct There {
    pub sandbox: Sandbox,
    pub client: Client,
    pub token: AccessToken,
}

impl There {
    /// With every scope the app has.
    pub async fn of(email: &str) -> Self {
        Self::with(Options::default(), email, None).await
    }

    pub async fn with_scope(email: &str, scope: &str) -> Self {
        Self::with(Options::default(), email, Some(scope)).await
    }

    pub async fn with(options: Options, email: &str, scope: Option<&str>) -> Self {
        let sandbox = Sandbox::start_with(options).await.unwrap();
        sandbox.set_switches(|switches| switches.consent_as = Some(email.to_owned()));
        let at = |url: &str| Endpoints::origin(url).unwrap();
        let endpoints =
            Endpoints::new(at(sandbox.identity_url()), at(sandbox.api_url()), at(sandbox.eu_api_url()));
        let client = Client::new(Http::new().unwrap(), endpoints.clone());
        let token = token(&sandbox, endpoints, scope).await;
        Self { sandbox, client, token }
    }

    /// Tries once, waits for nothing.
    pub fn once(&self) -> Api<'_> {
        self.client.api(US, &self.token).retry(Retry::never())
    }

    /// Tries as often as `attempts`, with hardly a pause between.
    pub fn often(&self, attempts: u32) -> Api<'_> {
        self.client.api(US, &self.token).retry(often(attempts))
    }

    /// What the API was asked under this path.
    pub fn calls(&self, path: &str) -> Vec<Recorded> {
        self.sandbox.requests().into_iter().filter(|request| request.path == path).collect()
    }
}

pub fn often(attempts: u32) -> Retry {
    let (pause, longest_wait) = (Duration::from_millis(2), Duration::from_secs(5));
    Retry { attempts, pause, longest_wait, ..Retry::default() }
}

pub fn oauth(sandbox: &Sandbox, endpoints: Endpoints) -> OAuth {
    let secret = ClientSecret::new(sandbox.client_secret());
    OAuth::new(Http::new().unwrap(), endpoints, sandbox.client_id(), secret, REDIRECT).unwrap()
}

async fn token(sandbox: &Sandbox, endpoints: Endpoints, scope: Option<&str>) -> AccessToken {
    let oauth = oauth(sandbox, endpoints);
    let verifier = Verifier::random();
    let all = sandbox.switches().configured_scopes.join(" ");
    let scopes = Scopes::parse(&format!("openid {}", scope.unwrap_or(&all)));
    let url = oauth.authorize_url(&scopes, "state", "nonce", &verifier);
    #[expect(clippy::disallowed_methods, reason = "a browser, which the client is not")]
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
    let answer = browser.unwrap().get(url).send().await.unwrap();
    let callback = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    let (_, code) = callback.query_pairs().find(|(name, _)| name == "code").expect("a code");
    oauth.exchange(&Code::new(code), &verifier).await.unwrap().access
}
