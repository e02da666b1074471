//! A whole application with users of its own, who connect to PagerDuty: `cargo run --example embed`, then open
//! <http://localhost:3000/sign-in/alice>. A sandbox stands in for PagerDuty.

use axum::{Router, extract, http::request::Parts, response::Redirect, routing::get};
use pagerduty::{ClientSecret, Endpoints, Scopes};
use pagerduty_connect::mount::{HostUser, NoAnswer, PagerDuty};
use pagerduty_connect::{Clock, Connect, Owner, Registration, Vault};
use pagerduty_sandbox::Sandbox;

/// Who is signed in here. Yours comes from a session; a name in a cookie is for this example alone.
struct CurrentUser(Owner);

impl HostUser for CurrentUser {
    fn owner(&self) -> Owner {
        self.0.clone()
    }
}

impl<S: Sync> extract::FromRequestParts<S> for CurrentUser {
    type Rejection = &'static str;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, &'static str> {
        let cookies = parts.headers.get("cookie").and_then(|c| c.to_str().ok()).unwrap_or_default();
        let name = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("user="));
        name.and_then(Owner::parse).map(Self).ok_or("Sign in first: /sign-in/your-name")
    }
}

async fn sign_in(extract::Path(name): extract::Path<String>) -> ([(&'static str, String); 1], Redirect) {
    ([("set-cookie", format!("user={name}; Path=/; HttpOnly"))], Redirect::to("/"))
}

/// Only reached by who is connected: the others come by PagerDuty first.
async fn home(pagerduty: PagerDuty<CurrentUser>) -> Result<String, NoAnswer> {
    let me = pagerduty.call(async |api| api.me().await).await?;
    Ok(format!("Hello, {}! You are {} here.", me.name, pagerduty.user.owner()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (sandbox, at) = (Sandbox::start().await?, Endpoints::origin);
    let registration = Registration {
        client_id: sandbox.client_id().into(),
        client_secret: ClientSecret::new(sandbox.client_secret()),
        redirect_uri: "http://localhost:3000/integrations/pagerduty/callback".into(),
        scopes: Scopes::parse("openid users.read"),
        endpoints: Endpoints::new(
            at(sandbox.identity_url())?,
            at(sandbox.api_url())?,
            at(sandbox.eu_api_url())?,
        ),
    };
    sandbox.add_redirect_url(&registration.redirect_uri);
    let connect = Connect::new(registration, Vault::in_memory().await?, Clock::system())?;
    let routes = connect.router::<CurrentUser, ()>().build()?;
    let app = Router::new().route("/", get(home)).route("/sign-in/{name}", get(sign_in));
    let app = app.nest("/integrations/pagerduty", routes).layer(connect.layer());
    Ok(axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, app).await?)
}
