//! The statements for connections, written once; see `vault/sql.rs`.

/// Implements [`super::store::ConnectionStore`] for a home with the pools `read` and `write`.
macro_rules! sql_connections {
    ($Home:ident, now = $now:literal, begin = $begin:literal) => {
        #[async_trait]
        impl ConnectionStore for $Home {
            async fn connection(&self, user: &UserId) -> Outcome<Option<ConnectionRow>> {
                let found = sqlx::query(concat!(
                    "SELECT key_id, data_key, generation, tokens_sealed, about_sealed,
                        connected_at, refreshed_at, access_until, idle_until, window_until,
                        reason, trouble, trouble_at, failures, lease_owner,
                        coalesce(lease_until, 0) - ", $now, " AS lease_left,
                        coalesce(retry_at, 0) - ", $now, " AS retry_left,
                        coalesce(paused_until, 0) - ", $now, " AS pause_left
                     FROM connection WHERE user_id = $1"
                ))
                .bind(user.as_str())
                .fetch_optional(&self.read)
                .await?;
                let Some(row) = found else { return Ok(None) };
                let reason: Option<String> = row.try_get("reason")?;
                let trouble: Option<String> = row.try_get("trouble")?;
                let trouble = trouble.as_deref().and_then(Trouble::from_code);
                Ok(Some(ConnectionRow {
                    data_key: Sealed { key_id: row.try_get("key_id")?, bytes: row.try_get("data_key")? },
                    content: Content {
                        generation: row.try_get("generation")?,
                        tokens: row.try_get("tokens_sealed")?,
                        about: row.try_get("about_sealed")?,
                        times: Times {
                            connected_at: row.try_get("connected_at")?,
                            refreshed_at: row.try_get("refreshed_at")?,
                            access_until: row.try_get("access_until")?,
                            idle_until: row.try_get("idle_until")?,
                            window_until: row.try_get("window_until")?,
                        },
                    },
                    reason: reason.as_deref().and_then(Reason::from_code),
                    trouble: trouble.zip(row.try_get::<Option<i64>, _>("trouble_at")?),
                    lease: match row.try_get::<Option<String>, _>("lease_owner")? {
                        Some(_) if !millis(row.try_get("lease_left")?).is_zero() => LeaseState::Held,
                        Some(_) => LeaseState::RanOut,
                        None => LeaseState::Free,
                    },
                    failures: row.try_get("failures")?,
                    retry_in: millis(row.try_get("retry_left")?),
                    calls_in: millis(row.try_get("pause_left")?),
                }))
            }

            async fn put_connection(
                &self,
                user: &UserId,
                (data_key, content): (&Sealed, &Content),
                replaces: Option<i64>,
                session: Option<&SessionRow>,
                old_session: Option<&Hash>,
                leftover: Option<&RevocationRow>,
            ) -> Outcome<bool> {
                let mut tx = self.write.begin_with($begin).await?;
                let query = sqlx::query(match replaces {
                    None => {
                        "INSERT INTO connection (user_id, key_id, data_key, generation, tokens_sealed,
                            about_sealed, connected_at, refreshed_at, access_until, idle_until, window_until, owner)
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                         ON CONFLICT (user_id) DO NOTHING"
                    }
                    Some(_) => {
                        "UPDATE connection SET key_id = $2, data_key = $3, generation = $4, tokens_sealed = $5,
                            about_sealed = $6, connected_at = $7, refreshed_at = $8, access_until = $9,
                            idle_until = $10, window_until = $11, reason = NULL, sends = 0, lease_owner = NULL,
                            lease_until = NULL, failures = 0, retry_at = NULL, trouble = NULL, trouble_at = NULL
                         WHERE user_id = $1 AND generation = $12"
                    }
                })
                .bind(user.as_str())
                .bind(&data_key.key_id)
                .bind(&data_key.bytes)
                .bind(content.generation)
                .bind(&content.tokens)
                .bind(&content.about)
                .bind(content.times.connected_at)
                .bind(content.times.refreshed_at)
                .bind(content.times.access_until)
                .bind(content.times.idle_until)
                .bind(content.times.window_until);
                let query = match replaces {
                    Some(generation) => query.bind(generation),
                    None => query.bind(user.owner().unwrap_or_default()),
                };
                if query.execute(&mut *tx).await?.rows_affected() == 0 {
                    return Ok(false);
                }
                if let Some(old) = old_session {
                    sqlx::query("DELETE FROM session WHERE id = $1").bind(old.as_slice()).execute(&mut *tx).await?;
                }
                if let Some(session) = session {
                    sqlx::query(
                        "INSERT INTO session (id, user_id, browser, started_at, seen_at) VALUES ($1, $2, $3, $4, $5)",
                    )
                    .bind(session.id.as_slice())
                    .bind(user.as_str())
                    .bind(&session.browser)
                    .bind(session.started_at)
                    .bind(session.seen_at)
                    .execute(&mut *tx)
                    .await?;
                }
                if let Some(row) = leftover {
                    insert_revocation(row, Duration::ZERO).execute(&mut *tx).await?;
                }
                tx.commit().await?;
                Ok(true)
            }

            async fn lease(&self, user: &UserId, generation: i64, owner: &str, time: Duration) -> Outcome<Lease> {
                let taken: Option<i64> = sqlx::query_scalar(concat!(
                    "UPDATE connection
                     SET lease_owner = $3, lease_until = ", $now, " + $4, sends = sends + 1
                     WHERE user_id = $1 AND generation = $2 AND reason IS NULL
                        AND (lease_until IS NULL OR lease_owner = $3
                            OR lease_until <= ", $now, " OR lease_until > ", $now, " + $5)
                        AND (retry_at IS NULL OR retry_at <= ", $now, " OR retry_at > ", $now, " + $5)
                     RETURNING sends - 1"
                ))
                .bind(user.as_str())
                .bind(generation)
                .bind(owner)
                .bind(in_millis(time))
                .bind(TOO_FAR)
                // To the end: SQLite hands out the row before it commits, which may fail.
                .fetch_all(&self.write)
                .await?
                .pop();
                if let Some(sends_before) = taken {
                    return Ok(Lease::Taken { sends_before });
                }
                Ok(match self.connection(user).await? {
                    Some(row) if row.content.generation != generation || row.reason.is_some() => Lease::Moved,
                    Some(row) if row.lease == LeaseState::Held => Lease::Held,
                    // The pause may have ended between the two statements.
                    Some(row) => Lease::NotYet(row.retry_in),
                    None => Lease::Moved,
                })
            }

            async fn release(
                &self,
                user: &UserId,
                generation: i64,
                owner: &str,
                failure: &Failure,
            ) -> Outcome<()> {
                sqlx::query(concat!(
                    "UPDATE connection
                     SET lease_owner = NULL, lease_until = NULL, failures = failures + 1,
                        retry_at = ", $now, " + $4, trouble = $5, trouble_at = $6, sends = sends - $7
                     WHERE user_id = $1 AND generation = $2 AND lease_owner = $3"
                ))
                .bind(user.as_str())
                .bind(generation)
                .bind(owner)
                .bind(in_millis(failure.pause))
                .bind(failure.trouble.code())
                .bind(failure.at)
                .bind(i64::from(!failure.ambiguous))
                .execute(&self.write)
                .await?;
                Ok(())
            }

            async fn advance(&self, user: &UserId, next: &Content) -> Outcome<bool> {
                let done = sqlx::query(
                    "UPDATE connection
                     SET generation = $2, tokens_sealed = $3, about_sealed = $4, refreshed_at = $5,
                        access_until = $6, idle_until = $7, reason = NULL, sends = 0, lease_owner = NULL,
                        lease_until = NULL, failures = 0, retry_at = NULL, trouble = NULL, trouble_at = NULL
                     WHERE user_id = $1 AND generation = $2 - 1",
                )
                .bind(user.as_str())
                .bind(next.generation)
                .bind(&next.tokens)
                .bind(&next.about)
                .bind(next.times.refreshed_at)
                .bind(next.times.access_until)
                .bind(next.times.idle_until)
                .execute(&self.write)
                .await?;
                Ok(done.rows_affected() == 1)
            }

            async fn give_up(
                &self,
                user: &UserId,
                generation: i64,
                owner: Option<&str>,
                why: Reason,
                end_sessions: bool,
            ) -> Outcome<bool> {
                let mut tx = self.write.begin_with($begin).await?;
                let done = sqlx::query(
                    "UPDATE connection SET reason = $3, lease_owner = NULL, lease_until = NULL
                     WHERE user_id = $1 AND generation = $2 AND reason IS NULL
                        AND (CAST($4 AS TEXT) IS NULL OR lease_owner = $4)",
                )
                .bind(user.as_str())
                .bind(generation)
                .bind(why.code())
                .bind(owner)
                .execute(&mut *tx)
                .await?;
                let done = done.rows_affected() == 1;
                if done && end_sessions {
                    sqlx::query("UPDATE session SET ended = $2 WHERE user_id = $1 AND ended IS NULL")
                        .bind(user.as_str())
                        .bind(why.code())
                        .execute(&mut *tx)
                        .await?;
                }
                tx.commit().await?;
                Ok(done)
            }

            async fn rewrite_about(&self, user: &UserId, generation: i64, about: &[u8]) -> Outcome<bool> {
                let done =
                    sqlx::query("UPDATE connection SET about_sealed = $3 WHERE user_id = $1 AND generation = $2")
                        .bind(user.as_str())
                        .bind(generation)
                        .bind(about)
                        .execute(&self.write)
                        .await?;
                Ok(done.rows_affected() == 1)
            }

            async fn remove(
                &self,
                user: &UserId,
                generation: i64,
                leftover: Option<&RevocationRow>,
            ) -> Outcome<bool> {
                let mut tx = self.write.begin_with($begin).await?;
                let done = sqlx::query("DELETE FROM connection WHERE user_id = $1 AND generation = $2")
                    .bind(user.as_str())
                    .bind(generation)
                    .execute(&mut *tx)
                    .await?;
                let done = done.rows_affected() == 1;
                if let Some(row) = leftover.filter(|_| done) {
                    insert_revocation(row, FIRST_HOLD).execute(&mut *tx).await?;
                }
                tx.commit().await?;
                Ok(done)
            }

            async fn pause(&self, user: &UserId, time: Duration) -> Outcome<()> {
                sqlx::query(concat!(
                    "UPDATE connection SET paused_until = ", $now, " + $2
                     WHERE user_id = $1 AND (paused_until IS NULL OR paused_until < ", $now, " + $2
                        OR paused_until > ", $now, " + $3)"
                ))
                .bind(user.as_str())
                .bind(in_millis(time))
                .bind(TOO_FAR)
                .execute(&self.write)
                .await?;
                Ok(())
            }

            async fn users(&self, is_broken: Option<bool>, after: &str, limit: i64) -> Outcome<Vec<UserId>> {
                let users: Vec<String> = sqlx::query_scalar(match is_broken {
                    None => "SELECT user_id FROM connection WHERE user_id > $1 ORDER BY user_id LIMIT $2",
                    Some(true) => {
                        "SELECT user_id FROM connection
                         WHERE user_id > $1 AND reason IS NOT NULL ORDER BY user_id LIMIT $2"
                    }
                    Some(false) => {
                        "SELECT user_id FROM connection
                         WHERE user_id > $1 AND reason IS NULL ORDER BY user_id LIMIT $2"
                    }
                })
                .bind(after)
                .bind(limit)
                .fetch_all(&self.read)
                .await?;
                Ok(users.into_iter().map(UserId::from_row).collect())
            }

            async fn users_of(&self, owner: &str, after: &str, limit: i64) -> Outcome<Vec<UserId>> {
                let users: Vec<String> = sqlx::query_scalar(
                    "SELECT user_id FROM connection WHERE owner = $1 AND user_id > $2 ORDER BY user_id LIMIT $3",
                )
                .bind(owner)
                .bind(after)
                .bind(limit)
                .fetch_all(&self.read)
                .await?;
                Ok(users.into_iter().map(UserId::from_row).collect())
            }

            async fn newest_of(&self, owner: &str, limit: i64) -> Outcome<Vec<UserId>> {
                let users: Vec<String> = sqlx::query_scalar(
                    "SELECT user_id FROM connection WHERE owner = $1 ORDER BY connected_at DESC, user_id LIMIT $2",
                )
                .bind(owner)
                .bind(limit)
                .fetch_all(&self.read)
                .await?;
                Ok(users.into_iter().map(UserId::from_row).collect())
            }

            async fn ending(&self, idle_before: i64, now: i64, limit: i64) -> Outcome<Vec<UserId>> {
                let users: Vec<String> = sqlx::query_scalar(
                    "SELECT user_id FROM connection
                     WHERE reason IS NULL AND idle_until < $1 AND idle_until < window_until AND window_until > $2
                     ORDER BY idle_until LIMIT $3",
                )
                .bind(idle_before)
                .bind(now)
                .bind(limit)
                .fetch_all(&self.read)
                .await?;
                Ok(users.into_iter().map(UserId::from_row).collect())
            }

            async fn forget_connections(&self, ended_before: i64) -> Outcome<u64> {
                let done = sqlx::query("DELETE FROM connection WHERE reason IS NOT NULL AND access_until < $1")
                    .bind(ended_before)
                    .execute(&self.write)
                    .await?;
                Ok(done.rows_affected())
            }
        }
    };
}

pub(in crate::vault) use sql_connections;
