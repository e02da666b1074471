//! The statements for the audit log, written once; see `vault/sql.rs`.

/// Implements [`super::store::AuditStore`] for a home with the pools `read` and `write`.
macro_rules! sql_audit {
    ($Home:ident, row = $Row:ty, begin = $begin:literal, lock = $lock:literal) => {
        #[async_trait]
        impl AuditStore for $Home {
            async fn begin_audit(&self, row: &HeadRow) -> Outcome<()> {
                sqlx::query(
                    "INSERT INTO audit_head (name, key_id, data_key, lines, last_hash, mark)
                     SELECT 'audit', $1, $2, $3, $4, $5 WHERE NOT EXISTS (SELECT 1 FROM audit_line)
                     ON CONFLICT (name) DO NOTHING",
                )
                .bind(&row.data_key.key_id)
                .bind(&row.data_key.bytes)
                .bind(row.head.lines)
                .bind(row.head.last.as_slice())
                .bind(row.head.mark.as_slice())
                .execute(&self.write)
                .await?;
                Ok(())
            }

            async fn audit_head(&self) -> Outcome<Option<(HeadRow, Option<i64>)>> {
                let found =
                    sqlx::query("SELECT *, (SELECT max(seq) FROM audit_line) AS last_seq FROM audit_head")
                        .fetch_optional(&self.read)
                        .await?;
                let Some(row) = found else { return Ok(None) };
                let data_key = Sealed { key_id: row.try_get("key_id")?, bytes: row.try_get("data_key")? };
                Ok(Some((HeadRow { data_key, head: head_of(&row)? }, row.try_get("last_seq")?)))
            }

            async fn append_audit(&self, chain: &Chain<'_>) -> Outcome<()> {
                let mut tx = self.write.begin_with($begin).await?;
                let found = sqlx::query(concat!("SELECT lines, last_hash, mark FROM audit_head", $lock))
                    .fetch_optional(&mut *tx)
                    .await?;
                let head = head_of(&found.ok_or(VaultError::Unsealable)?)?;
                let (lines, head) = chain(&head).ok_or(VaultError::Unsealable)?;
                let mut insert = sqlx::QueryBuilder::<<$Row as sqlx::Row>::Database>::new(
                    "INSERT INTO audit_line (seq, at, event, user_id, detail, before_hash, hash) ",
                );
                insert.push_values(&lines, |mut values, line| {
                    values
                        .push_bind(line.seq)
                        .push_bind(line.at)
                        .push_bind(&line.event)
                        .push_bind(&line.user)
                        .push_bind(&line.detail)
                        .push_bind(line.before.as_slice())
                        .push_bind(line.hash.as_slice());
                });
                insert.build().execute(&mut *tx).await?;
                sqlx::query("UPDATE audit_head SET lines = $1, last_hash = $2, mark = $3")
                    .bind(head.lines)
                    .bind(head.last.as_slice())
                    .bind(head.mark.as_slice())
                    .execute(&mut *tx)
                    .await?;
                tx.commit().await?;
                Ok(())
            }

            async fn audit_lines(&self, after: i64, limit: i64) -> Outcome<Vec<AuditLine>> {
                let rows = sqlx::query("SELECT * FROM audit_line WHERE seq > $1 ORDER BY seq LIMIT $2")
                    .bind(after)
                    .bind(limit)
                    .fetch_all(&self.read)
                    .await?;
                let line = |row: $Row| {
                    Ok(AuditLine {
                        seq: row.try_get("seq")?,
                        at: row.try_get("at")?,
                        event: row.try_get("event")?,
                        user: row.try_get("user_id")?,
                        detail: row.try_get("detail")?,
                        before: hash_of(row.try_get("before_hash")?),
                        hash: hash_of(row.try_get("hash")?),
                    })
                };
                rows.into_iter().map(line).collect()
            }
        }

        fn head_of(row: &$Row) -> Outcome<Head> {
            Ok(Head {
                lines: row.try_get("lines")?,
                last: hash_of(row.try_get("last_hash")?),
                mark: hash_of(row.try_get("mark")?),
            })
        }
    };
}

pub(in crate::vault) use sql_audit;

/// One of another length was altered: it is like no hash.
pub(in crate::vault) fn hash_of(bytes: Vec<u8>) -> [u8; 32] {
    bytes.try_into().unwrap_or([0; 32])
}
