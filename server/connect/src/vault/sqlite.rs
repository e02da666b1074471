//! One SQLite file, for one machine.
//!
//! One connection writes, several read. Every statement that writes is a
//! transaction of its own or stands in a `BEGIN IMMEDIATE`, so that no reader
//! ever has to become a writer half-way (SQLite refuses that at once).

use std::{
    fs, io,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use async_trait::async_trait;
use sqlx::{
    ConnectOptions, Connection, Row, SqlitePool,
    migrate::MigrateError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous},
};
use tokio::time::{Instant, sleep};

use super::{
    VaultError,
    alerts::{new_id, sql::sql_alerts},
    api::sql::sql_api,
    attempts::sql::sql_attempts,
    audit::{
        AuditLine, Head,
        sql::{hash_of, sql_audit},
    },
    census::{Census, CensusStore, sql_census},
    connections::sql::sql_connections,
    files,
    imports::{Count, Find, sql::sql_imports},
    revocations::sql::sql_revocations,
    ring::sql::sql_keys,
    scheme,
    sessions::sql::sql_sessions,
    setup::sql::sql_setup,
    sql::{FIRST_HOLD, NOTHING, TOO_FAR, TOO_FAR_TO_REVOKE, fixed, in_millis, millis, sql_home},
    store::*,
};
use crate::{
    Owner, UserId,
    state::{Reason, Times, Trouble},
    token::Hash,
};

/// Stands in the file's header (`PRAGMA application_id`): "PDCn".
const APPLICATION_ID: i64 = 0x5044_436e;
/// Another process may be writing: a backup, or one more program on the same file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// So long a request waits for its turn.
const TURN: Duration = Duration::from_secs(5);
const READERS: u32 = 4;
/// Two programs that start at once both find no schema; the second finds the first one's at its next try.
const SCHEMA_TRIES: u32 = 20;
const LOOK_AGAIN: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct Sqlite {
    read: SqlitePool,
    write: SqlitePool,
}

sql_home!(
    Sqlite,
    row = SqliteRow,
    now = "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    begin = "BEGIN IMMEDIATE",
    begin_keys = "BEGIN IMMEDIATE",
    lock = "",
    skip = ""
);

#[async_trait]
impl Store for Sqlite {
    async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

impl Sqlite {
    /// The file that `url` (`sqlite:path`) names, and what stands in it about keys.
    /// Changes nothing.
    pub(super) async fn inspect(url: &str) -> Result<(PathBuf, Vec<KeyRow>), VaultError> {
        let address = || VaultError::Address(scheme(url).into());
        let options = SqliteConnectOptions::from_str(url).map_err(|_| address())?;
        let path = options.get_filename().to_owned();
        if !url.starts_with("sqlite:") || path == Path::new("") {
            return Err(address());
        }
        match fs::metadata(&path) {
            Ok(meta) if meta.len() > 0 => files::refuse_if_others_can_read(&path)?,
            Ok(_) => return Ok((path, Vec::new())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok((path, Vec::new())),
            Err(e) => return Err(files::failed(&path)(e)),
        }
        let not_ours = |e: sqlx::Error| match is_busy(&e) {
            true => VaultError::File { path: path.clone(), why: e.to_string() },
            false => VaultError::NotOurs(path.clone()),
        };
        let mut db = options.read_only(true).connect().await.map_err(not_ours)?;
        // In this order: a program that is just making the file marks it before its first table.
        let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE type = 'table'")
            .fetch_one(&mut db)
            .await
            .map_err(not_ours)?;
        let id: i64 =
            sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut db).await.map_err(not_ours)?;
        if id != APPLICATION_ID && (id != 0 || tables > 0) {
            return Err(VaultError::NotOurs(path));
        }
        let has_keys: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE name = 'vault_key'")
            .fetch_one(&mut db)
            .await?;
        // Killed between the file and its schema: nothing was sealed yet.
        let known = match has_keys {
            0 => Vec::new(),
            _ => read_keys(&mut db).await.map_err(|e| match is_busy(&e) {
                true => VaultError::File { path: path.clone(), why: e.to_string() },
                false => VaultError::Early(path.display().to_string()),
            })?,
        };
        db.close().await?;
        Ok((path, known))
    }

    /// Copies the database into an empty file, as it stands at one moment, while others read and write it.
    pub(super) async fn copy_into(url: &str, to: &Path) -> Result<(), VaultError> {
        let options =
            SqliteConnectOptions::from_str(url).map_err(|_| VaultError::Address(scheme(url).into()))?;
        let mut db = options.read_only(true).busy_timeout(BUSY_TIMEOUT).connect().await?;
        let to_text = to
            .to_str()
            .ok_or_else(|| VaultError::File { path: to.into(), why: "its name is not text".to_owned() })?;
        let copied = sqlx::query("VACUUM INTO $1").bind(to_text).execute(&mut db).await;
        copied.map_err(|e| VaultError::File { path: to.into(), why: e.to_string() })?;
        db.close().await?;
        Ok(())
    }

    /// Whether every page and every reference of a copy is sound: how many connections and imports are in it, and the
    /// keys it knows.
    pub(super) async fn check_copy(path: &Path) -> Result<(u64, u64, Vec<KeyRow>), VaultError> {
        let bad = |e: sqlx::Error| VaultError::BadCopy(e.to_string());
        let mut db =
            SqliteConnectOptions::new().filename(path).read_only(true).connect().await.map_err(bad)?;
        let said: String =
            sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut db).await.map_err(bad)?;
        if said != "ok" {
            return Err(VaultError::BadCopy(said));
        }
        let lost = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut db).await.map_err(bad)?;
        if !lost.is_empty() {
            return Err(VaultError::BadCopy("rows refer to others that are not there".to_owned()));
        }
        let (connections, imports): (i64, i64) =
            sqlx::query_as("SELECT (SELECT count(*) FROM connection), (SELECT count(*) FROM import)")
                .fetch_one(&mut db)
                .await
                .map_err(bad)?;
        let known = read_keys(&mut db).await.map_err(bad)?;
        db.close().await.map_err(bad)?;
        Ok((connections.unsigned_abs(), imports.unsigned_abs(), known))
    }

    /// Opens the file, which is made for its owner's eyes only.
    pub(super) async fn open(url: &str, path: &Path) -> Result<Self, VaultError> {
        files::create(path)?;
        files::refuse_if_others_can_read(path)?;
        let options = SqliteConnectOptions::from_str(url)
            .map_err(|_| VaultError::Address(scheme(url).into()))?
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("secure_delete", "ON")
            .disable_statement_logging();
        let pool = || SqlitePoolOptions::new().acquire_timeout(TURN);
        let unusable = |e: sqlx::Error| VaultError::File { path: path.into(), why: e.to_string() };
        let deadline = Instant::now() + BUSY_TIMEOUT;
        let write = loop {
            // A full disk can leave a transaction neither kept nor undone: that connection is of no more use.
            let one = pool()
                .max_connections(1)
                .before_acquire(|db, _| Box::pin(async move { Ok(!db.is_in_transaction()) }));
            match one.connect_with(options.clone()).await {
                // Another program is just making the file: to turn it to WAL takes it alone, and
                // there SQLite does not wait by itself.
                Err(e) if is_busy(&e) && Instant::now() < deadline => sleep(LOOK_AGAIN).await,
                opened => break opened.map_err(unusable)?,
            }
        };
        let id: i64 =
            sqlx::query_scalar("PRAGMA application_id").fetch_one(&write).await.map_err(unusable)?;
        // The file is ours from the first byte: a crash between here and the schema changes nothing.
        if id != APPLICATION_ID {
            let mark = format!("PRAGMA application_id = {APPLICATION_ID}");
            sqlx::query(sqlx::AssertSqlSafe(mark)).execute(&write).await.map_err(unusable)?;
        }
        migrate(&write, path).await?;
        let read =
            pool().max_connections(READERS).connect_with(options.read_only(true)).await.map_err(unusable)?;
        Ok(Self { read, write })
    }
}

/// Whether another program holds the file. (The lowest byte of SQLite's codes tells their kind.)
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|e| e.code()).and_then(|code| code.parse::<i32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

async fn migrate(write: &SqlitePool, path: &Path) -> Result<(), VaultError> {
    let mut tries = SCHEMA_TRIES;
    loop {
        tries -= 1;
        match sqlx::migrate!("./migrations/sqlite").run(write).await {
            Ok(()) => return Ok(()),
            Err(MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..)) => {
                return Err(VaultError::Newer(path.display().to_string()));
            }
            Err(MigrateError::VersionMismatch(_)) => {
                return Err(VaultError::Early(path.display().to_string()));
            }
            Err(_) if tries > 0 => sleep(LOOK_AGAIN).await,
            Err(e) => return Err(VaultError::File { path: path.into(), why: e.to_string() }),
        }
    }
}
