//! Sessions, by the hash of the value the browser holds.

use sqlx::Row;

use super::{Vault, VaultError};
use crate::{UserId, token::Hash};

/// When a session began and when it was last used, in Unix seconds.
pub(crate) struct SessionRow {
    pub user: UserId,
    pub started_at: i64,
    pub seen_at: i64,
}

impl Vault {
    /// Begins a session of a stored connection. The connection may have been
    /// removed meanwhile: then there is no session, and the answer is `false`.
    pub(crate) async fn put_session(&self, id: &Hash, user: &UserId, now: i64) -> Result<bool, VaultError> {
        let done = sqlx::query(
            "INSERT INTO session (id, user, started_at, seen_at)
             SELECT ?1, user, ?3, ?3 FROM connection WHERE user = ?2",
        )
        .bind(id.as_slice())
        .bind(user.as_str())
        .bind(now)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    pub(crate) async fn session(&self, id: &Hash) -> Result<Option<SessionRow>, VaultError> {
        let row = sqlx::query("SELECT user, started_at, seen_at FROM session WHERE id = ?")
            .bind(id.as_slice())
            .fetch_optional(&self.read)
            .await?;
        Ok(row.map(|row| SessionRow {
            user: UserId::from_row(row.get("user")),
            started_at: row.get("started_at"),
            seen_at: row.get("seen_at"),
        }))
    }

    pub(crate) async fn touch_session(&self, id: &Hash, now: i64) -> Result<(), VaultError> {
        sqlx::query("UPDATE session SET seen_at = ? WHERE id = ?")
            .bind(now)
            .bind(id.as_slice())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    pub(crate) async fn remove_session(&self, id: &Hash) -> Result<(), VaultError> {
        sqlx::query("DELETE FROM session WHERE id = ?").bind(id.as_slice()).execute(&self.write).await?;
        Ok(())
    }
}
