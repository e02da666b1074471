//! What a home does for the audit log.

use async_trait::async_trait;

use super::{AuditLine, Head};
use crate::vault::store::{Outcome, Sealed};

/// The head, and the log's own key.
#[derive(Clone, Debug)]
pub(in crate::vault) struct HeadRow {
    pub data_key: Sealed,
    pub head: Head,
}

/// The lines that come after a head, and the head after them; none when the head is not to be built on.
pub(in crate::vault) type Chain<'a> = dyn Fn(&Head) -> Option<(Vec<AuditLine>, Head)> + Sync + 'a;

#[async_trait]
pub(in crate::vault) trait AuditStore {
    /// Makes the head, unless there is one; nor where there are lines, whose head is gone.
    async fn begin_audit(&self, head: &HeadRow) -> Outcome<()>;
    /// With the number of the last line there is.
    async fn audit_head(&self) -> Outcome<Option<(HeadRow, Option<i64>)>>;
    /// Appends what `chain` makes of the head, which nobody else can append to meanwhile.
    async fn append_audit(&self, chain: &Chain<'_>) -> Outcome<()>;
    /// In order, those after this number.
    async fn audit_lines(&self, after: i64, limit: i64) -> Outcome<Vec<AuditLine>>;
}
