//! The statements for tokens to revoke, written once; see `vault/sql.rs`.

/// Implements [`super::store::RevocationStore`] for a home with the pools `read` and `write`.
macro_rules! sql_revocations {
    ($Home:ident, row = $Row:ty, now = $now:literal, skip = $skip:literal) => {
        #[async_trait]
        impl RevocationStore for $Home {
            async fn put_revocation(&self, row: &RevocationRow, due_in: Duration) -> Outcome<()> {
                insert_revocation(row, due_in).execute(&self.write).await?;
                Ok(())
            }

            async fn due_revocations(&self, limit: i64, hold: Duration) -> Outcome<Vec<RevocationRow>> {
                let rows = sqlx::query(concat!(
                    "UPDATE revocation SET due_at = ",
                    $now,
                    " + $2, tries = tries + 1
                     WHERE id IN (
                        SELECT id FROM revocation WHERE due_at <= ",
                    $now,
                    " OR due_at > ",
                    $now,
                    " + $3
                        ORDER BY due_at LIMIT $1",
                    $skip,
                    ")
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
                sqlx::query("DELETE FROM revocation WHERE id = $1")
                    .bind(id.as_slice())
                    .execute(&self.write)
                    .await?;
                Ok(())
            }
        }

        fn insert_revocation(
            row: &RevocationRow,
            due_in: Duration,
        ) -> sqlx::query::Query<
            '_,
            <$Row as sqlx::Row>::Database,
            <<$Row as sqlx::Row>::Database as sqlx::Database>::Arguments,
        > {
            sqlx::query(concat!(
                "INSERT INTO revocation (id, key_id, sealed, created_at, due_at) VALUES ($1, $2, $3, $4, ",
                $now,
                " + $5)"
            ))
            .bind(row.id.as_slice())
            .bind(&row.sealed.key_id)
            .bind(&row.sealed.bytes)
            .bind(row.created_at)
            .bind(in_millis(due_in))
        }
    };
}

pub(in crate::vault) use sql_revocations;
