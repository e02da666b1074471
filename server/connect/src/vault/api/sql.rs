//! The statements for other programs' keys and links, written once; see `vault/sql.rs`.

/// Implements [`super::store::ApiStore`] for a home with the pools `read` and `write`.
macro_rules! sql_api {
    ($Home:ident, row = $Row:ty, begin = $begin:literal) => {
        #[async_trait]
        impl ApiStore for $Home {
            async fn put_api_key(&self, key: &ApiKeyRow) -> Outcome<()> {
                sqlx::query(
                    "INSERT INTO api_key (id, hash, name, scopes, return_to, created_at, expires_at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7)",
                )
                .bind(&key.id)
                .bind(key.hash.as_slice())
                .bind(&key.name)
                .bind(&key.scopes)
                .bind(&key.return_to)
                .bind(key.created_at)
                .bind(key.expires_at)
                .execute(&self.write)
                .await?;
                Ok(())
            }

            async fn api_key(&self, hash: &Hash) -> Outcome<Option<ApiKeyRow>> {
                let found = sqlx::query("SELECT * FROM api_key WHERE hash = $1")
                    .bind(hash.as_slice())
                    .fetch_optional(&self.read)
                    .await?;
                found.map(|row| api_key_of(&row)).transpose()
            }

            async fn api_keys(&self) -> Outcome<Vec<ApiKeyRow>> {
                let all = sqlx::query("SELECT * FROM api_key ORDER BY created_at, id")
                    .fetch_all(&self.read)
                    .await?;
                all.iter().map(api_key_of).collect()
            }

            async fn touch_api_key(&self, id: &str, now: i64) -> Outcome<()> {
                sqlx::query(
                    "UPDATE api_key SET used_at = $2 WHERE id = $1 AND (used_at IS NULL OR used_at < $2)",
                )
                .bind(id)
                .bind(now)
                .execute(&self.write)
                .await?;
                Ok(())
            }

            async fn revoke_api_key(&self, id: &str, now: i64) -> Outcome<bool> {
                let done =
                    sqlx::query("UPDATE api_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
                        .bind(id)
                        .bind(now)
                        .execute(&self.write)
                        .await?;
                Ok(done.rows_affected() == 1)
            }

            async fn put_link(&self, link: &LinkRow, forget_before: i64) -> Outcome<()> {
                let mut tx = self.write.begin_with($begin).await?;
                sqlx::query("DELETE FROM connect_link WHERE created_at < $1")
                    .bind(forget_before)
                    .execute(&mut *tx)
                    .await?;
                sqlx::query(
                    "INSERT INTO connect_link (id, key_id, owner, scopes, return_to, created_at)
                     VALUES ($1, $2, $3, $4, $5, $6)",
                )
                .bind(link.id.as_slice())
                .bind(&link.key_id)
                .bind(link.owner.as_str())
                .bind(&link.scopes)
                .bind(&link.return_to)
                .bind(link.created_at)
                .execute(&mut *tx)
                .await?;
                tx.commit().await?;
                Ok(())
            }

            async fn link(&self, id: &Hash) -> Outcome<Option<LinkRow>> {
                let found = sqlx::query("SELECT * FROM connect_link WHERE id = $1")
                    .bind(id.as_slice())
                    .fetch_optional(&self.read)
                    .await?;
                found.map(|row| link_of(&row)).transpose()
            }
        }

        fn api_key_of(row: &$Row) -> Outcome<ApiKeyRow> {
            Ok(ApiKeyRow {
                id: row.try_get("id")?,
                hash: fixed(row.try_get("hash")?)?,
                name: row.try_get("name")?,
                scopes: row.try_get("scopes")?,
                return_to: row.try_get("return_to")?,
                created_at: row.try_get("created_at")?,
                expires_at: row.try_get("expires_at")?,
                used_at: row.try_get("used_at")?,
                revoked_at: row.try_get("revoked_at")?,
            })
        }

        fn link_of(row: &$Row) -> Outcome<LinkRow> {
            let owner: String = row.try_get("owner")?;
            Ok(LinkRow {
                id: fixed(row.try_get("id")?)?,
                key_id: row.try_get("key_id")?,
                owner: Owner::parse(&owner).ok_or(VaultError::Unsealable)?,
                scopes: row.try_get("scopes")?,
                return_to: row.try_get("return_to")?,
                created_at: row.try_get("created_at")?,
                used_at: row.try_get("used_at")?,
            })
        }
    };
}

pub(in crate::vault) use sql_api;
