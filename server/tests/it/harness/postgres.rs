//! A fresh database in the PostgreSQL that `scripts/with-postgres` has started.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

pub struct Database {
    server: String,
    name: String,
    url: String,
}

impl Database {
    pub async fn create() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one setting of the tests")]
        let server = std::env::var("PDCONNECT_TEST_POSTGRES")
            .expect("PDCONNECT_TEST_POSTGRES is not set: run this through make unit");
        let mut random = [0; 8];
        getrandom::fill(&mut random).unwrap();
        let name = format!("test_{:016x}", u64::from_be_bytes(random));
        let (base, _) = server.rsplit_once('/').unwrap();
        let url = format!("{base}/{name}");
        let database = Self { server, name, url };
        database.on_server("CREATE DATABASE").await;
        database
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// One number from the database, through a connection of our own.
    pub async fn number(&self, sql: &str) -> i64 {
        let mut db = PgConnection::connect(&self.url).await.unwrap();
        let number = sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut db).await.unwrap();
        db.close().await.unwrap();
        number
    }

    /// Changes it behind the program's back.
    pub async fn execute(&self, sql: &str) {
        let mut db = PgConnection::connect(&self.url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
    }

    async fn on_server(&self, what: &str) {
        let mut db = PgConnection::connect(&self.server).await.unwrap();
        let sql = format!("{what} {}", self.name);
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
    }
}
