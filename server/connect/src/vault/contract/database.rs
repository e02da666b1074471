//! The database behind the vault's back, for those who look at it or change it.

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

pub(super) enum Database {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// The same statement for either.
macro_rules! on {
    ($database:expr, $db:ident => $call:expr) => {
        match $database {
            Database::Sqlite($db) => $call,
            Database::Postgres($db) => $call,
        }
    };
}

impl Database {
    pub(super) async fn run(&mut self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        on!(self, db => { sqlx::raw_sql(sql).execute(db).await.unwrap(); });
    }

    pub(super) async fn number(&mut self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        on!(self, db => sqlx::query_scalar(sql).fetch_one(db).await.unwrap())
    }

    pub(super) async fn bytes(&mut self, sql: &str) -> Vec<u8> {
        let sql = AssertSqlSafe(sql.to_owned());
        on!(self, db => sqlx::query_scalar(sql).fetch_one(db).await.unwrap())
    }

    /// Puts bytes where the statement says `$1`, into one row.
    pub(super) async fn put(&mut self, sql: &str, bytes: &[u8]) {
        let sql = AssertSqlSafe(sql.to_owned());
        let rows = on!(self, db => sqlx::query(sql).bind(bytes).execute(db).await.unwrap().rows_affected());
        assert_eq!(rows, 1, "the statement met one row");
    }

    /// All that stands in the tables, to be compared; rows that were written anew look different.
    pub(super) async fn picture(&mut self) -> String {
        let mut all = String::new();
        for table in [
            "vault_key",
            "attempt",
            "connection",
            "session",
            "revocation",
            "audit_line",
            "audit_head",
            "_sqlx_migrations",
        ] {
            let rows: Vec<String> = match self {
                Self::Sqlite(db) => {
                    let columns: Vec<String> =
                        sqlx::query_scalar("SELECT 'quote(' || name || ')' FROM pragma_table_info($1)")
                            .bind(table)
                            .fetch_all(&mut *db)
                            .await
                            .unwrap();
                    let sql = format!(
                        "SELECT concat_ws(' ', rowid, {}) FROM {table} ORDER BY 1",
                        columns.join(", ")
                    );
                    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(db).await.unwrap()
                }
                Self::Postgres(db) => {
                    let sql = format!("SELECT concat_ws(' ', xmin, ctid, t) FROM {table} t ORDER BY 1");
                    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(db).await.unwrap()
                }
            };
            all.push_str(&format!("{table}\n{}\n", rows.join("\n")));
        }
        all
    }

    pub(super) async fn close(self) {
        on!(self, db => db.close().await.unwrap());
    }
}
