//! The app's database, seen and changed from outside.

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};

use super::App;

impl App {
    /// How many rows a table has (`attempt`, `connection`, `session`).
    pub async fn rows(&self, table: &str) -> i64 {
        self.query(&format!("SELECT count(*) FROM {table}")).await
    }

    /// One number, through a connection of our own.
    pub async fn query(&self, sql: &str) -> i64 {
        let query = AssertSqlSafe(sql.to_owned());
        if self.is_in_postgres() {
            let mut db = self.postgres().await;
            let number = sqlx::query_scalar(query).fetch_one(&mut db).await;
            db.close().await.unwrap();
            number.unwrap()
        } else {
            let mut db = self.file().await;
            let number = sqlx::query_scalar(query).fetch_one(&mut db).await;
            db.close().await.unwrap();
            number.unwrap()
        }
    }

    /// Changes it behind the program's back.
    pub async fn execute(&self, sql: &str) {
        if self.is_in_postgres() {
            let mut db = self.postgres().await;
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut db).await.unwrap();
            db.close().await.unwrap();
        } else {
            let mut db = self.file().await;
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut db).await.unwrap();
            db.close().await.unwrap();
        }
    }

    /// A connection of our own to its file.
    pub async fn file(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.folder().join("pdconnect.db"));
        options.connect().await.unwrap()
    }

    async fn postgres(&self) -> PgConnection {
        let options: PgConnectOptions = self.database.parse().unwrap();
        options.options([("search_path", "pdconnect")]).connect().await.unwrap()
    }

    fn is_in_postgres(&self) -> bool {
        self.database.starts_with("postgres:")
    }
}
