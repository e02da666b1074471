//! The log as a file: one JSON object a line, the head last. It can be checked with nothing but the key file.

use std::{collections::HashSet, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{
    AuditFault, AuditKey, AuditLine, BrokenAudit, CheckedAudit, Head, audit_key_place,
    chain::{Check, Hash},
    store::HeadRow,
};
use crate::vault::{VaultError, ring::Ring, store::Sealed};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    seq: i64,
    at: i64,
    event: String,
    user: String,
    detail: Value,
    before: String,
    hash: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenHead {
    lines: i64,
    last: String,
    mark: String,
    key_id: String,
    data_key: String,
}

impl AuditLine {
    /// One line of an export, without its end.
    pub fn to_json(&self) -> String {
        let written = Written {
            seq: self.seq,
            at: self.at,
            event: self.event.clone(),
            user: self.user.clone(),
            // One that was altered is shown as it stands, and found by whoever checks it.
            detail: serde_json::from_str(&self.detail).unwrap_or_else(|_| Value::from(self.detail.clone())),
            before: hex::encode(self.before),
            hash: hex::encode(self.hash),
        };
        serde_json::to_string(&written).unwrap_or_default()
    }

    /// Only what [`AuditLine::to_json`] writes, letter by letter: another reader might understand anything else otherwise.
    fn of_json(text: &str) -> Option<Self> {
        let written: Written = serde_json::from_str(text).ok()?;
        let line = Self {
            seq: written.seq,
            at: written.at,
            event: written.event,
            user: written.user,
            detail: written.detail.to_string(),
            before: hash(&written.before)?,
            hash: hash(&written.hash)?,
        };
        (line.to_json() == text).then_some(line)
    }
}

pub(super) fn head(row: &HeadRow) -> String {
    let written = WrittenHead {
        lines: row.head.lines,
        last: hex::encode(row.head.last),
        mark: hex::encode(row.head.mark),
        key_id: row.data_key.key_id.clone(),
        data_key: hex::encode(&row.data_key.bytes),
    };
    serde_json::to_string(&written).unwrap_or_default()
}

fn head_of(text: &str) -> Option<HeadRow> {
    let written: WrittenHead = serde_json::from_str(text).ok()?;
    let head = Head { lines: written.lines, last: hash(&written.last)?, mark: hash(&written.mark)? };
    Some(HeadRow {
        data_key: Sealed { key_id: written.key_id, bytes: hex::decode(&written.data_key).ok()? },
        head,
    })
}

/// Whether an exported log stands as it was written. The key file must hold the key it was exported under.
pub fn check_audit_file(
    text: &str,
    key_file: &Path,
) -> Result<Result<CheckedAudit, BrokenAudit>, VaultError> {
    let lines: Vec<&str> = text.lines().collect();
    let Some((end, lines)) = lines.split_last() else { return Ok(Err(BrokenAudit::no_head())) };
    let Some(row) = head_of(end) else { return Ok(Err(BrokenAudit::no_head())) };
    let keys = Ring::read(key_file)?.ok_or_else(|| VaultError::KeyMissing(key_file.into()))?;
    let key = keys.iter().find(|key| key.id() == row.data_key.key_id);
    let Some(key) = key else {
        return Err(VaultError::WrongKey { path: key_file.into(), id: row.data_key.key_id });
    };
    let bytes = key.open(audit_key_place(), &row.data_key.bytes).ok();
    let bytes = bytes.and_then(|bytes| bytes.as_slice().try_into().ok());
    let Some(bytes) = bytes else { return Ok(Err(BrokenAudit::head())) };
    Ok(check(&AuditKey::new(&Zeroizing::new(bytes)), &row.head, lines))
}

fn check(key: &AuditKey, head: &Head, lines: &[&str]) -> Result<CheckedAudit, BrokenAudit> {
    let mut check = Check::of(key, head)?;
    let lines: Vec<Option<AuditLine>> = lines.iter().map(|text| AuditLine::of_json(text)).collect();
    let numbers: HashSet<i64> = lines.iter().flatten().map(|line| line.seq).collect();
    for line in &lines {
        let next = check.next();
        let Some(line) = line else { return Err(BrokenAudit { line: next, fault: AuditFault::Edited }) };
        if line.seq > next && numbers.contains(&next) {
            return Err(BrokenAudit { line: next, fault: AuditFault::Reordered(line.seq) });
        }
        check.line(line)?;
    }
    check.end(None)
}

fn hash(text: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    hex::decode_to_slice(text, &mut hash).ok()?;
    Some(hash)
}
