//! The vault's file and key, through the library's own door.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop there and say where"
)]

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use http::{HeaderMap, header};
use pagerduty::{ClientSecret, Endpoints, Scopes};
use pagerduty_connect::{Begun, Clock, Connect, Error, LocalPath, Registration, Vault, VaultError};
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.path("data/v.db").display())
    }

    async fn open(&self) -> Result<Vault, VaultError> {
        Vault::open(&self.url(), &self.path("data/v.key")).await
    }

    async fn database(&self) -> SqliteConnection {
        SqliteConnectOptions::new().filename(self.path("data/v.db")).connect().await.unwrap()
    }

    async fn change(&self, sql: &'static str) {
        let mut db = self.database().await;
        sqlx::raw_sql(sql).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.path("data/v.db")).unwrap()
    }

    fn private(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// Speaks to a PagerDuty that is not there.
fn connect(vault: Vault, clock: Clock) -> Connect {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = Endpoints::origin(&format!("http://{gone}")).unwrap();
    let registration = Registration {
        client_id: "id".into(),
        client_secret: ClientSecret::new("secret"),
        redirect_uri: "http://localhost:5000/callback".into(),
        scopes: Scopes::parse("openid users.read"),
        endpoints: Endpoints::new(url.clone(), url.clone(), url),
    };
    Connect::new(registration, vault, clock).unwrap()
}

/// The callback that PagerDuty would send for this attempt, and the browser's headers.
fn callback(begun: &Begun) -> (String, HeaderMap) {
    let state = begun.authorize_url.query_pairs().find(|(n, _)| n == "state").unwrap().1.into_owned();
    let issuer = "https%3A%2F%2Fapp.pagerduty.com%2Fglobal%2Foauth%2Fanonymous";
    let pair = begun.cookies.last().unwrap().split(';').next().unwrap();
    let headers = HeaderMap::from_iter([(header::COOKIE, pair.parse().unwrap())]);
    (format!("code=c&state={state}&iss={issuer}"), headers)
}

#[tokio::test]
async fn a_vault_is_made_once_and_opened_ever_after() {
    let files = Files::new();
    files.open().await.unwrap().close().await;
    let key = fs::read(files.path("data/v.key")).unwrap();
    for _ in 0..3 {
        files.open().await.unwrap().close().await;
    }
    assert_eq!(fs::read(files.path("data/v.key")).unwrap(), key);
    for (name, mode) in [("data", 0o700), ("data/v.db", 0o600), ("data/v.key", 0o600)] {
        assert_eq!(fs::metadata(files.path(name)).unwrap().permissions().mode() & 0o777, mode, "{name}");
    }
}

#[tokio::test]
async fn sr_76_a_wrong_or_missing_key_opens_nothing_and_changes_nothing() {
    let files = Files::new();
    files.open().await.unwrap().close().await;
    let before = files.bytes();
    let key = fs::read(files.path("data/v.key")).unwrap();
    fs::remove_file(files.path("data/v.key")).unwrap();
    assert!(matches!(files.open().await, Err(VaultError::KeyMissing(_))));
    assert!(!files.path("data/v.key").exists(), "a key was made");
    files.private("data/v.key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    assert!(matches!(files.open().await, Err(VaultError::WrongKey { .. })));
    files.private("data/v.key", "short");
    assert!(matches!(files.open().await, Err(VaultError::KeyFile { .. })));
    assert_eq!(files.bytes(), before);
    files.private("data/v.key", key);
    files.open().await.unwrap();
}

#[tokio::test]
async fn a_file_of_another_program_is_not_touched() {
    let files = Files::new();
    fs::create_dir(files.path("data")).unwrap();
    for content in [&b"a diary"[..], b"SQLite format 3\0", &[0; 4096]] {
        files.private("data/v.db", content);
        assert!(matches!(files.open().await, Err(VaultError::NotOurs(_))), "{content:?}");
        assert_eq!(files.bytes(), content);
    }
    fs::remove_file(files.path("data/v.db")).unwrap();
    let create = SqliteConnectOptions::new().filename(files.path("data/v.db")).create_if_missing(true);
    let mut db = create.connect().await.unwrap();
    sqlx::raw_sql("CREATE TABLE connection (user TEXT)").execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    files.private("data/v.db", files.bytes());
    let before = files.bytes();
    assert!(matches!(files.open().await, Err(VaultError::NotOurs(_))));
    assert_eq!(files.bytes(), before);
    assert!(!files.path("data/v.key").exists(), "a key was made");
}

#[tokio::test]
async fn a_schema_that_somebody_changed_is_not_trusted() {
    let files = Files::new();
    files.open().await.unwrap().close().await;
    files.change("UPDATE _sqlx_migrations SET checksum = x'00'").await;
    assert!(matches!(files.open().await, Err(VaultError::Early(_))));
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let files = Files::new();
    files.private("file", "x");
    let below = files.path("file").join("v.db");
    let refused =
        Vault::open(&format!("sqlite:{}", below.display()), &files.path("v.key")).await.unwrap_err();
    assert!(refused.to_string().contains("v.db"), "{refused}");
    let refused = Vault::open(&files.url(), &files.path("file").join("v.key")).await.unwrap_err();
    assert!(refused.to_string().contains("v.key"), "{refused}");

    let locked = files.path("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o500)).unwrap();
    // Root may write anywhere: then there is nothing to see.
    if fs::write(locked.join("probe"), "x").is_err() {
        let url = format!("sqlite:{}", locked.join("v.db").display());
        let refused = Vault::open(&url, &files.path("v.key")).await.unwrap_err();
        assert!(refused.to_string().contains("v.db"), "{refused}");
    }
}

#[tokio::test]
async fn sr_79_files_that_others_can_read_are_refused() {
    let files = Files::new();
    files.open().await.unwrap().close().await;
    for name in ["data/v.db", "data/v.key"] {
        for mode in [0o640, 0o604, 0o622, 0o601] {
            fs::set_permissions(files.path(name), fs::Permissions::from_mode(mode)).unwrap();
            let refused = files.open().await.unwrap_err();
            assert!(
                matches!(&refused, VaultError::Readable(p) if *p == files.path(name)),
                "{mode:o}: {refused}"
            );
        }
        fs::set_permissions(files.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    files.open().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_program_began_another_ends() {
    let existing = Files::new();
    existing.open().await.unwrap().close().await;
    let (a, b) = tokio::join!(existing.open(), existing.open());
    let (a, b) = (a.unwrap(), b.unwrap());
    let (a, b) = (connect(a, Clock::system()), connect(b, Clock::system()));
    let (query, headers) = callback(&a.begin(None, &HeaderMap::new()).await.unwrap());
    assert!(matches!(b.finish(&query, &headers).await, Err(Error::PagerDuty(_))));
    assert!(matches!(a.finish(&query, &headers).await, Err(Error::AlreadyUsed)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sr_04_a_consumed_attempt_cannot_be_used_again_however_many_try_at_once() {
    let files = Files::new();
    let connect = connect(files.open().await.unwrap(), Clock::system());
    for _ in 0..20 {
        let (query, headers) =
            callback(&connect.begin(LocalPath::parse("/how"), &HeaderMap::new()).await.unwrap());
        let mut tries = Vec::new();
        for _ in 0..32 {
            let (connect, query, headers) = (connect.clone(), query.clone(), headers.clone());
            tries.push(tokio::spawn(async move { connect.finish(&query, &headers).await }));
        }
        let (mut redeemed, mut refused) = (0, 0);
        for attempt in tries {
            match attempt.await.unwrap() {
                Err(Error::PagerDuty(_)) => redeemed += 1,
                Err(Error::AlreadyUsed) => refused += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((redeemed, refused), (1, 31));
    }
}

#[tokio::test]
async fn sr_02_an_attempt_is_bound_to_its_browser_and_its_time() {
    let files = Files::new();
    let clock = Clock::system();
    let connect = connect(files.open().await.unwrap(), clock.clone());
    let (query, headers) = callback(&connect.begin(None, &HeaderMap::new()).await.unwrap());
    let (_, other) = callback(&connect.begin(None, &HeaderMap::new()).await.unwrap());
    for foreign in [HeaderMap::new(), other] {
        assert!(matches!(connect.finish(&query, &foreign).await, Err(Error::StateMismatch)));
    }
    clock.advance(Duration::from_secs(601));
    assert!(matches!(connect.finish(&query, &headers).await, Err(Error::Expired)));
    let (query, headers) = callback(&connect.begin(None, &HeaderMap::new()).await.unwrap());
    clock.advance(Duration::from_secs(599));
    assert!(matches!(connect.finish(&query, &headers).await, Err(Error::PagerDuty(_))));
}

#[tokio::test]
async fn sr_73_an_attempt_that_was_altered_is_not_used() {
    let files = Files::new();
    let connect = connect(files.open().await.unwrap(), Clock::system());
    let (query, headers) = callback(&connect.begin(None, &HeaderMap::new()).await.unwrap());
    files.change("UPDATE attempt SET sealed = zeroblob(80)").await;
    let refused = connect.finish(&query, &headers).await.unwrap_err();
    assert!(matches!(refused, Error::Tampered), "{refused}");
}

#[tokio::test]
async fn sr_23_the_database_holds_no_state_and_no_cookie() {
    let files = Files::new();
    let vault = files.open().await.unwrap();
    let connect = connect(vault.clone(), Clock::system());
    let begun = connect.begin(None, &HeaderMap::new()).await.unwrap();
    vault.close().await;
    let text = String::from_utf8_lossy(&files.bytes()).into_owned();
    for (name, value) in begun.authorize_url.query_pairs() {
        let secret = matches!(&*name, "state" | "nonce" | "code_challenge");
        assert!(!secret || !text.contains(&*value), "{name} is in the database");
    }
    let cookie = begun.cookies.last().unwrap().split(['=', ';']).nth(1).unwrap();
    assert!(!text.contains(cookie));
}
