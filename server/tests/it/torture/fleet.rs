//! Three processes of the real program, their gates, one PagerDuty, one PostgreSQL.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use pagerduty_sandbox::{Issuer, Options, Rotation, Sandbox};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::gate::{self, Gates};
use crate::harness::{
    Browser, eventually,
    postgres::Database,
    program::{Place, Running, free_port},
};

const MEMBERS: usize = 3;
/// Between a kill and the next start.
const DOWN: Duration = Duration::from_millis(200);

pub struct Fleet {
    pub sandbox: Sandbox,
    pub database: Database,
    pub gates: Arc<Gates>,
    members: Vec<Arc<Member>>,
    /// The refresh token each connection began with, and whose it is.
    first_tokens: Mutex<HashMap<String, u32>>,
    url: String,
    _keys: TempDir,
}

/// A person, and the browser they use.
pub struct Person {
    pub number: u32,
    pub browser: Browser,
}

/// One of the processes. It is started again whenever it was killed.
pub struct Member {
    place: Place,
    port: u16,
    running: Mutex<Option<Running>>,
    killed: Mutex<Vec<Instant>>,
    /// What it had logged when it was killed.
    logs: Mutex<String>,
}

impl Member {
    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap()
    }

    fn start(&self) {
        *self.running() = Some(self.place.serve(&["serve"], self.port));
    }

    /// `kill -9`, and soon another start, unless it is down already.
    fn kill(self: &Arc<Self>) {
        let Some(running) = self.running().take() else { return };
        self.logs.lock().unwrap().push_str(&running.err());
        drop(running);
        // From now on it does nothing more: what it began before may be undone.
        self.killed.lock().unwrap().push(Instant::now());
        let member = Arc::clone(self);
        std::thread::spawn(move || {
            std::thread::sleep(DOWN);
            member.start();
        });
    }
}

impl Fleet {
    pub async fn start(people: u32, kill_every: usize, life: Duration) -> Self {
        let sandbox = Sandbox::start_with(Options { crowd: people, ..Options::default() }).await.unwrap();
        sandbox.set_switches(|switches| {
            switches.rotation = Rotation::ReuseRevokesFamily;
            switches.issuer = Issuer::App;
            switches.rate_limit = u32::MAX;
            switches.access_token_seconds = Some(life.as_secs());
        });
        let database = Database::create().await;
        let keys = tempfile::tempdir().unwrap();
        let pagerduty = sandbox.identity_url().trim_start_matches("http://").to_owned();
        let gates = Arc::new(Gates::new(pagerduty, kill_every));
        let ports: Vec<u16> = (0..MEMBERS).map(|_| free_port()).collect();
        let url = format!("http://localhost:{}", ports[0]);
        sandbox.add_redirect_url(&format!("{url}/callback"));
        let credentials = serde_json::json!({
            "PD_CLIENT_ID": sandbox.client_id(),
            "PD_CLIENT_SECRET": sandbox.client_secret(),
        });

        let mut members = Vec::new();
        for (number, port) in ports.into_iter().enumerate() {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let identity = format!("http://{}", listener.local_addr().unwrap());
            let place = Place::new()
                .file("config.json", &credentials.to_string())
                .env("PORT", &port.to_string())
                .env("PUBLIC_URL", &url)
                .env("DATABASE_URL", database.url())
                .env("VAULT_KEY_FILE", keys.path().join("vault.key").to_str().unwrap())
                .env("PD_IDENTITY_URL", &identity)
                .env("PD_API_URL", sandbox.api_url())
                .env("PD_EU_API_URL", sandbox.eu_api_url());
            let member = Arc::new(Member {
                place,
                port,
                running: Mutex::default(),
                killed: Mutex::default(),
                logs: Mutex::default(),
            });
            let killed = Arc::clone(&member);
            gate::open(listener, number, Arc::clone(&gates), move || killed.kill());
            let starting = Arc::clone(&member);
            tokio::task::spawn_blocking(move || starting.start()).await.unwrap();
            members.push(member);
        }
        Self { sandbox, database, gates, members, first_tokens: Mutex::default(), url, _keys: keys }
    }

    /// A browser of this person's, connected.
    pub async fn connect(&self, number: u32) -> Person {
        let browser = Browser::of(&self.url, &self.address(0));
        self.reconnect(number, &browser).await;
        Person { number, browser }
    }

    pub async fn reconnect(&self, number: u32, browser: &Browser) {
        let reply = browser.connect_as(&format!("person-{number:04}@acme.example")).await;
        assert_eq!(reply.location(), "/welcome", "person {number}: {}", reply.body);
        let seen = self.gates.seen.lock().unwrap();
        let first = seen.iter().rev().find(|r| r.is_code).and_then(|r| r.given.clone());
        self.first_tokens.lock().unwrap().insert(first.unwrap(), number);
    }

    pub fn first_tokens(&self) -> HashMap<String, u32> {
        self.first_tokens.lock().unwrap().clone()
    }

    /// Where the next process listens; they take turns.
    pub fn address(&self, turn: usize) -> String {
        format!("127.0.0.1:{}", self.members[turn % MEMBERS].port)
    }

    /// From now on the token endpoint takes so long, and processes are killed.
    pub fn begin_round(&self, latency: Duration, expire: bool) {
        self.gates.arm(latency);
        if expire {
            self.sandbox.expire_access_tokens();
        }
    }

    /// Waits until all processes are up and no lease is held.
    pub async fn settle(&self) {
        self.gates.disarm();
        const LEASED: &str = "SELECT count(*) FROM pdconnect.connection
             WHERE lease_until > extract(epoch FROM clock_timestamp()) * 1000";
        eventually("all are up, and no lease is held", async || {
            self.members.iter().all(|member| member.running().is_some())
                && self.database.number(LEASED).await == 0
        })
        .await;
    }

    /// Every line of every process that speaks of a failure of its own.
    pub fn errors(&self) -> String {
        let log = |member: &Arc<Member>| {
            let running = member.running().as_ref().map(Running::err).unwrap_or_default();
            member.logs.lock().unwrap().clone() + &running
        };
        let all: String = self.members.iter().map(log).collect();
        all.lines().filter(|line| line.contains("\"ERROR\"")).flat_map(|line| [line, "\n"]).collect()
    }

    pub fn kills(&self) -> usize {
        self.members.iter().map(|member| member.killed.lock().unwrap().len()).sum()
    }

    /// Whether a process was killed between two moments.
    pub fn was_killed(&self, member: usize, from: Instant, until: Instant) -> bool {
        self.members[member].killed.lock().unwrap().iter().any(|at| (from..=until).contains(at))
    }
}
