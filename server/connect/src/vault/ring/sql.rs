//! The statements for the operator's keys, written once; see `vault/sql.rs`.

/// Implements [`super::store::KeyStore`] for a home with the pools `read` and `write`.
macro_rules! sql_keys {
    ($Home:ident, row = $Row:ty, begin_keys = $begin_keys:literal) => {
        #[async_trait]
        impl KeyStore for $Home {
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
                        let id = match table.has_text_ids() {
                            true => row.try_get::<String, _>(0)?.into_bytes(),
                            false => row.try_get(0)?,
                        };
                        let sealed = Sealed { key_id: row.try_get(1)?, bytes: row.try_get(2)? };
                        all.push(Standing { table, row: id, sealed });
                    }
                }
                Ok(all)
            }

            async fn reseal(&self, old: &Standing, new: &Sealed) -> Outcome<()> {
                let query = sqlx::query(match old.table {
                    Table::Attempt => {
                        "UPDATE attempt SET key_id = $1, sealed = $2 WHERE id = $3 AND sealed = $4 AND key_id = $5"
                    }
                    Table::Connection => {
                        "UPDATE connection SET key_id = $1, data_key = $2
                         WHERE user_id = $3 AND data_key = $4 AND key_id = $5"
                    }
                    Table::Revocation => {
                        "UPDATE revocation SET key_id = $1, sealed = $2 WHERE id = $3 AND sealed = $4 AND key_id = $5"
                    }
                    Table::Import => {
                        "UPDATE import SET key_id = $1, data_key = $2 WHERE id = $3 AND data_key = $4 AND key_id = $5"
                    }
                    Table::Audit => {
                        "UPDATE audit_head SET key_id = $1, data_key = $2
                         WHERE name = $3 AND data_key = $4 AND key_id = $5"
                    }
                })
                .bind(&new.key_id)
                .bind(&new.bytes);
                let query = match old.table.has_text_ids() {
                    true => query.bind(String::from_utf8_lossy(&old.row).into_owned()),
                    false => query.bind(&old.row),
                };
                query.bind(&old.sealed.bytes).bind(&old.sealed.key_id).execute(&self.write).await?;
                Ok(())
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
    };
}

pub(in crate::vault) use sql_keys;
