//! What can be wrong with a vault.

use std::path::PathBuf;

/// Why the vault cannot be opened or used. Each text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The address is not one of a database.
    #[error(
        "“{0}” is not a database address; write sqlite:path/to/file.db or postgres://user:password@host/database"
    )]
    Address(String),
    /// The file belongs to another program.
    #[error("{0} is not a database of this program; nothing was changed. Choose another file")]
    NotOurs(PathBuf),
    /// The database was written by a newer version.
    #[error("{0} was written by a newer version of this program; nothing was changed. Use that version")]
    Newer(String),
    /// The database was written by an early version, whose tables cannot be brought up to date.
    #[error(
        "{0} was written by an early version of this program; nothing was changed. Move it away, or choose another: \
         a new one is made, and people connect again"
    )]
    Early(String),
    /// The file or its folder cannot be used.
    #[error("{path} cannot be used: {why}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// The database server cannot be used.
    #[error("{place} does not answer as it should: {why}. Is it running, and are user and password right?")]
    NoAnswer {
        /// Which server and database.
        place: String,
        /// What was heard.
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
    /// A copy would be written over something.
    #[error("{0} is there already, and nothing is written over; choose another name")]
    Exists(PathBuf),
    /// There is nothing to copy.
    #[error("{0} holds no database of this program yet; nothing was copied")]
    Empty(PathBuf),
    /// A copy does not open as it should.
    #[error(
        "the copy is not sound, and was removed: {0}. The database itself may be damaged: keep all of its files"
    )]
    BadCopy(String),
    /// Passwordless sign-ins, connections and keys of a sandbox would go on.
    #[error(
        "it holds what a sandbox kept: people, sessions and keys that are made up. Choose another database for \
         PagerDuty"
    )]
    OfSandbox,
    /// A sandbox would be sent PagerDuty's tokens.
    #[error(
        "it holds what was kept with PagerDuty, and without credentials a sandbox would be used. Set client ID \
         and secret as before, or choose another database"
    )]
    OfPagerDuty,
    /// PostgreSQL makes its own copies.
    #[error(
        "this is a PostgreSQL database, which makes its own copies while it serves; \
         run: pg_dump --schema=pdconnect --format=custom --file=FILE DATABASE"
    )]
    NotAFile,
    /// A key the database was sealed with is not in the file.
    #[error(
        "{path} does not hold the key {id}, which the database was sealed with; nothing was changed. \
         Put the right key file back"
    )]
    WrongKey {
        /// The key file.
        path: PathBuf,
        /// The missing key's name.
        id: String,
    },
    /// A sealed value does not open: it was altered, moved or put back.
    #[error("a stored value does not open: it was altered or moved")]
    Unsealable,
    /// The system's random generator does not answer.
    #[error("this machine has no randomness to make keys from")]
    NoRandomness,
    /// The database has not answered for a moment, and is not asked until it does.
    #[error("the database is down")]
    Down,
    /// The database does not answer, or not as it should.
    #[error("the database does not answer: {0}")]
    Database(#[from] sqlx::Error),
}

impl VaultError {
    /// Sealed with a key that the database has let go: this process has not heard of the new one.
    pub(super) fn is_old_key(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(e)) if e.is_foreign_key_violation())
    }
}
