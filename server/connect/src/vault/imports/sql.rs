//! The statements for imports, written once; see `vault/sql.rs`.

/// Implements [`super::store::ImportStore`] for a home with the pools `read` and `write`.
macro_rules! sql_imports {
    ($Home:ident, row = $Row:ty, now = $now:literal, begin = $begin:literal, lock = $lock:literal, skip = $skip:literal) => {
        #[async_trait]
        impl ImportStore for $Home {
            async fn put_import(&self, import: &ImportRow, rows: &[LineRow], most: i64) -> Outcome<bool> {
                let mut tx = self.write.begin_with($begin).await?;
                let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM import WHERE user_id = $1")
                    .bind(import.user.as_str())
                    .fetch_one(&mut *tx)
                    .await?;
                if kept >= most {
                    // The oldest that is over makes room.
                    let gone = sqlx::query(
                        "DELETE FROM import WHERE id IN (SELECT id FROM import
                            WHERE user_id = $1 AND state IN ('done', 'cancelled', 'unreadable', 'planned')
                            ORDER BY created_at LIMIT $2)",
                    )
                    .bind(import.user.as_str())
                    .bind(kept - most + 1)
                    .execute(&mut *tx)
                    .await?;
                    if gone.rows_affected() == 0 {
                        return Ok(false);
                    }
                }
                sqlx::query(
                    "INSERT INTO import (id, user_id, key_id, data_key, state, about_sealed, created_at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7)",
                )
                .bind(&import.id)
                .bind(import.user.as_str())
                .bind(&import.data_key.key_id)
                .bind(&import.data_key.bytes)
                .bind(&import.state)
                .bind(&import.about)
                .bind(import.created_at)
                .execute(&mut *tx)
                .await?;
                // Below what SQLite binds at most.
                for some in rows.chunks(1_000) {
                    let mut insert = sqlx::QueryBuilder::<<$Row as sqlx::Row>::Database>::new(
                        "INSERT INTO import_row (import_id, number, action, state, calls, row_sealed, plan_sealed) ",
                    );
                    insert.push_values(some, |mut values, row| {
                        values
                            .push_bind(&import.id)
                            .push_bind(row.number)
                            .push_bind(&row.action)
                            .push_bind(&row.state)
                            .push_bind(row.calls)
                            .push_bind(&row.row)
                            .push_bind(&row.plan);
                    });
                    insert.build().execute(&mut *tx).await?;
                }
                tx.commit().await?;
                Ok(true)
            }

            async fn import(&self, id: &str) -> Outcome<Option<ImportRow>> {
                let found = sqlx::query(concat!(
                    "SELECT *, coalesce(retry_at, 0) - ", $now, " AS retry_left,
                        coalesce(lease_until, 0) - ", $now, " AS lease_left FROM import WHERE id = $1"
                ))
                .bind(id)
                .fetch_optional(&self.read)
                .await?;
                found.map(|row| import_of(&row)).transpose()
            }

            async fn imports_of(&self, user: &UserId, limit: i64) -> Outcome<Vec<ImportRow>> {
                let rows = sqlx::query(concat!(
                    "SELECT *, coalesce(retry_at, 0) - ", $now, " AS retry_left,
                        coalesce(lease_until, 0) - ", $now, " AS lease_left FROM import
                     WHERE user_id = $1 ORDER BY created_at DESC, id LIMIT $2"
                ))
                .bind(user.as_str())
                .bind(limit)
                .fetch_all(&self.read)
                .await?;
                rows.iter().map(import_of).collect()
            }

            async fn tally(&self, id: &str) -> Outcome<Vec<Count>> {
                let rows = sqlx::query(
                    "SELECT action, state, count(*) AS \"rows\", CAST(sum(calls) AS BIGINT) AS calls FROM import_row
                     WHERE import_id = $1 GROUP BY action, state",
                )
                .bind(id)
                .fetch_all(&self.read)
                .await?;
                let tally = |row: $Row| {
                    Ok(Count {
                        action: row.try_get("action")?,
                        state: row.try_get("state")?,
                        rows: row.try_get::<i64, _>("rows")?.unsigned_abs(),
                        calls: row.try_get::<i64, _>("calls")?.unsigned_abs(),
                    })
                };
                rows.into_iter().map(tally).collect()
            }

            async fn lines(&self, id: &str, find: Find<'_>) -> Outcome<Vec<LineRow>> {
                let sql = match find.changed_after {
                    None => {
                        "SELECT * FROM import_row
                         WHERE import_id = $1 AND ($2 = '' OR action = $2) AND ($3 = '' OR state = $3) AND changed > $4
                         ORDER BY number LIMIT $5 OFFSET $6"
                    }
                    Some(_) => {
                        "SELECT * FROM import_row
                         WHERE import_id = $1 AND ($2 = '' OR action = $2) AND ($3 = '' OR state = $3) AND changed > $4
                         ORDER BY changed LIMIT $5 OFFSET $6"
                    }
                };
                let rows = sqlx::query(sql)
                    .bind(id)
                    .bind(find.action)
                    .bind(find.state)
                    .bind(find.changed_after.unwrap_or(-1))
                    .bind(i64::try_from(find.limit).unwrap_or(i64::MAX))
                    .bind(i64::try_from(find.offset).unwrap_or(i64::MAX))
                    .fetch_all(&self.read)
                    .await?;
                rows.iter().map(line_of).collect()
            }

            async fn move_import(
                &self,
                id: &str,
                user: &UserId,
                from: &[&str],
                to: &str,
                at: i64,
            ) -> Outcome<Moved> {
                let mut tx = self.write.begin_with($begin).await?;
                let state: Option<String> =
                    sqlx::query_scalar(concat!("SELECT state FROM import WHERE id = $1 AND user_id = $2", $lock))
                        .bind(id)
                        .bind(user.as_str())
                        .fetch_optional(&mut *tx)
                        .await?;
                if state.is_none_or(|state| !from.contains(&state.as_str())) {
                    return Ok(Moved::No);
                }
                let done = sqlx::query(
                    "UPDATE import SET state = $2, why = NULL, retry_at = NULL,
                        started_at = CASE WHEN $2 = 'running' THEN coalesce(started_at, $3) ELSE started_at END,
                        ended_at = CASE WHEN $2 IN ('done', 'cancelled') THEN $3 ELSE ended_at END
                     WHERE id = $1",
                )
                .bind(id)
                .bind(to)
                .bind(at)
                .execute(&mut *tx)
                .await;
                match done {
                    Ok(_) => {}
                    Err(sqlx::Error::Database(e)) if e.is_unique_violation() => return Ok(Moved::Busy),
                    Err(e) => return Err(e.into()),
                }
                tx.commit().await?;
                Ok(Moved::Done)
            }

            async fn choose_lines(
                &self,
                id: &str,
                user: &UserId,
                numbers: &[i64],
                from: &str,
                to: &str,
            ) -> Outcome<u64> {
                let mut tx = self.write.begin_with($begin).await?;
                let is_theirs = sqlx::query(concat!(
                    "SELECT 1 FROM import WHERE id = $1 AND user_id = $2 AND state IN ('planned', 'paused')",
                    $lock
                ))
                .bind(id)
                .bind(user.as_str())
                .fetch_optional(&mut *tx)
                .await?;
                let mut chosen = 0;
                if is_theirs.is_some() {
                    for number in numbers {
                        chosen += sqlx::query(
                            "UPDATE import_row SET state = $4 WHERE import_id = $1 AND number = $2 AND state = $3",
                        )
                        .bind(id)
                        .bind(number)
                        .bind(from)
                        .bind(to)
                        .execute(&mut *tx)
                        .await?
                        .rows_affected();
                    }
                }
                tx.commit().await?;
                Ok(chosen)
            }

            async fn lease_import(&self, owner: &str, time: Duration) -> Outcome<Option<ImportRow>> {
                let mut tx = self.write.begin_with($begin).await?;
                let free: Option<String> = sqlx::query_scalar(concat!(
                    "SELECT id FROM import
                     WHERE state IN ('planning', 'running') AND why IS NULL
                        AND (lease_until IS NULL OR lease_until <= ", $now, " OR lease_until > ", $now, " + $1)
                        AND (retry_at IS NULL OR retry_at <= ", $now, " OR retry_at > ", $now, " + $1)
                     ORDER BY created_at LIMIT 1", $skip
                ))
                .bind(TOO_FAR)
                .fetch_optional(&mut *tx)
                .await?;
                let Some(id) = free else { return Ok(None) };
                let row = sqlx::query(concat!(
                    "UPDATE import SET lease_owner = $2, lease_until = ", $now, " + $3, retry_at = NULL
                     WHERE id = $1 RETURNING *, CAST(0 AS BIGINT) AS retry_left, CAST(0 AS BIGINT) AS lease_left"
                ))
                .bind(&id)
                .bind(owner)
                .bind(in_millis(time))
                .fetch_one(&mut *tx)
                .await?;
                tx.commit().await?;
                Ok(Some(import_of(&row)?))
            }

            async fn renew_import(
                &self,
                id: &str,
                owner: &str,
                time: Duration,
            ) -> Outcome<Option<ImportRow>> {
                let row = sqlx::query(concat!(
                    "UPDATE import SET lease_until = ", $now, " + $3
                     WHERE id = $1 AND lease_owner = $2 RETURNING *, CAST(0 AS BIGINT) AS retry_left, CAST(0 AS BIGINT) AS lease_left"
                ))
                .bind(id)
                .bind(owner)
                .bind(in_millis(time))
                .fetch_all(&self.write)
                .await?
                .pop();
                row.map(|row| import_of(&row)).transpose()
            }

            async fn release_import(
                &self,
                id: &str,
                owner: &str,
                why: Option<&str>,
                retry: Duration,
            ) -> Outcome<()> {
                sqlx::query(concat!(
                    "UPDATE import SET lease_owner = NULL, lease_until = NULL, why = $3,
                        retry_at = CASE WHEN $4 > 0 THEN ", $now, " + $4 END
                     WHERE id = $1 AND lease_owner = $2"
                ))
                .bind(id)
                .bind(owner)
                .bind(why)
                .bind(in_millis(retry))
                .execute(&self.write)
                .await?;
                Ok(())
            }

            async fn finish_import(
                &self,
                id: &str,
                owner: &str,
                to: &str,
                about: &[u8],
                at: Option<i64>,
            ) -> Outcome<bool> {
                let done = sqlx::query(
                    "UPDATE import SET lease_owner = NULL, lease_until = NULL, state = $3, about_sealed = $4,
                        ended_at = coalesce($5, ended_at), changes = changes + 1
                     WHERE id = $1 AND lease_owner = $2 AND state IN ('planning', 'running')",
                )
                .bind(id)
                .bind(owner)
                .bind(to)
                .bind(about)
                .bind(at)
                .execute(&self.write)
                .await?;
                Ok(done.rows_affected() == 1)
            }

            async fn plan_lines(&self, id: &str, owner: &str, plans: &[LineRow]) -> Outcome<bool> {
                let mut tx = self.write.begin_with($begin).await?;
                let is_held = sqlx::query(concat!(
                    "SELECT 1 FROM import WHERE id = $1 AND lease_owner = $2 AND state = 'planning'", $lock
                ))
                .bind(id)
                .bind(owner)
                .fetch_optional(&mut *tx)
                .await?;
                if is_held.is_none() {
                    return Ok(false);
                }
                for plan in plans {
                    sqlx::query(
                        "UPDATE import_row SET action = $3, state = $4, calls = $5, plan_sealed = $6
                         WHERE import_id = $1 AND number = $2",
                    )
                    .bind(id)
                    .bind(plan.number)
                    .bind(&plan.action)
                    .bind(&plan.state)
                    .bind(plan.calls)
                    .bind(&plan.plan)
                    .execute(&mut *tx)
                    .await?;
                }
                tx.commit().await?;
                Ok(true)
            }

            async fn claim_lines(&self, id: &str, owner: &str, limit: i64) -> Outcome<Vec<LineRow>> {
                let mut tx = self.write.begin_with($begin).await?;
                let is_held = sqlx::query(concat!(
                    "SELECT 1 FROM import
                     WHERE id = $1 AND lease_owner = $2 AND state = 'running' AND why IS NULL", $lock
                ))
                .bind(id)
                .bind(owner)
                .fetch_optional(&mut *tx)
                .await?;
                if is_held.is_none() {
                    return Ok(Vec::new());
                }
                let rows = sqlx::query(
                    "UPDATE import_row SET state = 'sent' WHERE import_id = $1 AND number IN
                        (SELECT number FROM import_row WHERE import_id = $1 AND state = 'pending'
                         ORDER BY number LIMIT $2)
                     RETURNING *",
                )
                .bind(id)
                .bind(limit)
                .fetch_all(&mut *tx)
                .await?;
                tx.commit().await?;
                rows.iter().map(line_of).collect()
            }

            async fn mark_line(&self, id: &str, owner: &str, marked: Marked<'_>) -> Outcome<bool> {
                let mut tx = self.write.begin_with($begin).await?;
                let count: Option<i64> = sqlx::query_scalar(
                    "UPDATE import SET changes = changes + 1 WHERE id = $1 AND lease_owner = $2 RETURNING changes",
                )
                .bind(id)
                .bind(owner)
                .fetch_optional(&mut *tx)
                .await?;
                let Some(count) = count else { return Ok(false) };
                sqlx::query(
                    "UPDATE import_row SET state = $3, remote_id = coalesce($4, remote_id),
                        outcome_sealed = coalesce($5, outcome_sealed), tries = tries + $6, changed = $7
                     WHERE import_id = $1 AND number = $2",
                )
                .bind(id)
                .bind(marked.number)
                .bind(marked.state)
                .bind(marked.remote_id)
                .bind(marked.outcome)
                .bind(i64::from(marked.in_vain))
                .bind(count)
                .execute(&mut *tx)
                .await?;
                tx.commit().await?;
                Ok(true)
            }

            async fn waiting_imports(&self, limit: i64) -> Outcome<Vec<ImportRow>> {
                let rows = sqlx::query(
                    "SELECT *, CAST(0 AS BIGINT) AS retry_left, CAST(0 AS BIGINT) AS lease_left FROM import
                     WHERE why IS NOT NULL AND state IN ('planning', 'running') ORDER BY id LIMIT $1",
                )
                .bind(limit)
                .fetch_all(&self.read)
                .await?;
                rows.iter().map(import_of).collect()
            }

            async fn wake_import(&self, id: &str, why: &str) -> Outcome<()> {
                sqlx::query("UPDATE import SET why = NULL, retry_at = NULL WHERE id = $1 AND why = $2")
                    .bind(id)
                    .bind(why)
                    .execute(&self.write)
                    .await?;
                Ok(())
            }

            async fn forget_imports(&self, over_before: i64, made_before: i64) -> Outcome<u64> {
                let done = sqlx::query(
                    "DELETE FROM import WHERE coalesce(ended_at, started_at) < $1
                        OR (started_at IS NULL AND created_at < $2)",
                )
                .bind(over_before)
                .bind(made_before)
                .execute(&self.write)
                .await?;
                Ok(done.rows_affected())
            }
        }

        fn import_of(row: &$Row) -> Outcome<ImportRow> {
            Ok(ImportRow {
                id: row.try_get("id")?,
                user: UserId::from_row(row.try_get("user_id")?),
                data_key: Sealed { key_id: row.try_get("key_id")?, bytes: row.try_get("data_key")? },
                state: row.try_get("state")?,
                why: row.try_get("why")?,
                about: row.try_get("about_sealed")?,
                created_at: row.try_get("created_at")?,
                started_at: row.try_get("started_at")?,
                ended_at: row.try_get("ended_at")?,
                changes: row.try_get("changes")?,
                retry_in: millis(row.try_get("retry_left")?),
                is_held: !millis(row.try_get("lease_left")?).is_zero(),
            })
        }

        fn line_of(row: &$Row) -> Outcome<LineRow> {
            Ok(LineRow {
                number: row.try_get("number")?,
                action: row.try_get("action")?,
                state: row.try_get("state")?,
                calls: row.try_get("calls")?,
                tries: row.try_get("tries")?,
                remote_id: row.try_get("remote_id")?,
                changed: row.try_get("changed")?,
                row: row.try_get("row_sealed")?,
                plan: row.try_get("plan_sealed")?,
                outcome: row.try_get("outcome_sealed")?,
            })
        }
    };
}

pub(in crate::vault) use sql_imports;
