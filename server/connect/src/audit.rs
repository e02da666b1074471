//! What of all that happens is written into the audit log, and when.
//!
//! Lines wait in a queue, and one task writes however many there are in one transaction: a crowd of refreshes costs one
//! write, and nobody's refresh waits for it. What a person has done, they are answered when its line stands, or after a
//! moment when the database takes longer; the line is then written as soon as it can be. It always comes after what it
//! tells of: a token that PagerDuty has given is never lost over a line. Only what leaves the server on purpose, a
//! token that is shown, comes after its line, and does not leave without it.

use std::{
    borrow::Cow,
    collections::VecDeque,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Map, Value, json};
use tokio::{
    runtime::Handle,
    sync::oneshot,
    time::{sleep, timeout},
};

pub use crate::vault::{AuditFault, AuditLine, BrokenAudit, CheckedAudit, check_audit_file};
use crate::{Connect, Disconnected, Error, Event, UserId, VaultError, vault::Entry};

/// Lines written at once: some 7 values each, of the 32,766 that SQLite binds at most.
const AT_ONCE: usize = 500;
/// Lines that wait while the database is away. More are told to the log only.
const MOST_WAITING: usize = 20_000;
/// A person waits this long for their line.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between tries, while the database is away.
const PAUSE: Duration = Duration::from_millis(500);
/// A program that is about to stop tries so often.
const LAST_TRIES: u32 = 3;

/// What is to be written.
#[derive(Default)]
pub(crate) struct Auditing(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Whether a task is at it.
    is_written: bool,
}

struct Waiting {
    entry: Entry,
    /// Hears of the first try, if somebody waits for it.
    heard: Option<oneshot::Sender<bool>>,
    /// Whether what it tells of has happened already: then it is tried until it stands.
    has_happened: bool,
}

impl fmt::Debug for Auditing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auditing").finish_non_exhaustive()
    }
}

impl Auditing {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next ones; none when there is nothing to do, and the task ends.
    fn next(&self) -> Vec<Waiting> {
        let mut queue = self.queue();
        let some = queue.waiting.len().min(AT_ONCE);
        queue.is_written = some > 0;
        queue.waiting.drain(..some).collect()
    }

    /// Those are still to be written, before all others.
    fn back(&self, lines: Vec<Waiting>) {
        let mut queue = self.queue();
        lines.into_iter().rev().for_each(|line| queue.waiting.push_front(line));
    }
}

impl Connect {
    pub(crate) async fn write_down(&self, event: &Event) {
        let heard = self.queue_line(event, true);
        if let Some(heard) = heard.filter(|_| is_waited_for(event)) {
            _ = timeout(PATIENCE, heard).await;
        }
    }

    pub(crate) async fn write_down_first(&self, event: &Event) -> Result<(), Error> {
        let Some(heard) = self.queue_line(event, false) else { return Err(Error::Vault) };
        match timeout(PATIENCE, heard).await {
            Ok(Ok(true)) => Ok(()),
            _ => Err(Error::Vault),
        }
    }

    /// Without waiting. Gives what will say whether the first try went well.
    pub(crate) fn queue_line(&self, event: &Event, has_happened: bool) -> Option<oneshot::Receiver<bool>> {
        let (name, user, detail) = line_of(event)?;
        let entry =
            Entry { at: self.now(), event: name, user: user.into_owned(), detail: detail.to_string() };
        if Handle::try_current().is_err() {
            // A call that was cut off by the very end of the program.
            unwritten(&entry, &"the program stops");
            return None;
        }
        let (tell, heard) = oneshot::channel();
        let mut queue = self.auditing().queue();
        if queue.waiting.len() >= MOST_WAITING {
            drop(queue);
            unwritten(&entry, &"too many lines wait");
            return None;
        }
        queue.waiting.push_back(Waiting { entry, heard: Some(tell), has_happened });
        if !std::mem::replace(&mut queue.is_written, true) {
            let this = self.clone();
            drop(self.detach(async move { this.write_lines().await }));
        }
        Some(heard)
    }

    async fn write_lines(&self) {
        let mut tries = 0;
        loop {
            let mut lines = self.auditing().next();
            if lines.is_empty() {
                return;
            }
            // Who wanted theirs to come first and has given up does nothing.
            lines.retain(|line| {
                line.has_happened || !line.heard.as_ref().is_some_and(oneshot::Sender::is_closed)
            });
            let entries: Vec<Entry> = lines.iter().map(|line| line.entry.clone()).collect();
            let written = self.vault().append_audit(&entries).await;
            for line in &mut lines {
                if let Some(heard) = line.heard.take() {
                    _ = heard.send(written.is_ok());
                }
            }
            let Err(why) = written else {
                tries = 0;
                continue;
            };
            tries += 1;
            // Who waited for theirs to come first was told that it did not.
            lines.retain(|line| line.has_happened);
            let is_hopeless =
                matches!(why, VaultError::Unsealable) || (self.is_winding_down() && tries >= LAST_TRIES);
            if is_hopeless {
                lines.iter().for_each(|line| unwritten(&line.entry, &why));
                continue;
            }
            tracing::warn!(parent: None, event = "audit.late", lines = lines.len(), cause = %why);
            self.auditing().back(lines);
            sleep(PAUSE).await;
        }
    }
}

/// The log tells it all the same.
fn unwritten(entry: &Entry, why: &dyn fmt::Display) {
    let Entry { at, event, user, detail } = entry;
    tracing::error!(
        target: "security",
        parent: None,
        event = "audit.unwritten",
        at,
        line = event,
        user = %user,
        detail,
        cause = %why
    );
}

/// Refreshes are nobody's click, and calls of the API are told while an answer is on its way.
fn is_waited_for(event: &Event) -> bool {
    use Event::{ApiWrite, Broken, RefreshFailed, Refreshed, ScopesChanged};
    !matches!(
        event,
        Refreshed { .. } | RefreshFailed { .. } | ScopesChanged { .. } | Broken { .. } | ApiWrite { .. }
    )
}

/// The line's name, whose it is, and what else there is to say; none for what has a journal of its own.
fn line_of(event: &Event) -> Option<(&'static str, Cow<'_, UserId>, Value)> {
    let (name, user, detail) = match event {
        Event::Connected { user, scopes, before } => match before {
            None => ("connected", user, json!({ "scopes": scopes.to_string() })),
            Some(before) if before == scopes => {
                ("connected.again", user, json!({ "scopes": scopes.to_string() }))
            }
            Some(before) => {
                let detail = json!({ "scopes": scopes.to_string(), "before": before.to_string() });
                ("scopes.changed", user, detail)
            }
        },
        Event::ScopesChanged { user, scopes, before } => {
            ("scopes.changed", user, json!({ "scopes": scopes.to_string(), "before": before.to_string() }))
        }
        Event::Refreshed { user } => ("refreshed", user, json!({})),
        // What goes on for a night is one line for each connection, not one a minute.
        Event::RefreshFailed { is_new: false, .. } => return None,
        Event::RefreshFailed { user, trouble, .. } => {
            ("refresh.failed", user, json!({ "trouble": trouble.code() }))
        }
        Event::Broken { user, reason } => ("broken", user, json!({ "reason": reason.code() })),
        Event::Disconnected { user, how } => {
            let how = match how {
                Disconnected::Revoked => "revoked",
                Disconnected::NotRevoked => "not-revoked",
                Disconnected::Unreadable => "unreadable",
                Disconnected::WasNone => return None,
            };
            ("disconnected", user, json!({ "how": how }))
        }
        Event::TokenRevealed { user, to } => ("token.revealed", user, json!({ "to": to })),
        Event::Key { key, what, detail } => {
            return Some((*what, Cow::Owned(UserId::of_key(key)), json!({ "detail": detail })));
        }
        Event::ApiWrite { user, method, path, status } => {
            ("api.write", user, json!({ "method": method, "path": path, "status": status }))
        }
        Event::Import { user, import, what, of, rows } => {
            let rows: Map<_, _> = rows.iter().map(|(name, rows)| ((*name).to_owned(), json!(rows))).collect();
            let rows = Some(Value::from(rows)).filter(|_| *what == "import.done");
            let parts =
                [("import", Some(json!(import))), ("of", of.as_ref().map(|of| json!(of))), ("rows", rows)];
            let detail: Map<_, _> =
                parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), part?))).collect();
            (*what, user, Value::from(detail))
        }
        Event::ImportRow { .. } => return None,
    };
    Some((name, Cow::Borrowed(user), detail))
}
