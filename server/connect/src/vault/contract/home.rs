//! A home of its own for every test.

use std::{panic::resume_unwind, path::PathBuf, sync::Arc};

use sqlx::{
    ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions, sqlite::SqliteConnectOptions,
};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

use super::{KEY, database::Database};
use crate::{
    Vault, VaultError, token,
    vault::{files, memory::Memory, postgres::Postgres, sqlite::Sqlite, store::*},
};

/// Each may take up to 50 of the server's 200 connections.
static POSTGRES_TESTS: Semaphore = Semaphore::const_new(3);

#[derive(Clone)]
pub(super) struct Home(Arc<Inner>);

struct Inner {
    kind: Kind,
    /// With the key file and, where there is one, the database file.
    folder: TempDir,
}

enum Kind {
    Memory,
    Sqlite,
    Postgres { server: Url, name: String, _turn: SemaphorePermit<'static> },
}

/// Runs a test in a home and clears up after it, however it ends.
pub(super) async fn show<F>(home: Home, test: impl FnOnce(Home) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let outcome = tokio::spawn(test(home.clone())).await;
    if let Kind::Postgres { name, .. } = &home.0.kind {
        home.on_server(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
    }
    if let Err(failed) = outcome {
        resume_unwind(failed.into_panic());
    }
}

impl Home {
    pub(super) async fn memory() -> Self {
        Self::of(Kind::Memory)
    }

    pub(super) async fn sqlite() -> Self {
        Self::of(Kind::Sqlite)
    }

    pub(super) async fn postgres() -> Self {
        let name = format!("pdconnect_{}", token::random().replace('-', "_").to_lowercase());
        let kind = Kind::Postgres { server: server(), name, _turn: POSTGRES_TESTS.acquire().await.unwrap() };
        let home = Self::of(kind);
        if let Kind::Postgres { name, .. } = &home.0.kind {
            home.on_server(&format!("CREATE DATABASE {name}")).await;
        }
        home
    }

    fn of(kind: Kind) -> Self {
        Self(Arc::new(Inner { kind, folder: tempfile::tempdir().unwrap() }))
    }

    /// The home alone.
    pub(super) async fn bare_store(&self) -> Arc<dyn Store> {
        match &self.0.kind {
            Kind::Memory => Arc::new(Memory::default()),
            Kind::Sqlite => Arc::new(Sqlite::open(&self.url(), &self.file()).await.unwrap()),
            Kind::Postgres { .. } => Arc::new(Postgres::open(&self.url()).await.unwrap()),
        }
    }

    /// The home, which knows one key.
    pub(super) async fn store(&self) -> Arc<dyn Store> {
        let store = self.bare_store().await;
        let first = KeyRow { id: KEY.into(), sealed: vec![1], current: true };
        store.add_first_key(&first).await.unwrap();
        store
    }

    /// What two replicas see of one home.
    pub(super) async fn replicas(&self) -> [Arc<dyn Store>; 2] {
        let first = self.store().await;
        match &self.0.kind {
            Kind::Memory => [Arc::clone(&first), first],
            _ => [first, self.bare_store().await],
        }
    }

    /// The home with its seal. On a file or a server each is one more replica.
    pub(super) async fn vault(&self) -> Vault {
        match &self.0.kind {
            Kind::Memory => Vault::in_memory().await.unwrap(),
            _ => self.open().await.unwrap(),
        }
    }

    pub(super) async fn open(&self) -> Result<Vault, VaultError> {
        Vault::open(&self.url(), &self.key_file()).await
    }

    pub(super) fn url(&self) -> String {
        match &self.0.kind {
            Kind::Memory => panic!("memory has no address"),
            Kind::Sqlite => format!("sqlite:{}", self.file().display()),
            Kind::Postgres { server, name, .. } => {
                let mut url = server.clone();
                url.set_path(name);
                // Nothing is to survive a crash here.
                url.set_query(Some("options=-c%20synchronous_commit%3Doff"));
                url.into()
            }
        }
    }

    pub(super) fn key_file(&self) -> PathBuf {
        self.0.folder.path().join("v.key")
    }

    pub(super) fn keys(&self) -> String {
        std::fs::read_to_string(self.key_file()).unwrap()
    }

    /// Puts other keys in the place of the key file's.
    pub(super) fn set_keys(&self, text: &str) {
        files::write_whole(&self.key_file(), text.as_bytes(), false).unwrap();
    }

    /// The database behind the vault's back.
    pub(super) async fn database(&self) -> Database {
        match &self.0.kind {
            Kind::Memory => panic!("memory has no back door"),
            Kind::Sqlite => {
                let options = SqliteConnectOptions::new().filename(self.file()).foreign_keys(true);
                Database::Sqlite(options.connect().await.unwrap())
            }
            Kind::Postgres { .. } => {
                let options: PgConnectOptions = self.url().parse().unwrap();
                let options = options.options([("search_path", "pdconnect")]);
                Database::Postgres(options.connect().await.unwrap())
            }
        }
    }

    /// As if nothing had ever been opened here.
    pub(super) async fn clear(&self) {
        match &self.0.kind {
            Kind::Memory => {}
            Kind::Sqlite => {
                for end in ["", "-wal", "-shm"] {
                    _ = std::fs::remove_file(format!("{}{end}", self.file().display()));
                }
            }
            Kind::Postgres { .. } => {
                self.database().await.run("DROP SCHEMA IF EXISTS pdconnect CASCADE").await;
            }
        }
        _ = std::fs::remove_file(self.key_file());
    }

    /// Files in the folder that are neither the database's nor the key file.
    pub(super) fn leftovers(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.0.folder.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| !name.starts_with("v.db") && name != "v.key").collect()
    }

    fn file(&self) -> PathBuf {
        self.0.folder.path().join("v.db")
    }

    async fn on_server(&self, sql: &str) {
        let Kind::Postgres { server, .. } = &self.0.kind else { return };
        let mut server = Database::Postgres(PgConnection::connect(server.as_str()).await.unwrap());
        server.run(sql).await;
        server.close().await;
    }
}

#[expect(clippy::disallowed_methods, reason = "where the tests' server is, is no setting of the program")]
pub(super) fn server() -> Url {
    let url = std::env::var("PDCONNECT_TEST_POSTGRES");
    url.expect("PDCONNECT_TEST_POSTGRES is not set: run this through make unit").parse().unwrap()
}
