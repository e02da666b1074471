//! Connections: tokens and what is known about the person, both sealed.

use pagerduty::{AccessToken, RefreshToken};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use zeroize::{Zeroize, Zeroizing};

use super::{Place, Vault, VaultError};
use crate::{About, UserId};

/// The tokens of a connection.
pub(crate) struct Tokens {
    pub access: AccessToken,
    pub refresh: Option<RefreshToken>,
}

/// How tokens are written inside the seal. It lives for the length of a call.
#[derive(Serialize, Deserialize)]
struct Written {
    access: String,
    refresh: Option<String>,
}

impl Drop for Written {
    fn drop(&mut self) {
        self.access.zeroize();
        self.refresh.zeroize();
    }
}

impl Vault {
    /// Stores a connection, in place of an earlier one of the same person.
    pub(crate) async fn put_connection(
        &self,
        user: &UserId,
        tokens: &Tokens,
        about: &About,
        now: i64,
    ) -> Result<(), VaultError> {
        let written = Written {
            access: tokens.access.expose().to_owned(),
            refresh: tokens.refresh.as_ref().map(|t| t.expose().to_owned()),
        };
        let tokens = Zeroizing::new(serde_json::to_vec(&written).map_err(|_| VaultError::Unsealable)?);
        let about = serde_json::to_vec(about).map_err(|_| VaultError::Unsealable)?;

        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await?;
        let last: Option<i64> = sqlx::query_scalar("SELECT generation FROM connection WHERE user = ?")
            .bind(user.as_str())
            .fetch_optional(&mut *tx)
            .await?;
        let generation = last.unwrap_or(0) + 1;
        sqlx::query(
            "INSERT INTO connection (user, generation, tokens_sealed, about_sealed, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (user) DO UPDATE SET
                generation = ?2, tokens_sealed = ?3, about_sealed = ?4, updated_at = ?5",
        )
        .bind(user.as_str())
        .bind(generation)
        .bind(self.key.seal(place(user, "tokens_sealed", generation), &tokens)?)
        .bind(self.key.seal(place(user, "about_sealed", generation), &about)?)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    pub(crate) async fn connection(&self, user: &UserId) -> Result<Option<About>, VaultError> {
        let row = sqlx::query("SELECT generation, about_sealed FROM connection WHERE user = ?")
            .bind(user.as_str())
            .fetch_optional(&self.read)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let place = place(user, "about_sealed", row.get("generation"));
        let about = self.key.open(place, &row.get::<Vec<u8>, _>("about_sealed"))?;
        serde_json::from_slice(&about).map(Some).map_err(|_| VaultError::Unsealable)
    }

    /// Wipes a connection and, with it, every session it carries. What was
    /// stored comes back for one last use: revoking it.
    pub(crate) async fn remove_connection(&self, user: &UserId) -> Result<Option<Tokens>, VaultError> {
        let row = sqlx::query("DELETE FROM connection WHERE user = ? RETURNING generation, tokens_sealed")
            .bind(user.as_str())
            .fetch_optional(&self.write)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let place = place(user, "tokens_sealed", row.get("generation"));
        let plain = self.key.open(place, &row.get::<Vec<u8>, _>("tokens_sealed"))?;
        let written: Written = serde_json::from_slice(&plain).map_err(|_| VaultError::Unsealable)?;
        Ok(Some(Tokens {
            access: AccessToken::new(written.access.as_str()),
            refresh: written.refresh.as_deref().map(RefreshToken::new),
        }))
    }
}

fn place<'a>(user: &'a UserId, column: &'static str, generation: i64) -> Place<'a> {
    Place { table: "connection", column, row: user.as_str().as_bytes(), generation }
}
