//! Where connections, attempts and sessions are kept: one SQLite file, in which
//! everything that is secret or personal is sealed (see `vault/seal.rs`).
//!
//! One connection writes, several read. Every statement that writes is a
//! transaction of its own or stands in a `BEGIN IMMEDIATE`, so that no reader
//! ever has to become a writer half-way (SQLite refuses that at once).

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection, Row, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous},
};

mod attempts;
mod connections;
mod seal;
mod sessions;

pub(crate) use attempts::{ATTEMPT_SECS, Taken};
pub(crate) use connections::Tokens;
use seal::{Place, VaultKey};

/// Stands in the file's header (`PRAGMA application_id`): "PDCn".
const APPLICATION_ID: i64 = 0x5044_436e;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const READERS: u32 = 4;

/// The database and the key that opens it.
#[derive(Clone, Debug)]
pub struct Vault {
    write: SqlitePool,
    read: SqlitePool,
    key: VaultKey,
}

/// Why the vault cannot be opened or used. Each text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The address is not one of a SQLite file.
    #[error("“{0}” is not a database address; write it as sqlite:path/to/file.db")]
    Address(String),
    /// The file belongs to another program.
    #[error("{0} is not a database of this program; nothing was changed. Choose another file")]
    NotOurs(PathBuf),
    /// The file was written by a newer version.
    #[error("{0} was written by a newer version of this program; nothing was changed. Use that version")]
    Newer(PathBuf),
    /// The file or its folder cannot be used.
    #[error("{path} cannot be used: {why}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// Others on this machine could read a file that holds secrets.
    #[error("{0} can be read by others on this machine; run: chmod 600 {0}")]
    Readable(PathBuf),
    /// The key file cannot be used.
    #[error("the key file {path} cannot be used: {why}")]
    KeyFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// There is a database, but no key.
    #[error(
        "the key file {0} is missing, but the database was sealed with one; nothing was changed. \
         Put the key file back"
    )]
    KeyMissing(PathBuf),
    /// The key is not the one the database was sealed with.
    #[error(
        "the key in {0} is not the one the database was sealed with; nothing was changed. \
         Put the right key file back"
    )]
    WrongKey(PathBuf),
    /// A sealed value does not open: it was altered, moved or put back.
    #[error("a stored value does not open: it was altered or moved")]
    Unsealable,
    /// The database does not answer.
    #[error("the database does not answer: {0}")]
    Database(#[from] sqlx::Error),
}

impl Vault {
    /// Opens the database at `url` (`sqlite:path`) with the key in `key_file`.
    /// On the very first start both are made, for their owner's eyes only; later
    /// nothing is ever made anew or written over.
    pub async fn open(url: &str, key_file: &Path) -> Result<Self, VaultError> {
        let options = SqliteConnectOptions::from_str(url).map_err(|_| VaultError::Address(url.into()))?;
        if !url.starts_with("sqlite:") || options.get_filename() == Path::new("") {
            return Err(VaultError::Address(url.into()));
        }
        let path = options.get_filename().to_owned();
        let key = VaultKey::read(key_file)?;
        let found = inspect(&path, &options).await?;
        let key = match key {
            None if found.known.is_empty() => VaultKey::create(key_file)?,
            None => return Err(VaultError::KeyMissing(key_file.into())),
            Some(key) if found.known.is_empty() || opens(&key, &found.known) => key,
            Some(_) => return Err(VaultError::WrongKey(key_file.into())),
        };
        create(&path)?;
        refuse_if_others_can_read(&path)?;

        let options = options
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("secure_delete", "ON")
            .disable_statement_logging();
        let write = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        // The file is ours from the first byte: a crash between here and the schema changes nothing.
        if !found.is_marked {
            let mark = format!("PRAGMA application_id = {APPLICATION_ID}");
            sqlx::query(sqlx::AssertSqlSafe(mark)).execute(&write).await?;
        }
        sqlx::migrate!("./migrations/sqlite").run(&write).await.map_err(|e| match e {
            sqlx::migrate::MigrateError::VersionMissing(_) => VaultError::Newer(path.clone()),
            other => VaultError::File { path: path.clone(), why: other.to_string() },
        })?;
        let read =
            SqlitePoolOptions::new().max_connections(READERS).connect_with(options.read_only(true)).await?;
        let vault = Self { write, read, key };
        vault.check_key(key_file).await?;
        Ok(vault)
    }

    /// Closes every connection and folds the write-ahead log into the file.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    /// Seals the known text at the first start. Two programs may start at once:
    /// the one that comes second finds the first one's.
    async fn check_key(&self, key_file: &Path) -> Result<(), VaultError> {
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await?;
        let rows = known_texts(&mut tx).await?;
        if rows.is_empty() {
            sqlx::query("INSERT INTO vault_key (key_id, sealed) VALUES (?, ?)")
                .bind(self.key.id())
                .bind(self.key.seal(known_place(&self.key), KNOWN)?)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            return Ok(());
        }
        if opens(&self.key, &rows) { Ok(()) } else { Err(VaultError::WrongKey(key_file.into())) }
    }
}

/// A known text, sealed at the first start, tells a wrong key at every later one.
const KNOWN: &[u8] = b"connect for pagerduty";

fn known_place(key: &VaultKey) -> Place<'_> {
    Place { table: "vault_key", column: "sealed", row: key.id().as_bytes(), generation: 0 }
}

async fn known_texts(db: &mut SqliteConnection) -> Result<Vec<SqliteRow>, sqlx::Error> {
    sqlx::query("SELECT key_id, sealed FROM vault_key").fetch_all(db).await
}

fn opens(key: &VaultKey, known: &[SqliteRow]) -> bool {
    known.iter().any(|row| {
        row.get::<String, _>("key_id") == key.id()
            && key
                .open(known_place(key), &row.get::<Vec<u8>, _>("sealed"))
                .is_ok_and(|t| t.as_slice() == KNOWN)
    })
}

/// What a database file holds before anything is done with it.
#[derive(Default)]
struct Found {
    /// Whether it says that it is ours.
    is_marked: bool,
    /// The known text, sealed; none before the first start has ended.
    known: Vec<SqliteRow>,
}

/// Looks at the file without changing a byte of it.
async fn inspect(path: &Path, options: &SqliteConnectOptions) -> Result<Found, VaultError> {
    match fs::metadata(path) {
        Ok(meta) if meta.len() > 0 => refuse_if_others_can_read(path)?,
        Ok(_) => return Ok(Found::default()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Found::default()),
        Err(e) => return Err(VaultError::File { path: path.into(), why: e.to_string() }),
    }
    let not_ours = |_| VaultError::NotOurs(path.into());
    let mut db = options.clone().read_only(true).connect().await.map_err(not_ours)?;
    let id: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut db).await.map_err(not_ours)?;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE type = 'table'")
        .fetch_one(&mut db)
        .await
        .map_err(not_ours)?;
    if id != APPLICATION_ID && (id != 0 || tables > 0) {
        return Err(VaultError::NotOurs(path.into()));
    }
    let has_schema: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE name = 'vault_key'")
        .fetch_one(&mut db)
        .await?;
    // Killed between the file and its schema: nothing was sealed yet.
    let known = if has_schema == 0 { Vec::new() } else { known_texts(&mut db).await? };
    db.close().await?;
    Ok(Found { is_marked: id == APPLICATION_ID, known })
}

/// Makes the file and its folder, for their owner's eyes only.
fn create(path: &Path) -> Result<(), VaultError> {
    let failed = |e: io::Error| VaultError::File { path: path.into(), why: e.to_string() };
    make_private_folder(path).map_err(failed)?;
    private_file().create(true).truncate(false).open(path).map_err(failed)?;
    Ok(())
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn make_private_folder(file: &Path) -> io::Result<()> {
    let Some(folder) = file.parent().filter(|f| !f.as_os_str().is_empty() && !f.exists()) else {
        return Ok(());
    };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Refuses a file of secrets that its group or everyone can read.
pub fn refuse_if_others_can_read(path: &Path) -> Result<(), VaultError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let meta =
            fs::metadata(path).map_err(|e| VaultError::File { path: path.into(), why: e.to_string() })?;
        if meta.permissions().mode() & 0o077 != 0 {
            return Err(VaultError::Readable(path.into()));
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
