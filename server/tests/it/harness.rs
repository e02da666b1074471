//! The app and its sandbox on free ports, and a browser to use them with.
//!
//! The app is `http://localhost:…`, the sandbox `http://127.0.0.1:…`: two sites,
//! so that what cookies and cross-site rules do is real.

use std::{path::PathBuf, sync::Arc, time::Duration};

use app::{shell::Assets, ssr::AppState};
use leptos::config::LeptosOptions;
use pagerduty::{ClientSecret, Endpoints, Scopes, rate::Share};
use pagerduty_connect::{Clock, Connect, ImportOptions, Registration, Vault};
use pagerduty_sandbox::{Options, Recorded, Sandbox};
use server::{Policy, Proxies, listen, router};
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};
use url::Url;

mod browser;
mod canary;
pub mod cluster;
mod collector;
mod database;
pub mod disk;
mod log;
pub mod nginx;
mod people;
pub mod postgres;
pub mod program;
mod receiver;
mod reply;
pub mod routes;

pub use browser::Browser;
pub use canary::Canary;
pub use collector::{Answers, Collector, attributes};
pub use log::lines as log_lines;
pub use people::{AGEING, DAY, on_refresh};
pub use receiver::{Answer, Heard, Receiver};
pub use reply::{Reply, SetCookie};

const DRAIN: Duration = Duration::from_secs(5);
pub const BETHANY: &str = "bethany@acme.example";
pub const MARCUS: &str = "marcus@acme.example";
pub const MALLORY: &str = "mallory@acme.example";
pub const ELIF: &str = "elif@acme-eu.example";

/// How an app is started, where it matters.
#[derive(Default)]
pub struct Setup {
    /// So many people `person-0001@acme.example` … in the sandbox.
    pub crowd: u32,
    /// What to ask for; `openid users.read` if left out.
    pub scopes: Option<&'static str>,
    /// In place of the sandbox's.
    pub client_secret: Option<&'static str>,
    /// In place of the sandbox's addresses.
    pub endpoints: Option<Endpoints>,
    /// Where the app keeps everything; a file in `folder` if left out.
    pub database: Option<String>,
    /// For database and key; one of its own if left out.
    pub folder: Option<TempDir>,
}

impl Setup {
    /// Kept in a PostgreSQL database of its own.
    pub async fn in_postgres() -> Self {
        let database = postgres::Database::create().await;
        Self { database: Some(database.url().to_owned()), ..Self::default() }
    }
}

/// A running app. Dropping it ends it.
pub struct App {
    pub sandbox: Arc<Sandbox>,
    /// The app's clock; move it with `clock.advance(…)`.
    pub clock: Clock,
    /// `http://localhost:PORT`
    pub url: String,
    /// `localhost:PORT`: what `Host` must say.
    pub authority: String,
    /// Where it really listens; differs from `authority` for a replica.
    pub address: String,
    /// What it is to PagerDuty; a change counts from the next start.
    pub registration: Registration,
    files: Arc<TempDir>,
    database: String,
    http: reqwest::Client,
    vault: Vault,
    state: AppState,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl App {
    pub async fn start() -> Self {
        Self::start_with(Setup::default()).await
    }

    pub async fn start_with(setup: Setup) -> Self {
        log::start();
        let sandbox =
            Sandbox::start_with(Options { crowd: setup.crowd, ..Options::default() }).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let redirect_uri = format!("{url}/callback");
        sandbox.add_redirect_url(&redirect_uri);
        let at = |s: &str| Endpoints::origin(s).unwrap();
        let endpoints = setup.endpoints.unwrap_or_else(|| {
            Endpoints::new(at(sandbox.identity_url()), at(sandbox.api_url()), at(sandbox.eu_api_url()))
        });
        let registration = Registration {
            client_id: sandbox.client_id().to_owned(),
            client_secret: ClientSecret::new(setup.client_secret.unwrap_or(sandbox.client_secret())),
            redirect_uri,
            scopes: Scopes::parse(setup.scopes.unwrap_or("openid users.read")),
            endpoints,
        };
        let files = Arc::new(setup.folder.unwrap_or_else(folder_for_files));
        let file = || format!("sqlite:{}", files.path().join("pdconnect.db").display());
        let home = (setup.database.unwrap_or_else(file), Arc::clone(&files));
        Self::run(listener, url, Arc::new(sandbox), home, registration, Clock::system()).await
    }

    async fn run(
        listener: TcpListener,
        url: String,
        sandbox: Arc<Sandbox>,
        (database, files): (String, Arc<TempDir>),
        registration: Registration,
        clock: Clock,
    ) -> Self {
        let address = listener.local_addr().unwrap().to_string();
        let vault = Vault::open(&database, &files.path().join("vault.key")).await.unwrap();
        let public = Url::parse(&url).unwrap();
        let policy = Policy::new(&public, registration.endpoints.identity(), Proxies::default());
        let connect = Connect::new(registration.clone(), vault.clone(), clock.clone()).unwrap();
        let options = LeptosOptions::builder()
            .output_name("pdconnect")
            .site_root(files.path().join("site").to_string_lossy().as_ref())
            .build();
        let assets = Assets {
            js: "/pkg/pdconnect.js".into(),
            wasm: "/pkg/pdconnect.wasm".into(),
            css: "/pkg/pdconnect.css".into(),
        };
        let state = AppState {
            connect: connect.clone(),
            options,
            assets,
            reveals: false,
            import_share: Share::ALL,
            sandbox_people: Arc::default(),
            sets_up: false,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let asked = {
            let connect = connect.clone();
            async move {
                _ = stopped.await;
                connect.wind_down();
            }
        };
        let importing = connect.clone();
        let options = ImportOptions { share: Share::ALL, keep_secs: 90 * 24 * 3600 };
        tokio::spawn(async move { importing.work_on_imports(options).await });
        let serving = listen::serve(listener, router(state.clone(), policy), asked, DRAIN);
        Self {
            sandbox,
            clock,
            authority: url.trim_start_matches("http://").to_owned(),
            url,
            address,
            registration,
            files,
            database,
            http: http(),
            vault,
            state,
            stop: Some(stop),
            task: tokio::spawn(serving),
        }
    }

    /// A browser that has never been here.
    pub fn browser(&self) -> Browser {
        Browser::new(self.http.clone(), self)
    }

    /// A browser with a live session, and that session's cookie value.
    pub async fn connected(&self, email: &str) -> (Browser, String) {
        let browser = self.browser();
        let reply = browser.connect_as(email).await;
        assert_eq!((reply.status, reply.location()), (303, "/welcome"), "{}", reply.body);
        let session = browser.session().expect("a session cookie");
        (browser, session)
    }

    /// Stops as the program does, and starts again on the same files, address and clock.
    pub async fn restart(mut self) -> Self {
        self.halt().await;
        self.another(TcpListener::bind(&self.address).await.unwrap()).await
    }

    /// One more process with the same files, clock and public address, on another
    /// port: reach it with `browser.at(&replica)`.
    pub async fn replica(&self) -> Self {
        self.another(TcpListener::bind("127.0.0.1:0").await.unwrap()).await
    }

    async fn another(&self, listener: TcpListener) -> Self {
        let sandbox = Arc::clone(&self.sandbox);
        let home = (self.database.clone(), Arc::clone(&self.files));
        Self::run(listener, self.url.clone(), sandbox, home, self.registration.clone(), self.clock.clone())
            .await
    }

    /// Stops as the program does at SIGTERM; its files stay until the app is dropped.
    pub async fn halt(&mut self) {
        drop(self.stop.take());
        let ends = async {
            (&mut self.task).await.unwrap();
            self.state.connect.settle().await;
            self.vault.close().await;
        };
        tokio::time::timeout(PATIENCE, ends).await.expect("what was begun comes to an end");
    }

    /// What its router is made of.
    pub fn state(&self) -> AppState {
        self.state.clone()
    }

    /// Where database and key are.
    pub fn folder(&self) -> PathBuf {
        self.files.path().to_owned()
    }

    /// What the sandbox was sent on this path (both families: `/oauth/token` finds
    /// `/global/oauth/token` too).
    pub fn calls(&self, path: &str) -> Vec<Recorded> {
        self.sandbox.requests().into_iter().filter(|r| r.path.ends_with(path)).collect()
    }

    /// Code exchanges the sandbox has seen.
    pub fn token_calls(&self) -> usize {
        self.calls("/oauth/token").len()
    }

    /// A callback was refused: an error page with this `data-code` and a 4xx or
    /// 5xx of ours as said, no session cookie, and the event in the log.
    pub fn assert_refused(&self, reply: &Reply, status: u16, code: &str) {
        assert_eq!(reply.status, status, "{code}: {}", reply.body);
        assert_eq!(reply.problem().as_deref(), Some(code), "{}", reply.body);
        let set: Vec<String> = reply.cookies().into_iter().map(|c| c.name).collect();
        assert!(!set.iter().any(|name| name == "__Host-pdc_s"), "{code}: a session cookie was set");
        reply.assert_event("connect.failed", Some(code));
    }

    /// Sends bytes as they are and reads what comes until the connection ends.
    /// Say `Connection: close` among them.
    pub async fn raw(&self, bytes: &[u8]) -> Reply {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let answered = async {
            let mut stream = TcpStream::connect(&self.address).await.unwrap();
            _ = stream.write_all(bytes).await;
            let mut answer = Vec::new();
            _ = stream.read_to_end(&mut answer).await;
            answer
        };
        Reply::parse(&tokio::time::timeout(PATIENCE, answered).await.expect("an answer, and its end"))
    }
}

/// In memory where the system has such a place: a disk that is told to flush after
/// every write would take most of the tests' time.
fn folder_for_files() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Longer than anything takes, on a busy machine too. What has not come about by then never will.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Asks again until it is so.
pub async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let asking = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    if tokio::time::timeout(PATIENCE, asking).await.is_err() {
        panic!("it never came about: {what}");
    }
}

pub fn http() -> reqwest::Client {
    client().build().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the tests' own browser, not the program's way out")]
pub fn client() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(60))
}
