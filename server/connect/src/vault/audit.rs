//! The audit log: what happened to connections, written so that nobody can change it unseen.
//!
//! **The chain.** Every line holds a number, a time, an event, whose it is, a detail, and the hash of the line before it.
//! Its own hash is an HMAC-SHA-256 over all of that, each part preceded by its length, under a key that belongs to the
//! log alone and stands in the database only wrapped with the operator's key, as a connection's does. So whoever can
//! write to the database, but has not got the key file, can neither write a line nor mend the chain behind one that they
//! changed. A head says how many lines there are and how the last one ends, under the same HMAC: without it the last
//! lines could be dropped. Lines are appended under the head's lock (a row in PostgreSQL, the one writer in SQLite),
//! line and head in one transaction: replicas take turns, a crash leaves both or neither. Who appends checks the head
//! first, so that a forged one is never made a true one. `vault rotate` wraps the log's key anew and touches no line.
//!
//! **What it cannot show.** A whole database put back as it was, or log and head deleted together: only a copy kept
//! elsewhere shows that, which is what the export is for. It ends with the head, so that it can be checked by itself,
//! with the key file. Who has both database and key file can write what they like. A line is written after what it
//! tells of has been stored, never in its place: a process killed between the two leaves a gap in what is told, not in
//! the chain; and where the database's answer was lost a line may stand twice. Only a token is shown after its line.

use zeroize::Zeroizing;

use super::{Place, Vault, VaultError, seal::random_key};

mod chain;
mod file;
pub(super) mod memory;
pub(super) mod sql;
pub(super) mod store;

use chain::Check;
pub(crate) use chain::Entry;
pub use chain::{AuditFault, AuditLine, BrokenAudit, CheckedAudit};
pub(super) use chain::{AuditKey, Head};
pub use file::check_audit_file;
use store::HeadRow;

/// Lines that are read at once.
const AT_ONCE: i64 = 500;

impl Vault {
    /// Appends these lines, all or none.
    pub(crate) async fn append_audit(&self, entries: &[Entry]) -> Result<(), VaultError> {
        let key = match self.audit_key().await? {
            Some(key) => key,
            None => {
                self.begin_audit().await?;
                self.audit_key().await?.ok_or(VaultError::Unsealable)?
            }
        };
        self.store()?.append_audit(&|head| key.chain(head, entries)).await
    }

    /// Some lines of the audit log, in order, those after number `after`. None when there are no more.
    pub async fn audit_lines(&self, after: i64) -> Result<Vec<AuditLine>, VaultError> {
        self.store()?.audit_lines(after, AT_ONCE).await
    }

    /// Whether the log stands as it was written: its length, or the first line that does not.
    pub async fn check_audit(&self) -> Result<Result<CheckedAudit, BrokenAudit>, VaultError> {
        let Some((row, last)) = self.store()?.audit_head().await? else {
            let lines = self.audit_lines(i64::MIN).await?;
            return Ok(if lines.is_empty() {
                Ok(CheckedAudit::default())
            } else {
                Err(BrokenAudit::no_head())
            });
        };
        let key = match self.audit_key().await {
            Ok(Some(key)) => key,
            Ok(None) => return Ok(Err(BrokenAudit::no_head())),
            Err(VaultError::Unsealable) => return Ok(Err(BrokenAudit::head())),
            Err(e) => return Err(e),
        };
        let mut check = match Check::of(&key, &row.head) {
            Ok(check) => check,
            Err(broken) => return Ok(Err(broken)),
        };
        let mut after = i64::MIN;
        loop {
            let lines = self.audit_lines(after).await?;
            // Those that came since are of another head.
            let lines: Vec<_> = lines.into_iter().filter(|line| line.seq <= row.head.lines).collect();
            let Some(end) = lines.last() else { break };
            after = end.seq;
            for line in &lines {
                if let Err(broken) = check.line(line) {
                    return Ok(Err(broken));
                }
            }
        }
        // Read together with the head.
        let added = last.filter(|last| *last > row.head.lines);
        Ok(check.end(added))
    }

    /// The end of an export: how many lines there are to be, and the log's key, wrapped. None before the first line.
    pub async fn export_audit_head(&self) -> Result<Option<(i64, String)>, VaultError> {
        let head = self.store()?.audit_head().await?;
        Ok(head.map(|(row, _)| (row.head.lines, file::head(&row))))
    }

    async fn begin_audit(&self) -> Result<(), VaultError> {
        let bytes = random_key()?;
        let head = AuditKey::new(&bytes).head(0, &[0; 32]);
        let begin = async || {
            let data_key = self.ring().seal(audit_key_place(), bytes.as_slice())?;
            self.store()?.begin_audit(&HeadRow { data_key, head: head.clone() }).await
        };
        match begin().await {
            Err(e) if e.is_old_key() => {
                self.hear_of_keys().await?;
                begin().await
            }
            done => done,
        }
    }

    /// It never changes, only what it is wrapped with does.
    async fn audit_key(&self) -> Result<Option<AuditKey>, VaultError> {
        if let Some(key) = self.0.audit.get() {
            return Ok(Some(key.clone()));
        }
        let ring = self.ring();
        let Some((row, _)) = self.store()?.audit_head().await? else { return Ok(None) };
        let bytes = self.open_sealed(&ring, audit_key_place(), &row.data_key).await?;
        let bytes = bytes.as_slice().try_into().map_err(|_| VaultError::Unsealable)?;
        Ok(Some(self.0.audit.get_or_init(|| AuditKey::new(&Zeroizing::new(bytes))).clone()))
    }
}

pub(super) fn audit_key_place() -> Place<'static> {
    Place { table: "audit_head", column: "data_key", row: b"audit", generation: 0 }
}
