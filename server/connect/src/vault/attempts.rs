//! Attempts under way: written at the start, taken once on the way back.

use sqlx::Row;
use zeroize::Zeroizing;

use super::{Place, Vault, VaultError};
use crate::token::Hash;

/// How long a person may take at PagerDuty.
pub(crate) const ATTEMPT_SECS: i64 = 600;
/// How long the row of an old attempt stays, to tell "too late" from "unknown".
const KEPT_SECS: i64 = 24 * 3600;

/// What taking an attempt came to.
pub(crate) enum Taken {
    /// It was waiting, and now it is used: what was remembered with it.
    Now(Zeroizing<Vec<u8>>),
    /// It was used before.
    Before,
    /// It waited longer than [`ATTEMPT_SECS`].
    TooLate,
    /// Another browser started it.
    OtherBrowser,
    /// Nobody started it, or a day and more ago.
    Unknown,
}

impl Vault {
    pub(crate) async fn put_attempt(
        &self,
        id: &Hash,
        browser: &Hash,
        remembered: &[u8],
        now: i64,
    ) -> Result<(), VaultError> {
        let sealed = self.key.seal(place(id), remembered)?;
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("DELETE FROM attempt WHERE started_at < ?")
            .bind(now - KEPT_SECS)
            .execute(&mut *tx)
            .await?;
        // What nobody came back for opens nothing any more; only that it was there is kept.
        sqlx::query("UPDATE attempt SET sealed = x'' WHERE started_at < ? AND sealed <> x''")
            .bind(now - ATTEMPT_SECS)
            .execute(&mut *tx)
            .await?;
        sqlx::query("INSERT INTO attempt (id, browser, sealed, started_at) VALUES (?, ?, ?, ?)")
            .bind(id.as_slice())
            .bind(browser.as_slice())
            .bind(sealed)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes an attempt for the browser that started it. Of any number of calls
    /// at once, exactly one gets [`Taken::Now`]. Another browser's call changes nothing.
    pub(crate) async fn take_attempt(
        &self,
        id: &Hash,
        browser: Option<&Hash>,
        now: i64,
    ) -> Result<Taken, VaultError> {
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await?;
        let row = sqlx::query("SELECT browser, sealed, started_at, used_at FROM attempt WHERE id = ?")
            .bind(id.as_slice())
            .fetch_optional(&mut *tx)
            .await?;
        let Some(row) = row else { return Ok(Taken::Unknown) };
        if row.get::<i64, _>("started_at") + ATTEMPT_SECS < now {
            return Ok(Taken::TooLate);
        }
        if row.get::<Option<i64>, _>("used_at").is_some() {
            return Ok(Taken::Before);
        }
        // Both sides are hashes of 256-bit values: comparing them tells nothing about the values.
        if browser.is_none_or(|b| row.get::<Vec<u8>, _>("browser") != b) {
            return Ok(Taken::OtherBrowser);
        }
        let remembered = self.key.open(place(id), &row.get::<Vec<u8>, _>("sealed"))?;
        sqlx::query("UPDATE attempt SET used_at = ?, sealed = x'' WHERE id = ?")
            .bind(now)
            .bind(id.as_slice())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Taken::Now(remembered))
    }
}

fn place(id: &Hash) -> Place<'_> {
    Place { table: "attempt", column: "sealed", row: id, generation: 0 }
}
