//! What sealing, sessions and refreshing cost: `make bench`.
//!
//! PostgreSQL is measured where `PDCONNECT_TEST_POSTGRES` names a server, as
//! `scripts/with-postgres` does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot go on should stop there and say where"
)]

use std::{hint::black_box, time::Duration};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use http::{HeaderMap, header};
use pagerduty::{ClientSecret, Endpoints, Scopes};
use pagerduty_connect::{Clock, Connect, Registration, UserId, Vault};
use pagerduty_sandbox::Sandbox;
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The vault's own seal, which nobody outside the crate can reach.
#[allow(dead_code, unused_imports, reason = "only a part of it is measured")]
#[path = "../src/vault"]
mod vault {
    #[derive(Debug)]
    pub enum VaultError {
        Unsealable,
        NoRandomness,
    }
    #[path = "seal.rs"]
    mod seal;

    pub fn bench(c: &mut criterion::Criterion) {
        let key = seal::Key::new(&seal::random_key().unwrap());
        let place = seal::Place {
            table: "connection",
            column: "tokens_sealed",
            row: b"PACME01/PBETH01",
            generation: 7,
        };
        let tokens = [7; 160];
        let sealed = key.seal(place, &tokens).unwrap();
        let mut group = c.benchmark_group("seal");
        group.bench_function("seal 160 bytes", |b| b.iter(|| key.seal(place, std::hint::black_box(&tokens))));
        group.bench_function("open 160 bytes", |b| b.iter(|| key.open(place, std::hint::black_box(&sealed))));
        group.finish();
    }
}

/// A person who is connected, and all it takes.
struct Connected {
    connect: Connect,
    clock: Clock,
    user: UserId,
    /// As their browser sends them.
    headers: HeaderMap,
    _sandbox: Sandbox,
    _files: TempDir,
}

impl Connected {
    async fn new(home: &str) -> Self {
        const REDIRECT: &str = "http://localhost:4321/callback";
        let sandbox = Sandbox::start().await.unwrap();
        sandbox.add_redirect_url(REDIRECT);
        sandbox.set_switches(|s| s.consent_as = Some("bethany@acme.example".into()));
        let files = tempfile::tempdir().unwrap();
        let key = files.path().join("vault.key");
        let vault = match home {
            "memory" => Vault::in_memory().await,
            "SQLite" => Vault::open(&format!("sqlite:{}", files.path().join("v.db").display()), &key).await,
            url => {
                let mut db = PgConnection::connect(url).await.unwrap();
                // What the benchmark before this one has left is sealed with a key that is gone.
                sqlx::raw_sql("DROP SCHEMA IF EXISTS pdconnect CASCADE").execute(&mut db).await.unwrap();
                db.close().await.unwrap();
                Vault::open(url, &key).await
            }
        };
        let at = |url: &str| Endpoints::origin(url).unwrap();
        let registration = Registration {
            client_id: sandbox.client_id().into(),
            client_secret: ClientSecret::new(sandbox.client_secret()),
            redirect_uri: REDIRECT.into(),
            scopes: Scopes::parse("openid users.read"),
            endpoints: Endpoints::new(
                at(sandbox.identity_url()),
                at(sandbox.api_url()),
                at(sandbox.eu_api_url()),
            ),
        };
        let clock = Clock::system();
        let connect = Connect::new(registration, vault.unwrap(), clock.clone()).unwrap();

        let begun = connect.begin(None, &HeaderMap::new()).await.unwrap();
        #[expect(clippy::disallowed_methods, reason = "the person's browser, not the program's way out")]
        let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let back = browser.get(begun.authorize_url.clone()).send().await.unwrap();
        let location = back.headers()[header::LOCATION].to_str().unwrap();
        let query = location.split_once('?').unwrap().1;
        let finished = connect.finish(query, &cookies(&begun.cookies)).await.unwrap();
        let headers = cookies(&finished.cookies);
        Self { connect, clock, user: finished.user, headers, _sandbox: sandbox, _files: files }
    }
}

/// What a browser sends of what it was told to keep.
fn cookies(set: &[String]) -> HeaderMap {
    let kept = set.iter().filter(|cookie| !cookie.contains("Max-Age=0"));
    let pairs: Vec<&str> = kept.filter_map(|cookie| cookie.split(';').next()).collect();
    HeaderMap::from_iter([(header::COOKIE, pairs.join("; ").parse().unwrap())])
}

fn homes() -> Vec<(&'static str, String)> {
    let mut homes = vec![("memory", "memory".to_owned()), ("SQLite", "SQLite".to_owned())];
    #[expect(clippy::disallowed_methods, reason = "the one setting of the benchmarks")]
    if let Ok(url) = std::env::var("PDCONNECT_TEST_POSTGRES") {
        homes.push(("PostgreSQL", url));
    }
    homes
}

fn lookups(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let mut group = c.benchmark_group("lookup");
    for (name, home) in homes() {
        let here = runtime.block_on(Connected::new(&home));
        group.bench_function(format!("session, {name}"), |b| {
            b.to_async(&runtime)
                .iter(|| async { black_box(here.connect.session(&here.headers).await.unwrap()) });
        });
        group.bench_function(format!("fresh token, {name}"), |b| {
            b.to_async(&runtime)
                .iter(|| async { black_box(here.connect.identity(&here.user).await.unwrap()) });
        });
    }
    group.finish();
}

/// Callers that all find the token over.
const CALLERS: u64 = 1000;
/// Nobody refreshes anything younger than half a minute.
const TOKEN_LIFE: Duration = Duration::from_secs(24 * 3600);

fn refresh(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let mut group = c.benchmark_group("1,000 callers at once");
    group.sample_size(20).throughput(Throughput::Elements(CALLERS));
    for (name, home) in homes() {
        let here = runtime.block_on(Connected::new(&home));
        let all = || async {
            let calls = (0..CALLERS).map(|_| {
                let (connect, user) = (here.connect.clone(), here.user.clone());
                tokio::spawn(async move { connect.identity(&user).await.map(drop) })
            });
            for call in calls.collect::<Vec<_>>() {
                call.await.unwrap().unwrap();
            }
        };
        group.bench_function(format!("token over, {name}"), |b| {
            let over = || here.clock.advance(TOKEN_LIFE);
            b.to_async(&runtime).iter_batched(over, |()| all(), BatchSize::PerIteration);
        });
        group.bench_function(format!("token fresh, {name}"), |b| b.to_async(&runtime).iter(all));
    }
    group.finish();
}

criterion_group!(benches, vault::bench, lookups, refresh);
criterion_main!(benches);
