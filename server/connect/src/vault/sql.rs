//! What SQLite and PostgreSQL do alike: the statements of every room (its `sql.rs`) are written once. The two differ in
//! their clocks, in how a writing transaction begins, and in how rows are locked.

use std::time::Duration;

use super::VaultError;

/// Makes a home of a type with the pools `read` and `write`; it implements [`super::store::Store`] by itself.
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
    ) => {
        sql_keys!($Home, row = $Row, begin_keys = $begin_keys);
        sql_attempts!($Home, begin = $begin, lock = $lock);
        sql_connections!($Home, now = $now, begin = $begin);
        sql_sessions!($Home, row = $Row);
        sql_revocations!($Home, row = $Row, now = $now, skip = $skip);
        sql_setup!($Home, row = $Row);
        sql_api!($Home, row = $Row, begin = $begin);
        sql_imports!($Home, row = $Row, now = $now, begin = $begin, lock = $lock, skip = $skip);
        sql_audit!($Home, row = $Row, begin = $begin, lock = $lock);
        sql_alerts!($Home, row = $Row, now = $now, begin = $begin, skip = $skip);
        sql_census!($Home);
    };
}

pub(super) use sql_home;

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
