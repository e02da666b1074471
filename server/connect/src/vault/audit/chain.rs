//! Lines, the hashes that hold them together, and how to tell that one was touched.

use std::fmt;

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};

use crate::{UserId, vault::seal::KeyBytes};

pub(super) type Hash = [u8; 32];

/// Stands before everything that is hashed: a hash of one kind is none of another, nor of another version.
const LINE: &[u8] = b"pdconnect audit line 1";
const HEAD: &[u8] = b"pdconnect audit head 1";

/// What is to become a line.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// In Unix seconds.
    pub at: i64,
    pub event: &'static str,
    pub user: UserId,
    /// A JSON object, as compact text.
    pub detail: String,
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// 1, 2, 3, …
    pub seq: i64,
    /// In Unix seconds.
    pub at: i64,
    /// `refreshed`
    pub event: String,
    /// `PACCOUNT/PUSER`, `PACCOUNT/PUSER@owner`, `app/SUBDOMAIN` or `key/ID`
    pub user: String,
    /// A JSON object.
    pub detail: String,
    pub(in crate::vault) before: Hash,
    pub(in crate::vault) hash: Hash,
}

/// How many lines there are and how the last one ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::vault) struct Head {
    pub lines: i64,
    pub last: Hash,
    /// Shows that the other two were not changed.
    pub mark: Hash,
}

/// What holds a log together.
#[derive(Clone)]
pub(in crate::vault) struct AuditKey(hmac::Key);

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditKey")
    }
}

/// A log that stands as it was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckedAudit {
    /// How many lines it has.
    pub lines: i64,
    /// When the first was written, in Unix seconds.
    pub since: Option<i64>,
}

/// Where a log does not stand as it was written, and how that looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", told(*line, *fault))]
pub struct BrokenAudit {
    /// The first line that is wrong; of the head, 0.
    pub line: i64,
    /// What is wrong with it.
    pub fault: AuditFault,
}

/// What can have been done to a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditFault {
    /// It does not say what it said when it was written.
    Edited,
    /// It is not there; later ones are.
    Dropped,
    /// Another line stands in its place, written under this number.
    Reordered(i64),
    /// It and everything after it is missing, of so many lines.
    CutOff(i64),
    /// It was never written by this program.
    Added,
    /// The head does not say what it said.
    HeadEdited,
    /// There is no head.
    HeadMissing,
}

fn told(line: i64, fault: AuditFault) -> String {
    match fault {
        AuditFault::Edited => format!("line {line} was edited"),
        AuditFault::Dropped => format!("line {line} was dropped"),
        AuditFault::Reordered(other) => {
            format!("line {line} is out of order: what stands there was written as line {other}")
        }
        AuditFault::CutOff(lines) => {
            format!("it is cut off: line {line} and all after it, of {lines}, are missing")
        }
        AuditFault::Added => format!("line {line} was added"),
        AuditFault::HeadEdited => "its head, which says how many lines there are, was edited".into(),
        AuditFault::HeadMissing => "its head, which says how many lines there are, is missing".into(),
    }
}

impl BrokenAudit {
    pub(super) fn head() -> Self {
        Self { line: 0, fault: AuditFault::HeadEdited }
    }

    pub(super) fn no_head() -> Self {
        Self { line: 0, fault: AuditFault::HeadMissing }
    }
}

impl AuditKey {
    pub(super) fn new(bytes: &KeyBytes) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes.as_slice()))
    }

    /// Every part is preceded by its length, so that no two lines read the same.
    fn hash(&self, parts: &[&[u8]]) -> Hash {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut hash = [0; 32];
        hash.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
        hash
    }

    /// What the line's hash is to be, were it written under this number.
    fn line(&self, line: &AuditLine, seq: i64) -> Hash {
        self.hash(&[
            LINE,
            &seq.to_be_bytes(),
            &line.at.to_be_bytes(),
            line.event.as_bytes(),
            line.user.as_bytes(),
            line.detail.as_bytes(),
            &line.before,
        ])
    }

    pub(super) fn head(&self, lines: i64, last: &Hash) -> Head {
        Head { lines, last: *last, mark: self.hash(&[HEAD, &lines.to_be_bytes(), last]) }
    }

    fn is_true(&self, head: &Head) -> bool {
        let mark = self.head(head.lines, &head.last).mark;
        verify_slices_are_equal(&mark, &head.mark).is_ok()
    }

    /// The lines that come after a head, and the next head. None when the head was forged.
    pub(super) fn chain(&self, head: &Head, entries: &[Entry]) -> Option<(Vec<AuditLine>, Head)> {
        let (mut seq, mut last) = (head.lines, head.last);
        if !self.is_true(head) {
            return None;
        }
        let next = |entry: &Entry| {
            seq += 1;
            let mut line = AuditLine {
                seq,
                at: entry.at,
                event: entry.event.to_owned(),
                user: entry.user.as_str().to_owned(),
                detail: entry.detail.clone(),
                before: last,
                hash: [0; 32],
            };
            line.hash = self.line(&line, seq);
            last = line.hash;
            line
        };
        let lines = entries.iter().map(next).collect();
        Some((lines, self.head(seq, &last)))
    }
}

/// A log, read from its first line.
pub(super) struct Check<'k> {
    key: &'k AuditKey,
    head: &'k Head,
    last: Hash,
    checked: CheckedAudit,
}

impl<'k> Check<'k> {
    pub(super) fn of(key: &'k AuditKey, head: &'k Head) -> Result<Self, BrokenAudit> {
        if key.is_true(head) {
            Ok(Self { key, head, last: [0; 32], checked: CheckedAudit::default() })
        } else {
            Err(BrokenAudit::head())
        }
    }

    /// The number the next line must have.
    pub(super) fn next(&self) -> i64 {
        self.checked.lines + 1
    }

    pub(super) fn line(&mut self, line: &AuditLine) -> Result<(), BrokenAudit> {
        let next = self.next();
        let broken = |fault| Err(BrokenAudit { line: next, fault });
        match line.seq {
            seq if seq > next => return broken(AuditFault::Dropped),
            seq if seq < 1 => return Err(BrokenAudit { line: seq, fault: AuditFault::Added }),
            seq if seq < next => return broken(AuditFault::Reordered(seq)),
            _ if next > self.head.lines => return broken(AuditFault::Added),
            _ => {}
        }
        if line.before != self.last || line.hash != self.key.line(line, next) {
            // One that was only moved is known by its hash.
            let written_as =
                (1..=self.head.lines).find(|seq| *seq != next && line.hash == self.key.line(line, *seq));
            return broken(written_as.map_or(AuditFault::Edited, AuditFault::Reordered));
        }
        self.last = line.hash;
        self.checked.lines = next;
        self.checked.since.get_or_insert(line.at);
        Ok(())
    }

    /// Nothing comes after it; `added` is the number of a line that stands behind the end all the same.
    pub(super) fn end(self, added: Option<i64>) -> Result<CheckedAudit, BrokenAudit> {
        if self.checked.lines < self.head.lines {
            let fault = AuditFault::CutOff(self.head.lines);
            return Err(BrokenAudit { line: self.next(), fault });
        }
        match added {
            Some(line) => Err(BrokenAudit { line, fault: AuditFault::Added }),
            None if self.last == self.head.last => Ok(self.checked),
            None => Err(BrokenAudit::head()),
        }
    }
}
