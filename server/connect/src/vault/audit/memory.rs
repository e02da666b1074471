//! The audit log in memory.

use async_trait::async_trait;

use super::{AuditLine, store::*};
use crate::vault::{
    VaultError,
    memory::Memory,
    store::{Outcome, Sealed},
};

#[derive(Debug, Default)]
pub(in crate::vault) struct Audit {
    head: Option<HeadRow>,
    lines: Vec<AuditLine>,
}

impl Audit {
    pub(in crate::vault) fn lines(&self) -> i64 {
        self.head.as_ref().map_or(0, |row| row.head.lines)
    }

    pub(in crate::vault) fn data_key(&self) -> Option<&Sealed> {
        self.head.as_ref().map(|row| &row.data_key)
    }

    pub(in crate::vault) fn data_key_mut(&mut self) -> Option<&mut Sealed> {
        self.head.as_mut().map(|row| &mut row.data_key)
    }
}

#[async_trait]
impl AuditStore for Memory {
    async fn begin_audit(&self, head: &HeadRow) -> Outcome<()> {
        self.tables().audit.head.get_or_insert_with(|| head.clone());
        Ok(())
    }

    async fn audit_head(&self) -> Outcome<Option<(HeadRow, Option<i64>)>> {
        let audit = &self.tables().audit;
        Ok(audit.head.clone().map(|head| (head, audit.lines.last().map(|line| line.seq))))
    }

    async fn append_audit(&self, chain: &Chain<'_>) -> Outcome<()> {
        let audit = &mut self.tables().audit;
        let row = audit.head.as_mut().ok_or(VaultError::Unsealable)?;
        let (lines, head) = chain(&row.head).ok_or(VaultError::Unsealable)?;
        row.head = head;
        audit.lines.extend(lines);
        Ok(())
    }

    async fn audit_lines(&self, after: i64, limit: i64) -> Outcome<Vec<AuditLine>> {
        let tables = self.tables();
        let lines = tables.audit.lines.iter().filter(|line| line.seq > after);
        Ok(lines.take(usize::try_from(limit).unwrap_or(0)).cloned().collect())
    }
}
