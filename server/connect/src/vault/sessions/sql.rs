//! The statements for sessions, written once; see `vault/sql.rs`.

/// Implements [`super::store::SessionStore`] for a home with the pools `read` and `write`.
macro_rules! sql_sessions {
    ($Home:ident, row = $Row:ty) => {
        #[async_trait]
        impl SessionStore for $Home {
            async fn session(&self, id: &Hash) -> Outcome<Option<SessionRow>> {
                let row = sqlx::query(
                    "SELECT id, user_id, browser, started_at, seen_at, ended FROM session WHERE id = $1",
                )
                .bind(id.as_slice())
                .fetch_optional(&self.read)
                .await?;
                row.map(|row| session_of(&row)).transpose()
            }

            async fn sessions_of(&self, user: &UserId) -> Outcome<Vec<SessionRow>> {
                let rows = sqlx::query(
                    "SELECT id, user_id, browser, started_at, seen_at, ended FROM session
                     WHERE user_id = $1 AND ended IS NULL ORDER BY seen_at DESC, started_at DESC",
                )
                .bind(user.as_str())
                .fetch_all(&self.read)
                .await?;
                rows.iter().map(session_of).collect()
            }

            async fn touch_session(&self, id: &Hash, now: i64) -> Outcome<()> {
                sqlx::query("UPDATE session SET seen_at = $2 WHERE id = $1 AND seen_at < $2")
                    .bind(id.as_slice())
                    .bind(now)
                    .execute(&self.write)
                    .await?;
                Ok(())
            }

            async fn remove_session(&self, id: &Hash) -> Outcome<()> {
                sqlx::query("DELETE FROM session WHERE id = $1")
                    .bind(id.as_slice())
                    .execute(&self.write)
                    .await?;
                Ok(())
            }

            async fn remove_other_sessions(&self, user: &UserId, but: &Hash) -> Outcome<u64> {
                let done =
                    sqlx::query("DELETE FROM session WHERE user_id = $1 AND id <> $2 AND ended IS NULL")
                        .bind(user.as_str())
                        .bind(but.as_slice())
                        .execute(&self.write)
                        .await?;
                Ok(done.rows_affected())
            }

            async fn end_sessions(&self, user: &UserId, generation: i64, why: Reason) -> Outcome<u64> {
                let done = sqlx::query(
                    "UPDATE session SET ended = $3 WHERE user_id = $1 AND ended IS NULL
                        AND EXISTS (SELECT 1 FROM connection WHERE user_id = $1 AND generation = $2)",
                )
                .bind(user.as_str())
                .bind(generation)
                .bind(why.code())
                .execute(&self.write)
                .await?;
                Ok(done.rows_affected())
            }

            async fn forget_sessions(&self, started_before: i64, seen_before: i64) -> Outcome<()> {
                sqlx::query("DELETE FROM session WHERE started_at < $1 OR seen_at < $2")
                    .bind(started_before)
                    .bind(seen_before)
                    .execute(&self.write)
                    .await?;
                Ok(())
            }
        }

        fn session_of(row: &$Row) -> Outcome<SessionRow> {
            let ended: Option<String> = row.try_get("ended")?;
            Ok(SessionRow {
                id: fixed(row.try_get("id")?)?,
                user: UserId::from_row(row.try_get("user_id")?),
                browser: row.try_get("browser")?,
                started_at: row.try_get("started_at")?,
                seen_at: row.try_get("seen_at")?,
                ended: ended.as_deref().and_then(Reason::from_code),
            })
        }
    };
}

pub(in crate::vault) use sql_sessions;
