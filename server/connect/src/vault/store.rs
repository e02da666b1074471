//! What a home for the vault must do. It keeps rows whose secrets are sealed
//! already, and makes each of these calls whole or not at all.
//!
//! Each room says what it asks of a home in its own `store.rs`. Leases and pauses run by the home's own clock, so that
//! machines need not agree on the time.

use async_trait::async_trait;

use super::{VaultError, census::CensusStore};
pub(super) use super::{
    alerts::store::*, api::store::*, attempts::store::*, audit::store::*, connections::store::*,
    imports::store::*, revocations::store::*, ring::store::*, sessions::store::*, setup::store::*,
};

pub(super) type Outcome<T> = Result<T, VaultError>;

/// Sealed with the operator's key of that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sealed {
    pub key_id: String,
    pub bytes: Vec<u8>,
}

#[async_trait]
pub(super) trait Store:
    AlertStore
    + ApiStore
    + AttemptStore
    + AuditStore
    + CensusStore
    + ConnectionStore
    + ImportStore
    + KeyStore
    + RevocationStore
    + SessionStore
    + SetupStore
    + std::fmt::Debug
    + Send
    + Sync
{
    /// Whether it is known not to answer at the moment.
    fn is_down(&self) -> bool {
        false
    }

    /// Ends all connections to the database.
    async fn close(&self);
}
