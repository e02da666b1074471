//! The statements for attempts, written once; see `vault/sql.rs`.

/// Implements [`super::store::AttemptStore`] for a home with the pools `read` and `write`.
macro_rules! sql_attempts {
    ($Home:ident, begin = $begin:literal, lock = $lock:literal) => {
        #[async_trait]
        impl AttemptStore for $Home {
            async fn put_attempt(
                &self,
                attempt: &AttemptRow,
                link: Option<&Hash>,
                forget_before: i64,
                blank_before: i64,
            ) -> Outcome<bool> {
                let mut tx = self.write.begin_with($begin).await?;
                if let Some(link) = link {
                    let used =
                        sqlx::query("UPDATE connect_link SET used_at = $2 WHERE id = $1 AND used_at IS NULL")
                            .bind(link.as_slice())
                            .bind(attempt.started_at)
                            .execute(&mut *tx)
                            .await?;
                    if used.rows_affected() == 0 {
                        return Ok(false);
                    }
                }
                sqlx::query("DELETE FROM attempt WHERE started_at < $1")
                    .bind(forget_before)
                    .execute(&mut *tx)
                    .await?;
                // Only that it was there is kept, to tell "too late" from "unknown".
                sqlx::query("UPDATE attempt SET sealed = $1 WHERE started_at < $2 AND sealed <> $1")
                    .bind(NOTHING)
                    .bind(blank_before)
                    .execute(&mut *tx)
                    .await?;
                sqlx::query(
                    "INSERT INTO attempt (id, browser, key_id, sealed, started_at) VALUES ($1, $2, $3, $4, $5)",
                )
                .bind(attempt.id.as_slice())
                .bind(attempt.browser.as_slice())
                .bind(&attempt.sealed.key_id)
                .bind(&attempt.sealed.bytes)
                .bind(attempt.started_at)
                .execute(&mut *tx)
                .await?;
                tx.commit().await?;
                Ok(true)
            }

            async fn take_attempt(
                &self,
                id: &Hash,
                browser: Option<&Hash>,
                now: i64,
                too_late_before: i64,
            ) -> Outcome<Taken<Sealed>> {
                let mut tx = self.write.begin_with($begin).await?;
                let found = sqlx::query(concat!(
                    "SELECT browser, key_id, sealed, started_at, used_at FROM attempt WHERE id = $1",
                    $lock
                ))
                .bind(id.as_slice())
                .fetch_optional(&mut *tx)
                .await?;
                let Some(row) = found else { return Ok(Taken::Unknown) };
                if row.try_get::<i64, _>("started_at")? < too_late_before {
                    return Ok(Taken::TooLate);
                }
                if row.try_get::<Option<i64>, _>("used_at")?.is_some() {
                    return Ok(Taken::Before);
                }
                // Both sides are hashes of 256-bit values: comparing them tells nothing about the values.
                let started_by: Vec<u8> = row.try_get("browser")?;
                if browser.is_none_or(|browser| started_by != browser) {
                    return Ok(Taken::OtherBrowser);
                }
                sqlx::query("UPDATE attempt SET used_at = $1, sealed = $2 WHERE id = $3")
                    .bind(now)
                    .bind(NOTHING)
                    .bind(id.as_slice())
                    .execute(&mut *tx)
                    .await?;
                tx.commit().await?;
                Ok(Taken::Now(Sealed { key_id: row.try_get("key_id")?, bytes: row.try_get("sealed")? }))
            }
        }
    };
}

pub(in crate::vault) use sql_attempts;
