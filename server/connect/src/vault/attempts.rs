//! Attempts under way: written at the start, taken once on the way back.

pub(super) mod memory;
pub(super) mod sql;
pub(super) mod store;

use zeroize::Zeroizing;

use super::{
    Place, Vault, VaultError,
    store::{AttemptRow, Taken},
};
use crate::token::Hash;

/// How long a person may take at PagerDuty.
pub(crate) const ATTEMPT_SECS: i64 = 600;
/// How long the row of an old attempt stays, to tell "too late" from "unknown".
const KEPT_SECS: i64 = 24 * 3600;

impl Vault {
    /// False when the link that it is begun by was used before; then nothing is kept.
    pub(crate) async fn put_attempt(
        &self,
        id: &Hash,
        browser: &Hash,
        remembered: &[u8],
        link: Option<&Hash>,
        now: i64,
    ) -> Result<bool, VaultError> {
        let put = async || {
            let sealed = self.ring().seal(place(id), remembered)?;
            let row = AttemptRow { id: *id, browser: *browser, sealed, started_at: now };
            self.store()?.put_attempt(&row, link, now - KEPT_SECS, now - ATTEMPT_SECS).await
        };
        match put().await {
            Err(e) if e.is_old_key() => {
                self.hear_of_keys().await?;
                put().await
            }
            done => done,
        }
    }

    /// Takes an attempt for the browser that started it. Another browser's call changes nothing.
    pub(crate) async fn take_attempt(
        &self,
        id: &Hash,
        browser: Option<&Hash>,
        now: i64,
    ) -> Result<Taken<Zeroizing<Vec<u8>>>, VaultError> {
        let ring = self.ring();
        Ok(match self.store()?.take_attempt(id, browser, now, now - ATTEMPT_SECS).await? {
            Taken::Now(sealed) => Taken::Now(self.open_sealed(&ring, place(id), &sealed).await?),
            Taken::Before => Taken::Before,
            Taken::TooLate => Taken::TooLate,
            Taken::OtherBrowser => Taken::OtherBrowser,
            Taken::Unknown => Taken::Unknown,
        })
    }
}

pub(super) fn place(id: &[u8]) -> Place<'_> {
    Place { table: "attempt", column: "sealed", row: id, generation: 0 }
}
