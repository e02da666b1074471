//! The statements for alerts, written once; see `vault/sql.rs`.

/// Implements [`super::store::AlertStore`] for a home with the pools `read` and `write`.
macro_rules! sql_alerts {
    ($Home:ident, row = $Row:ty, now = $now:literal, begin = $begin:literal, skip = $skip:literal) => {
        #[async_trait]
        impl AlertStore for $Home {
            async fn note_news(&self, ways: &[&str], now: i64) -> Outcome<u64> {
                // Mostly there is none, and nobody who writes is held up.
                let is_any: bool = sqlx::query_scalar(
                    "SELECT EXISTS (SELECT 1 FROM alarm a WHERE NOT EXISTS (SELECT 1 FROM connection c
                            WHERE c.user_id = a.user_id AND c.generation = a.generation AND c.reason IS NOT NULL))
                        OR EXISTS (SELECT 1 FROM connection c WHERE c.reason IS NOT NULL
                            AND NOT EXISTS (SELECT 1 FROM alarm a WHERE a.user_id = c.user_id))",
                )
                .fetch_one(&self.read)
                .await?;
                if !is_any {
                    return Ok(0);
                }
                let mut tx = self.write.begin_with($begin).await?;
                // What is over first: a person may have connected again and lost that connection, too.
                let over = sqlx::query(
                    "DELETE FROM alarm WHERE NOT EXISTS (SELECT 1 FROM connection c
                        WHERE c.user_id = alarm.user_id AND c.generation = alarm.generation AND c.reason IS NOT NULL)
                     RETURNING user_id, CASE WHEN EXISTS (SELECT 1 FROM connection c
                        WHERE c.user_id = alarm.user_id) THEN CAST($1 AS TEXT) ELSE CAST($2 AS TEXT) END AS news",
                )
                .bind(WORKS)
                .bind(GONE)
                .fetch_all(&mut *tx)
                .await?;
                let broken = sqlx::query(
                    "INSERT INTO alarm (user_id, generation)
                     SELECT user_id, generation FROM connection c WHERE c.reason IS NOT NULL
                        AND NOT EXISTS (SELECT 1 FROM alarm a WHERE a.user_id = c.user_id)
                     ON CONFLICT (user_id) DO NOTHING
                     RETURNING user_id, (SELECT c.reason FROM connection c WHERE c.user_id = alarm.user_id) AS news",
                )
                .fetch_all(&mut *tx)
                .await?;
                for row in over.iter().chain(&broken) {
                    let (user, news): (String, String) = (row.try_get("user_id")?, row.try_get("news")?);
                    for way in ways {
                        sqlx::query(concat!(
                            "INSERT INTO alert (id, user_id, way, news, noted_at, due_at)
                             VALUES ($1, $2, $3, $4, $5, ", $now, ")"
                        ))
                        .bind(new_id()?.to_vec())
                        .bind(&user)
                        .bind(*way)
                        .bind(&news)
                        .bind(now)
                        .execute(&mut *tx)
                        .await?;
                    }
                }
                tx.commit().await?;
                Ok((over.len() + broken.len()) as u64)
            }

            async fn due_alerts(&self, way: &str, limit: i64, hold: Duration) -> Outcome<Vec<AlertRow>> {
                let rows = sqlx::query(concat!(
                    "UPDATE alert SET due_at = ", $now, " + $3, tries = tries + 1
                     WHERE number IN (
                        SELECT number FROM alert a
                        WHERE a.way = $1 AND (a.due_at <= ", $now, " OR a.due_at > ", $now, " + $4)
                            AND NOT EXISTS (SELECT 1 FROM alert b
                                WHERE b.user_id = a.user_id AND b.way = a.way AND b.number < a.number)
                        ORDER BY a.number LIMIT $2", $skip, ")
                     RETURNING id, user_id, way, news, noted_at, tries"
                ))
                .bind(way)
                .bind(limit)
                .bind(in_millis(hold))
                .bind(TOO_FAR_TO_REVOKE)
                .fetch_all(&self.write)
                .await?;
                rows.iter().map(alert_of).collect()
            }

            async fn postpone_alert(&self, id: &[u8; 16], due_in: Duration) -> Outcome<()> {
                sqlx::query(concat!("UPDATE alert SET due_at = ", $now, " + $2 WHERE id = $1"))
                    .bind(id.as_slice())
                    .bind(in_millis(due_in))
                    .execute(&self.write)
                    .await?;
                Ok(())
            }

            async fn remove_alert(&self, id: &[u8; 16]) -> Outcome<()> {
                sqlx::query("DELETE FROM alert WHERE id = $1").bind(id.as_slice()).execute(&self.write).await?;
                Ok(())
            }

            async fn forget_alerts(&self, noted_before: i64) -> Outcome<Vec<AlertRow>> {
                let is_any: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM alert WHERE noted_at < $1)")
                    .bind(noted_before)
                    .fetch_one(&self.read)
                    .await?;
                if !is_any {
                    return Ok(Vec::new());
                }
                let rows = sqlx::query(
                    "DELETE FROM alert WHERE noted_at < $1 RETURNING id, user_id, way, news, noted_at, tries",
                )
                .bind(noted_before)
                .fetch_all(&self.write)
                .await?;
                rows.iter().map(alert_of).collect()
            }
        }

        fn alert_of(row: &$Row) -> Outcome<AlertRow> {
            Ok(AlertRow {
                id: fixed(row.try_get("id")?)?,
                user: UserId::from_row(row.try_get("user_id")?),
                way: row.try_get("way")?,
                news: row.try_get("news")?,
                noted_at: row.try_get("noted_at")?,
                tries: row.try_get("tries")?,
            })
        }
    };
}

pub(in crate::vault) use sql_alerts;
