//! A host application, written as the README of `pagerduty-connect` says: users and sessions of its own, the routes under
//! a path of its choosing.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{FromRequestParts, Path},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use pagerduty::{ClientSecret, Endpoints, Region, Scopes, services::FindServices};
use pagerduty_connect::{
    Account, Clock, Connect, Deleted, Error, Filter, LocalPath, Owner, Reason, Registration, UserId, Vault,
    mount::{HostUser, NoAnswer, PagerDuty},
};
use pagerduty_sandbox::Sandbox;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::harness::{BETHANY, Browser, DAY, ELIF, MARCUS, eventually, postgres};

mod ended;

const AT: &str = "/integrations/pagerduty";

struct CurrentUser(Owner);

impl HostUser for CurrentUser {
    fn owner(&self) -> Owner {
        self.0.clone()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let cookies = parts.headers.get("cookie").and_then(|c| c.to_str().ok()).unwrap_or_default();
        let user = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("host="));
        user.and_then(Owner::parse)
            .map(Self)
            .ok_or_else(|| (StatusCode::UNAUTHORIZED, "sign in at the host").into_response())
    }
}

async fn sign_in(Path(name): Path<String>) -> impl IntoResponse {
    ([("set-cookie", format!("host={name}; Path=/; HttpOnly; SameSite=Lax"))], Redirect::to("/"))
}

async fn hello(pagerduty: PagerDuty<CurrentUser>) -> Result<String, NoAnswer> {
    let me = pagerduty.call(async |api| api.me().await).await?;
    Ok(format!("Hello, {}! You are {} here.", me.name, pagerduty.user.owner()))
}

struct Host {
    sandbox: Sandbox,
    connect: Connect,
    clock: Clock,
    url: String,
    address: String,
    /// What the hooks were told.
    told: Arc<Mutex<Vec<String>>>,
    _files: TempDir,
}

impl Host {
    async fn start(database: Option<String>) -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let redirect_uri = format!("{url}{AT}/callback");
        sandbox.add_redirect_url(&redirect_uri);
        let at = |s: &str| Endpoints::origin(s).unwrap();
        let registration = Registration {
            client_id: sandbox.client_id().to_owned(),
            client_secret: ClientSecret::new(sandbox.client_secret()),
            redirect_uri,
            scopes: Scopes::parse("openid users.read services.read"),
            endpoints: Endpoints::new(
                at(sandbox.identity_url()),
                at(sandbox.api_url()),
                at(sandbox.eu_api_url()),
            ),
        };
        let files = tempfile::tempdir().unwrap();
        let file = || format!("sqlite:{}", files.path().join("host.db").display());
        let vault =
            Vault::open(&database.unwrap_or_else(file), &files.path().join("host.key")).await.unwrap();
        let clock = Clock::system();
        let connect = Connect::new(registration, vault, clock.clone()).unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let note = |what: &'static str| {
            let told = Arc::clone(&told);
            move |who: &UserId| told.lock().unwrap().push(format!("{what} {who}"))
        };
        let (connected, broken, gone) = (note("connected"), note("broken"), note("disconnected"));
        let routes = connect
            .router::<CurrentUser, ()>()
            .finished_url(LocalPath::parse("/settings").unwrap())
            .on_connected(move |user, scopes| {
                assert!(scopes.allows("users.read"));
                connected(&user);
                async {}
            })
            .on_broken(move |user, reason| {
                assert_eq!(reason, Reason::Revoked);
                broken(&user);
                async {}
            })
            .on_disconnected(move |user, _| {
                gone(&user);
                async {}
            })
            .build()
            .unwrap();
        let app = Router::new()
            .route("/hello", get(hello))
            .nest("/deep", Router::new().route("/hello", get(hello)))
            .route("/settings", get(|| async { "settings" }))
            .route("/sign-in/{name}", get(sign_in))
            .nest(AT, routes)
            .layer(connect.layer());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { sandbox, connect, clock, url, address, told, _files: files }
    }

    /// A browser that is signed in at the host.
    async fn browser(&self, name: &str) -> Browser {
        let browser = Browser::of(&self.url, &self.address);
        assert_eq!(browser.get(&format!("/sign-in/{name}")).await.status, 303);
        browser
    }

    /// Presses Connect and consents; where PagerDuty sends the browser back to.
    async fn until_callback(&self, browser: &Browser, email: &str, fields: &[(&str, &str)]) -> String {
        let begun = browser.post(&format!("{AT}/connect"), fields).await;
        assert_eq!(begun.status, 303, "{}", begun.body);
        browser.consent(&begun.location().parse().unwrap(), email).await
    }

    async fn connect_as(&self, browser: &Browser, email: &str) {
        let back = self.until_callback(browser, email, &[]).await;
        let done = browser.callback(&back).await;
        assert_eq!((done.status, done.location()), (303, "/settings"), "{}", done.body);
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }
}

fn owner(name: &str) -> Owner {
    Owner::parse(name).unwrap()
}

async fn two_users_connect_two_accounts_and_keep_to_their_own(database: Option<String>) {
    let host = Host::start(database).await;
    let (alice, bob) = (host.browser("alice").await, host.browser("bob@example.com").await);

    // Not connected: the page with the button, and back to where they were going.
    let sent = alice.get("/hello").await;
    assert_eq!((sent.status, sent.location()), (303, "/integrations/pagerduty/connect?return_to=%2Fhello"));
    let deep = alice.get("/deep/hello?a=b").await;
    assert_eq!(deep.location(), "/integrations/pagerduty/connect?return_to=%2Fdeep%2Fhello%3Fa%3Db");
    let page = alice.get(sent.location()).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("name=\"return_to\" value=\"/hello\""), "{}", page.body);
    let back = host.until_callback(&alice, BETHANY, &[("return_to", "/hello")]).await;
    assert_eq!(alice.callback(&back).await.location(), "/hello");
    assert_eq!(alice.get("/hello").await.body, "Hello, Bethany Developer! You are alice here.");
    host.connect_as(&bob, ELIF).await;
    let elif = bob.get("/hello").await.body;
    assert!(elif.contains("Elif") && elif.contains("bob@example.com"), "{elif}");

    // Tokens end; both get fresh ones, of their own accounts.
    let before = host.connect.identity_of(&owner("alice")).await.unwrap();
    let later = DAY + Duration::from_secs(60);
    host.clock.advance(later);
    host.sandbox.advance_clock(later);
    assert_eq!(alice.get("/hello").await.body, "Hello, Bethany Developer! You are alice here.");
    assert_eq!(bob.get("/hello").await.body, elif);
    let after = host.connect.identity_of(&owner("alice")).await.unwrap();
    assert_ne!(before.access_token.expose(), after.access_token.expose());
    let others = host.connect.identity_of(&owner("bob@example.com")).await.unwrap();
    assert_eq!((after.region.code(), others.region.code()), ("us", "eu"));
    assert!(after.issued_at > before.issued_at && after.expires_at > before.expires_at);

    // Nobody can get, or end, the other's.
    let all = host.connect.identities(&Filter::all(), None, 10).await.unwrap();
    assert_eq!(all.found.len(), 2);
    let bobs = others.user.as_str();
    let ended =
        alice.post(&format!("{AT}/disconnect"), &[("identity", bobs), ("user", "bob@example.com")]).await;
    assert_eq!(ended.status, 401, "it is none of hers");
    assert_eq!(bob.get("/hello").await.status, 200, "somebody else's stays");
    assert_eq!(
        alice.get("/hello?user=bob@example.com&owner=bob@example.com").await.body,
        "Hello, Bethany Developer! You are alice here."
    );
    assert!(matches!(host.connect.identity_of(&owner("carol")).await, Err(Error::NotConnected)));

    // The hooks are told, of this one alone.
    let ended = alice.post(&format!("{AT}/disconnect"), &[]).await;
    assert_eq!((ended.status, ended.location()), (303, "/settings"));
    assert_eq!(alice.get("/hello").await.status, 303);
    let told = host.told();
    assert!(told.contains(&format!("connected {}", after.user)), "{told:?}");
    assert!(told.contains(&format!("disconnected {}", after.user)), "{told:?}");
    assert!(!told.iter().any(|line| line.starts_with("disconnected") && line.contains("bob")), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_users_of_a_host_keep_to_their_own_in_a_file() {
    two_users_connect_two_accounts_and_keep_to_their_own(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_users_of_a_host_keep_to_their_own_in_postgresql() {
    let database = postgres::Database::create().await;
    two_users_connect_two_accounts_and_keep_to_their_own(Some(database.url().to_owned())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sr_03_who_is_back_must_be_who_began() {
    let host = Host::start(None).await;
    // Another browser, signed in as somebody else, is handed the callback.
    let (alice, bob) = (host.browser("alice").await, host.browser("bob").await);
    let back = host.until_callback(&alice, BETHANY, &[]).await;
    assert_eq!(bob.callback(&back).await.status, 400);
    // The same browser, but somebody else has signed in at the host since.
    alice.set_cookie("host", "bob");
    let refused = alice.callback(&back).await;
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains("begun by somebody else"), "{}", refused.body);
    // Nor does the attempt work for anybody any more, and no code was redeemed.
    alice.set_cookie("host", "alice");
    assert_eq!(alice.callback(&back).await.status, 400);
    assert!(host.connect.identities(&Filter::all(), None, 10).await.unwrap().found.is_empty());
    let exchanged = host.sandbox.requests().iter().any(|request| request.path.ends_with("/oauth/token"));
    assert!(!exchanged);
}

#[tokio::test(flavor = "multi_thread")]
async fn sr_35_another_site_cannot_press_the_buttons() {
    let host = Host::start(None).await;
    let alice = host.browser("alice").await;
    host.connect_as(&alice, BETHANY).await;
    for path in ["connect", "disconnect"] {
        let path = format!("{AT}/{path}");
        let cross = alice.request(http::Method::POST, &path).header("sec-fetch-site", "cross-site");
        assert_eq!(alice.send(cross.form(&[("x", "y")])).await.status, 403);
        let other = alice.request(http::Method::POST, &path).header("origin", "https://evil.example");
        assert_eq!(alice.send(other.form(&[("x", "y")])).await.status, 403);
        let silent = alice.request(http::Method::POST, &path).form(&[("x", "y")]);
        assert_eq!(alice.send(silent).await.status, 403);
    }
    assert_eq!(alice.get("/hello").await.status, 200);
    // Nor is anybody led away afterwards.
    for evil in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
        let back = host.until_callback(&alice, BETHANY, &[("return_to", evil)]).await;
        assert_eq!(alice.callback(&back).await.location(), "/settings");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_at_the_host_is_nobody_here() {
    let host = Host::start(None).await;
    let stranger = Browser::of(&host.url, &host.address);
    assert_eq!(stranger.get("/hello").await.status, 401);
    assert_eq!(stranger.get(&format!("{AT}/connect")).await.status, 401);
    assert_eq!(stranger.post(&format!("{AT}/connect"), &[]).await.status, 401);
    // A program is told where to connect, in JSON.
    let alice = host.browser("alice").await;
    let asked = alice.request(http::Method::GET, "/hello").header("accept", "application/json");
    let answer = alice.send(asked).await;
    assert_eq!(answer.status, 401);
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["connect_url"], "/integrations/pagerduty/connect");
    assert_eq!(body["error"], "signed-out");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_hears_that_a_connection_was_ended_at_pagerduty() {
    let host = Host::start(None).await;
    let alice = host.browser("alice").await;
    host.connect_as(&alice, BETHANY).await;
    assert!(host.sandbox.revoke_all_of(BETHANY));
    host.clock.advance(DAY * 2);
    host.sandbox.advance_clock(DAY * 2);
    let sent = alice.get("/hello").await;
    assert_eq!((sent.status, sent.location()), (303, "/integrations/pagerduty/connect?return_to=%2Fhello"));
    eventually("the hook is told", async || host.told().iter().any(|line| line.starts_with("broken PACME")))
        .await;
    // Connected anew, as if nothing had been.
    host.connect_as(&alice, BETHANY).await;
    assert_eq!(alice.get("/hello").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_user_may_have_several_accounts() {
    let host = Host::start(None).await;
    let alice = host.browser("alice").await;
    host.connect_as(&alice, BETHANY).await;
    host.clock.advance(Duration::from_secs(5));
    host.connect_as(&alice, ELIF).await;
    let of_alice = Filter::of(&owner("alice"));
    let page = host.connect.identities(&of_alice, None, 1).await.unwrap();
    let rest = host.connect.identities(&of_alice, page.next.as_ref(), 1).await.unwrap();
    assert_eq!(rest.next, None);
    let mut both = [&page.found[0], &rest.found[0]];
    both.sort_by_key(|found| found.connection.times.connected_at);
    let [first, last] = both.map(|found| found.connection.about.user.email.as_str());
    assert_eq!((first, last), (BETHANY, ELIF));
    // A page goes on from where it was though that connection has gone.
    let gone = UserId::parse("PAAAAAA/PAAAAAA@alice").unwrap();
    assert_eq!(host.connect.identities(&of_alice, Some(&gone), 9).await.unwrap().found.len(), 2);
    let bethanys = both[0].user.clone();
    assert_eq!(host.connect.identity(&bethanys).await.unwrap().email, BETHANY);
    assert_eq!(host.connect.identity_of(&owner("alice")).await.unwrap().email, ELIF);

    let ended = alice.post(&format!("{AT}/disconnect"), &[("identity", bethanys.as_str())]).await;
    assert_eq!(ended.status, 303);
    assert_eq!(host.connect.identities(&of_alice, None, 10).await.unwrap().found.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn identities_are_listed_a_page_at_a_time_and_nobody_deletes_everybody_by_accident() {
    let host = Host::start(None).await;
    for (name, email) in [("alice", BETHANY), ("bob", MARCUS), ("carol", ELIF), ("dave", BETHANY)] {
        host.connect_as(&host.browser(name).await, email).await;
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = host.connect.identities(&Filter::all(), after.as_ref(), 3).await.unwrap();
        seen.extend(page.found.into_iter().map(|found| found.user.owner().unwrap().to_owned()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    seen.sort();
    assert_eq!(seen, ["alice", "bob", "carol", "dave"]);
    let two = host.connect.identities(&Filter::all().known_by(BETHANY), None, 10).await.unwrap();
    assert_eq!(two.found.len(), 2, "two users of the host are the same person at PagerDuty");

    assert!(matches!(host.connect.delete_identities(&Filter::all()).await, Err(Error::EmptyFilter)));
    let account = two.found[0].user.account_id().to_owned();
    let gone = host.connect.delete_identities(&Filter::all().in_account(&account)).await.unwrap();
    assert_eq!((gone.deleted, gone.not_revoked), (3, 0));
    let left = host.connect.identities(&Filter::all(), None, 10).await.unwrap();
    assert_eq!(left.found.iter().map(|found| found.user.owner()).collect::<Vec<_>>(), [Some("carol")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_moved_to_another_owner_is_not_theirs() {
    let database = postgres::Database::create().await;
    let host = Host::start(Some(database.url().to_owned())).await;
    host.connect_as(&host.browser("alice").await, BETHANY).await;
    database.execute("UPDATE pdconnect.connection SET owner = 'mallory'").await;
    assert!(matches!(host.connect.identity_of(&owner("mallory")).await, Err(Error::NotConnected)));
    database.execute("UPDATE pdconnect.connection SET owner = 'mallory', user_id = user_id || 'x'").await;
    database.execute("UPDATE pdconnect.connection SET owner = 'alicex'").await;
    assert!(matches!(host.connect.identity_of(&owner("alicex")).await, Err(Error::Tampered)));
    // It can still be got rid of, though PagerDuty cannot be told.
    let gone = host.connect.delete_identities(&Filter::of(&owner("alicex"))).await.unwrap();
    assert_eq!((gone.deleted, gone.not_revoked), (1, 1));
    assert!(matches!(host.connect.identity_of(&owner("alicex")).await, Err(Error::NotConnected)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_token_is_fetched_once_and_renewed_in_time() {
    let host = Host::start(None).await;
    let acme = Account { region: Region::UnitedStates, subdomain: "acme".into() };
    let scopes = Scopes::parse("services.read");
    let asked = || {
        let requests = host.sandbox.requests();
        requests.iter().filter(|r| r.form("grant_type").as_deref() == Some("client_credentials")).count()
    };
    let all = futures_util::future::join_all((0..50).map(|_| host.connect.app_token(&acme, &scopes))).await;
    let first = all[0].as_ref().unwrap().access_token.expose().to_owned();
    assert!(all.iter().all(|token| token.as_ref().unwrap().access_token.expose() == first));
    assert_eq!(asked(), 1);
    let client = host.connect.client();
    let services = |token: pagerduty_connect::AppToken| async move {
        token.api(client).services(&FindServices::default()).page(0).await.map(|_| ())
    };
    host.connect.call_as_app(&acme, &scopes, services).await.unwrap();

    // With a tenth of its life left, the next one.
    let most = DAY * 91 / 100;
    host.clock.advance(most);
    host.sandbox.advance_clock(most);
    let same = host.connect.app_token(&acme, &scopes).await.unwrap();
    assert_eq!(same.access_token.expose(), first, "nobody waits for the next one");
    eventually("the next one is there", async || {
        host.connect.app_token(&acme, &scopes).await.unwrap().access_token.expose() != first
    })
    .await;
    assert_eq!(asked(), 2);

    // Taken back by PagerDuty: another one, once.
    host.sandbox.advance_clock(DAY * 2);
    host.connect.call_as_app(&acme, &scopes, services).await.unwrap();
    assert_eq!(asked(), 3);

    // Of an account that is not the app's, there is none.
    let other = Account { subdomain: "other".into(), ..acme.clone() };
    assert!(matches!(host.connect.app_token(&other, &scopes).await, Err(Error::Api(_))));
}
