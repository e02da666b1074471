//! One PostgreSQL database, for any number of replicas. Everything stands in a
//! schema of its own, so that the database may be shared.

use std::{net::IpAddr, str::FromStr, time::Duration};

use async_trait::async_trait;
use sqlx::{
    ConnectOptions, Connection, PgPool, Row,
    migrate::MigrateError,
    postgres::{PgConnectOptions, PgPoolOptions, PgRow, PgSslMode},
};

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
    imports::{Count, Find, sql::sql_imports},
    pulse::Pulse,
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

const SCHEMA: &str = "pdconnect";
/// Of each replica.
const CONNECTIONS: u32 = 16;
/// So long a request waits for its turn. A database that is down is noticed sooner, by its pulse.
const TURN: Duration = Duration::from_secs(5);
/// When the program starts, the database may be starting too.
const START_PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Postgres {
    read: PgPool,
    write: PgPool,
    pulse: Pulse,
}

sql_home!(
    Postgres,
    row = PgRow,
    now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint",
    begin = "BEGIN",
    // Two that add a key would not see each other's. Who seals or reads is not kept waiting.
    begin_keys = "BEGIN; LOCK TABLE vault_key IN SHARE ROW EXCLUSIVE MODE",
    lock = " FOR UPDATE",
    skip = " FOR UPDATE SKIP LOCKED"
);

#[async_trait]
impl Store for Postgres {
    fn is_down(&self) -> bool {
        self.pulse.is_down()
    }

    async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

impl Postgres {
    /// What stands in the database about keys. Changes nothing.
    pub(super) async fn inspect(url: &str) -> Result<Vec<KeyRow>, VaultError> {
        let options = options(url)?;
        let connecting = tokio::time::timeout(START_PATIENCE, options.connect());
        let mut db = match connecting.await {
            Ok(Ok(db)) => db,
            Ok(Err(e)) => return Err(VaultError::NoAnswer { place: place(&options), why: e.to_string() }),
            Err(_) => {
                return Err(VaultError::NoAnswer { place: place(&options), why: "it takes too long".into() });
            }
        };
        let has_keys: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'vault_key')",
        )
        .bind(SCHEMA)
        .fetch_one(&mut db)
        .await?;
        let known = if has_keys { read_keys(&mut db).await? } else { Vec::new() };
        db.close().await?;
        Ok(known)
    }

    /// Opens the database; makes the schema, or brings it up to date.
    pub(super) async fn open(url: &str) -> Result<Self, VaultError> {
        let options = options(url)?;
        let no_answer = |e: sqlx::Error| VaultError::NoAnswer { place: place(&options), why: e.to_string() };
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(TURN)
            .connect_with(options.clone())
            .await
            .map_err(no_answer)?;
        // Replicas that start at once take turns: PostgreSQL's IF NOT EXISTS alone does not make them.
        let mut tx = pool.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock(hashtext($1))").bind(SCHEMA).execute(&mut *tx).await?;
        sqlx::query("CREATE SCHEMA IF NOT EXISTS pdconnect").execute(&mut *tx).await.map_err(no_answer)?;
        tx.commit().await?;
        sqlx::migrate!("./migrations/postgres").run(&pool).await.map_err(|e| match e {
            MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => {
                VaultError::Newer(place(&options))
            }
            MigrateError::VersionMismatch(_) => VaultError::Early(place(&options)),
            other => VaultError::NoAnswer { place: place(&options), why: other.to_string() },
        })?;
        Ok(Self { read: pool.clone(), write: pool, pulse: Pulse::of(options) })
    }
}

/// Whether an address is one of PostgreSQL's.
pub(super) fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

fn options(url: &str) -> Result<PgConnectOptions, VaultError> {
    let mut options = PgConnectOptions::from_str(url).map_err(|_| VaultError::Address(scheme(url).into()))?;
    // Over a network nobody may read along, or answer in the database's place.
    if is_far(&options) && !url.contains("sslmode=") && matches!(options.get_ssl_mode(), PgSslMode::Prefer) {
        options = options.ssl_mode(PgSslMode::VerifyFull);
    }
    Ok(options
        .application_name("pdconnect")
        .options([("search_path", SCHEMA), ("statement_timeout", "5s"), ("lock_timeout", "5s")])
        .disable_statement_logging())
}

/// Whether the way to the database leaves this machine.
fn is_far(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let is_loopback = host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    !(is_loopback || host == "localhost" || host.starts_with('/') || options.get_socket().is_some())
}

/// Where the database is, without the password.
fn place(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or(options.get_username());
    format!("postgres://{}:{}/{database}", options.get_host(), options.get_port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_this_machine_the_database_must_show_who_it_is() {
        let mode = |url: &str| options(url).unwrap().get_ssl_mode();
        for url in
            ["postgres://u@db.example/x", "postgres://u@10.0.0.7:5433/x", "postgresql://u@[2001:db8::1]/x"]
        {
            assert!(matches!(mode(url), PgSslMode::VerifyFull), "{url}");
        }
        for url in
            ["postgres://u@localhost/x", "postgres://u@127.0.0.1/x", "postgres:///x?host=/run/postgresql"]
        {
            assert!(matches!(mode(url), PgSslMode::Prefer), "{url}");
        }
        assert!(matches!(mode("postgres://u@db.example/x?sslmode=disable"), PgSslMode::Disable));
        assert!(matches!(mode("postgres://u@db.example/x?sslmode=prefer"), PgSslMode::Prefer));
    }
}
