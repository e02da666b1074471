//! The vault's statements, written once: SQLite and PostgreSQL read the same SQL
//! but for their clocks, how a writing transaction begins, and how rows are locked.

/// Implements [`super::store::Store`] for a home with the pools `read` and `write`.
macro_rules! sql_home {
    (
        $Home:ident, row = $Row:ty,
        // Milliseconds since 1970, by the database's clock.
        now = $now:literal,
        begin = $begin:literal,
        // The same for whoever adds a key.
        begin_keys = $begin_keys:literal,
        // Holds a row that is about to be written; passes over rows that others hold.
        lock = $lock:literal, skip = $skip:literal
        $(, $($is_down:tt)*)?
    ) => {
        #[async_trait]
        impl Store for $Home {
            async fn keys(&self) -> Outcome<Vec<KeyRow>> {
                Ok(read_keys(&self.read).await?)
            }

            async fn add_key(&self, key: &KeyRow) -> Outcome<()> {
                let mut tx = self.write.begin_with($begin_keys).await?;
                if key.current {
                    sqlx::query("UPDATE vault_key SET current = 0").execute(&mut *tx).await?;
                }
                sqlx::query(
                    "INSERT INTO vault_key (key_id, sealed, current) VALUES ($1, $2, $3)
                     ON CONFLICT (key_id) DO UPDATE SET current = $3",
                )
                .bind(&key.id)
                .bind(&key.sealed)
                .bind(i64::from(key.current))
                .execute(&mut *tx)
                .await?;
                tx.commit().await?;
                Ok(())
            }

            async fn add_first_key(&self, key: &KeyRow) -> Outcome<()> {
                let mut tx = self.write.begin_with($begin_keys).await?;
                sqlx::query(
                    "INSERT INTO vault_key (key_id, sealed, current)
                     SELECT $1, $2, 1 WHERE NOT EXISTS (SELECT 1 FROM vault_key)",
                )
                .bind(&key.id)
                .bind(&key.sealed)
                .execute(&mut *tx)
                .await?;
                tx.commit().await?;
                Ok(())
            }

            async fn drop_key(&self, id: &str) -> Outcome<bool> {
                let dropped = sqlx::query("DELETE FROM vault_key WHERE key_id = $1 AND current = 0")
                    .bind(id)
                    .execute(&self.write)
                    .await;
                match dropped {
                    Ok(done) => Ok(done.rows_affected() == 1),
                    // Something is sealed with it.
                    Err(sqlx::Error::Database(e)) if e.is_foreign_key_violation() => Ok(false),
                    Err(e) => Err(e.into()),
                }
            }

            async fn sealed_otherwise(&self, current: &str, limit: i64) -> Outcome<Vec<Standing>> {
                let mut all = Vec::new();
                for (table, sql) in [
                    (Table::Attempt, "SELECT id, key_id, sealed FROM attempt WHERE key_id <> $1 LIMIT $2"),
                    (
                        Table::Connection,
                        "SELECT user_id, key_id, data_key FROM connection WHERE key_id <> $1 LIMIT $2",
                    ),
                    (Table::Revocation, "SELECT id, key_id, sealed FROM revocation WHERE key_id <> $1 LIMIT $2"),
                    (Table::Import, "SELECT id, key_id, data_key FROM import WHERE key_id <> $1 LIMIT $2"),
                    (Table::Audit, "SELECT name, key_id, data_key FROM audit_head WHERE key_id <> $1 LIMIT $2"),
                ] {
                    for row in sqlx::query(sql).bind(current).bind(limit).fetch_all(&self.write).await? {
                        let id = match table {
                            Table::Connection | Table::Import | Table::Audit => row.try_get::<String, _>(0)?.into_bytes(),
                            _ => row.try_get(0)?,
                        };
                        let sealed = Sealed { key_id: row.try_get(1)?, bytes: row.try_get(2)? };
                        all.push(Standing { table, row: id, sealed });
                    }
                }
                Ok(all)
            }

            async fn reseal(&self, old: &Standing, new: &Sealed) -> Outcome<()> {
                let query = match old.table {
                    Table::Attempt => sqlx::query(
                        "UPDATE attempt SET key_id = $1, sealed = $2 WHERE id = $3 AND sealed = $4 AND key_id = $5",
                    )
                    .bind(&new.key_id)
                    .bind(&new.bytes)
                    .bind(&old.row),
                    Table::Connection => sqlx::query(
                        "UPDATE connection SET key_id = $1, data_key = $2
                         WHERE user_id = $3 AND data_key = $4 AND key_id = $5",
                    )
                    .bind(&new.key_id)
                    .bind(&new.bytes)
                    .bind(String::from_utf8_lossy(&old.row).into_owned()),
                    Table::Import => sqlx::query(
                        "UPDATE import SET key_id = $1, data_key = $2
                         WHERE id = $3 AND data_key = $4 AND key_id = $5",
                    )
                    .bind(&new.key_id)
                    .bind(&new.bytes)
                    .bind(String::from_utf8_lossy(&old.row).into_owned()),
                    Table::Audit => sqlx::query(
                        "UPDATE audit_head SET key_id = $1, data_key = $2
                         WHERE name = $3 AND data_key = $4 AND key_id = $5",
                    )
                    .bind(&new.key_id)
                    .bind(&new.bytes)
                    .bind(String::from_utf8_lossy(&old.row).into_owned()),
                    Table::Revocation => sqlx::query(
                        "UPDATE revocation SET key_id = $1, sealed = $2 WHERE id = $3 AND sealed = $4 AND key_id = $5",
                    )
                    .bind(&new.key_id)
                    .bind(&new.bytes)
                    .bind(&old.row),
                };
                query.bind(&old.sealed.bytes).bind(&old.sealed.key_id).execute(&self.write).await?;
                Ok(())
            }

            async fn put_attempt(
                &self,
                attempt: &AttemptRow,
                forget_before: i64,
                blank_before: i64,
            ) -> Outcome<()> {
                let mut tx = self.write.begin_with($begin).await?;
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
                Ok(())
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

            async fn users(&self, after: &str, limit: i64) -> Outcome<Vec<UserId>> {
                let users: Vec<String> =
                    sqlx::query_scalar("SELECT user_id FROM connection WHERE user_id > $1 ORDER BY user_id LIMIT $2")
                        .bind(after)
                        .bind(limit)
                        .fetch_all(&self.read)
                        .await?;
                Ok(users.into_iter().map(UserId::from_row).collect())
            }

            async fn users_of(&self, owner: &str, limit: i64) -> Outcome<Vec<UserId>> {
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
                sqlx::query("DELETE FROM session WHERE id = $1").bind(id.as_slice()).execute(&self.write).await?;
                Ok(())
            }

            async fn remove_other_sessions(&self, user: &UserId, but: &Hash) -> Outcome<u64> {
                let done = sqlx::query("DELETE FROM session WHERE user_id = $1 AND id <> $2 AND ended IS NULL")
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

            async fn origin(&self) -> Outcome<Option<Origin>> {
                let code: Option<String> =
                    sqlx::query_scalar("SELECT code FROM origin").fetch_optional(&self.read).await?;
                Ok(code.as_deref().and_then(Origin::from_code))
            }

            async fn mark(&self, origin: Origin) -> Outcome<()> {
                sqlx::query("INSERT INTO origin (one, code) VALUES (1, $1) ON CONFLICT (one) DO NOTHING")
                    .bind(origin.code())
                    .execute(&self.write)
                    .await?;
                Ok(())
            }

            async fn sign_in_trouble(&self) -> Outcome<Option<SignInTrouble>> {
                let row = sqlx::query("SELECT code, detail, at FROM sign_in_trouble")
                    .fetch_optional(&self.read)
                    .await?;
                let trouble = |row: $Row| {
                    Ok(SignInTrouble {
                        code: row.try_get("code")?,
                        detail: row.try_get("detail")?,
                        at: row.try_get("at")?,
                    })
                };
                row.map(trouble).transpose()
            }

            async fn note_sign_in(&self, trouble: Option<&SignInTrouble>) -> Outcome<()> {
                let query = match trouble {
                    None => sqlx::query("DELETE FROM sign_in_trouble"),
                    Some(it) => sqlx::query(
                        "INSERT INTO sign_in_trouble (one, code, detail, at) VALUES (1, $1, $2, $3)
                         ON CONFLICT (one) DO UPDATE SET code = $1, detail = $2, at = $3",
                    )
                    .bind(it.code.clone())
                    .bind(it.detail.clone())
                    .bind(it.at),
                };
                query.execute(&self.write).await?;
                Ok(())
            }

            async fn put_revocation(&self, row: &RevocationRow, due_in: Duration) -> Outcome<()> {
                insert_revocation(row, due_in).execute(&self.write).await?;
                Ok(())
            }

            async fn due_revocations(&self, limit: i64, hold: Duration) -> Outcome<Vec<RevocationRow>> {
                let rows = sqlx::query(concat!(
                    "UPDATE revocation SET due_at = ", $now, " + $2, tries = tries + 1
                     WHERE id IN (
                        SELECT id FROM revocation WHERE due_at <= ", $now, " OR due_at > ", $now, " + $3
                        ORDER BY due_at LIMIT $1", $skip, ")
                     RETURNING id, key_id, sealed, created_at, tries"
                ))
                .bind(limit)
                .bind(in_millis(hold))
                .bind(TOO_FAR_TO_REVOKE)
                .fetch_all(&self.write)
                .await?;
                let revocation = |row: $Row| {
                    Ok(RevocationRow {
                        id: fixed(row.try_get("id")?)?,
                        sealed: Sealed { key_id: row.try_get("key_id")?, bytes: row.try_get("sealed")? },
                        created_at: row.try_get("created_at")?,
                        tries: row.try_get("tries")?,
                    })
                };
                rows.into_iter().map(revocation).collect()
            }

            async fn postpone_revocation(&self, id: &[u8; 16], due_in: Duration) -> Outcome<()> {
                sqlx::query(concat!("UPDATE revocation SET due_at = ", $now, " + $2 WHERE id = $1"))
                    .bind(id.as_slice())
                    .bind(in_millis(due_in))
                    .execute(&self.write)
                    .await?;
                Ok(())
            }

            async fn remove_revocation(&self, id: &[u8; 16]) -> Outcome<()> {
                sqlx::query("DELETE FROM revocation WHERE id = $1").bind(id.as_slice()).execute(&self.write).await?;
                Ok(())
            }

            $($($is_down)*)?

            async fn close(&self) {
                self.read.close().await;
                self.write.close().await;
            }
        }

        /// What stands in the database about keys.
        async fn read_keys<'e>(
            db: impl sqlx::Executor<'e, Database = <$Row as sqlx::Row>::Database>,
        ) -> Result<Vec<KeyRow>, sqlx::Error> {
            let rows = sqlx::query("SELECT key_id, sealed, current FROM vault_key").fetch_all(db).await?;
            let key = |row: $Row| {
                Ok(KeyRow {
                    id: row.try_get("key_id")?,
                    sealed: row.try_get("sealed")?,
                    current: row.try_get::<i64, _>("current")? == 1,
                })
            };
            rows.into_iter().map(key).collect()
        }

        fn insert_revocation(
            row: &RevocationRow,
            due_in: Duration,
        ) -> sqlx::query::Query<'_, <$Row as sqlx::Row>::Database, <<$Row as sqlx::Row>::Database as sqlx::Database>::Arguments>
        {
            sqlx::query(concat!(
                "INSERT INTO revocation (id, key_id, sealed, created_at, due_at) VALUES ($1, $2, $3, $4, ", $now, " + $5)"
            ))
            .bind(row.id.as_slice())
            .bind(&row.sealed.key_id)
            .bind(&row.sealed.bytes)
            .bind(row.created_at)
            .bind(in_millis(due_in))
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

pub(super) use sql_home;

use std::time::Duration;

use super::VaultError;

/// What stands in the place of a value that was used up.
pub(super) const NOTHING: &[u8] = &[];
/// A revocation is first tried by whoever asked for it; others leave it alone meanwhile.
pub(super) const FIRST_HOLD: Duration = Duration::from_secs(90);
/// Nothing waits for longer than this, in milliseconds: what seems to was written
/// before the database's clock was set back.
pub(super) const TOO_FAR: i64 = 150_000;
pub(super) const TOO_FAR_TO_REVOKE: i64 = 2 * 3_600_000;

pub(super) fn in_millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 2)
}

/// How long a lease or a pause still holds.
pub(super) fn millis(left: i64) -> Duration {
    if left > TOO_FAR { Duration::ZERO } else { Duration::from_millis(u64::try_from(left).unwrap_or(0)) }
}

/// An id of a length that is always the same.
pub(super) fn fixed<const N: usize>(bytes: Vec<u8>) -> Result<[u8; N], VaultError> {
    bytes.try_into().map_err(|_| VaultError::Unsealable)
}
