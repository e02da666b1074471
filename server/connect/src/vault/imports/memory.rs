//! Imports in memory: what the SQL says, said of two maps.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use async_trait::async_trait;
// Tests stop it and move it.
use tokio::time::Instant;

use super::{Count, Find, store::*};
use crate::{
    UserId,
    vault::{
        memory::Memory,
        store::{Outcome, Sealed},
    },
};

#[derive(Debug, Default)]
pub(in crate::vault) struct Imports(HashMap<String, Kept>);

#[derive(Debug)]
struct Kept {
    row: ImportRow,
    lines: BTreeMap<i64, LineRow>,
    lease: Option<(String, Instant)>,
    retry_at: Option<Instant>,
}

impl Kept {
    fn told(&self) -> ImportRow {
        let retry_in =
            self.retry_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now()));
        let is_held = self.lease.as_ref().is_some_and(|(_, until)| *until > Instant::now());
        ImportRow { retry_in, is_held, ..self.row.clone() }
    }

    fn is_held_by(&self, owner: &str) -> bool {
        self.lease.as_ref().is_some_and(|(holder, _)| holder == owner)
    }

    fn is_worked_on(&self) -> bool {
        matches!(self.row.state.as_str(), "planning" | "running")
    }

    fn is_under_way(&self) -> bool {
        matches!(self.row.state.as_str(), "running" | "paused")
    }
}

impl Imports {
    pub(in crate::vault) fn is_sealed_with(&self, key: &str) -> bool {
        self.0.values().any(|it| it.row.data_key.key_id == key)
    }

    pub(in crate::vault) fn census(&self) -> Vec<(String, i64)> {
        let mut imports: BTreeMap<&str, i64> = BTreeMap::new();
        for it in self.0.values() {
            *imports.entry(&it.row.state).or_default() += 1;
        }
        imports.into_iter().map(|(state, many)| (state.to_owned(), many)).collect()
    }

    pub(in crate::vault) fn data_keys(&self) -> impl Iterator<Item = (&str, &Sealed)> {
        self.0.iter().map(|(id, it)| (id.as_str(), &it.row.data_key))
    }

    pub(in crate::vault) fn data_key_mut(&mut self, id: &[u8]) -> Option<&mut Sealed> {
        self.0.iter_mut().find(|(known, _)| known.as_bytes() == id).map(|(_, it)| &mut it.row.data_key)
    }

    fn theirs(&mut self, id: &str, user: &UserId) -> Option<&mut Kept> {
        self.0.get_mut(id).filter(|it| it.row.user == *user)
    }

    fn held(&mut self, id: &str, owner: &str) -> Option<&mut Kept> {
        self.0.get_mut(id).filter(|it| it.is_held_by(owner))
    }

    fn of(&self, user: &UserId) -> Vec<&Kept> {
        let mut theirs: Vec<&Kept> = self.0.values().filter(|it| it.row.user == *user).collect();
        theirs.sort_by(|a, b| (b.row.created_at, &a.row.id).cmp(&(a.row.created_at, &b.row.id)));
        theirs
    }
}

fn many(limit: i64) -> usize {
    usize::try_from(limit).unwrap_or(0)
}

#[async_trait]
impl ImportStore for Memory {
    async fn put_import(&self, import: &ImportRow, rows: &[LineRow], most: i64) -> Outcome<bool> {
        let imports = &mut self.tables().imports;
        let theirs = imports.of(&import.user);
        if theirs.len() >= many(most) {
            let is_over = |it: &&&Kept| !it.is_under_way() && it.row.state != "planning";
            let gone = theirs.iter().rev().find(is_over).map(|it| it.row.id.clone());
            let Some(gone) = gone else { return Ok(false) };
            imports.0.remove(&gone);
        }
        let lines = rows.iter().map(|line| (line.number, line.clone())).collect();
        let kept = Kept { row: import.clone(), lines, lease: None, retry_at: None };
        imports.0.insert(import.id.clone(), kept);
        Ok(true)
    }

    async fn import(&self, id: &str) -> Outcome<Option<ImportRow>> {
        Ok(self.tables().imports.0.get(id).map(Kept::told))
    }

    async fn imports_of(&self, user: &UserId, limit: i64) -> Outcome<Vec<ImportRow>> {
        Ok(self.tables().imports.of(user).into_iter().take(many(limit)).map(Kept::told).collect())
    }

    async fn tally(&self, id: &str) -> Outcome<Vec<Count>> {
        let mut tally: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
        for line in self.tables().imports.0.get(id).iter().flat_map(|it| it.lines.values()) {
            let count = tally.entry((line.action.clone(), line.state.clone())).or_default();
            *count = (count.0 + 1, count.1 + line.calls.unsigned_abs());
        }
        let row = |((action, state), (rows, calls))| Count { action, state, rows, calls };
        Ok(tally.into_iter().map(row).collect())
    }

    async fn lines(&self, id: &str, find: Find<'_>) -> Outcome<Vec<LineRow>> {
        let fits = |line: &&LineRow| {
            (find.action.is_empty() || line.action == find.action)
                && (find.state.is_empty() || line.state == find.state)
                && line.changed > find.changed_after.unwrap_or(-1)
        };
        let tables = self.tables();
        let lines = tables.imports.0.get(id).into_iter().flat_map(|it| it.lines.values());
        let mut lines: Vec<LineRow> = lines.filter(fits).cloned().collect();
        if find.changed_after.is_some() {
            lines.sort_by_key(|line| line.changed);
        }
        Ok(lines
            .into_iter()
            .skip(usize::try_from(find.offset).unwrap_or(usize::MAX))
            .take(usize::try_from(find.limit).unwrap_or(usize::MAX))
            .collect())
    }

    async fn move_import(&self, id: &str, user: &UserId, from: &[&str], to: &str, at: i64) -> Outcome<Moved> {
        let imports = &mut self.tables().imports;
        let is_busy = imports.of(user).iter().any(|it| it.row.id != id && it.is_under_way());
        let Some(kept) = imports.theirs(id, user).filter(|it| from.contains(&it.row.state.as_str())) else {
            return Ok(Moved::No);
        };
        if is_busy && matches!(to, "running" | "paused") {
            return Ok(Moved::Busy);
        }
        kept.row.state = to.to_owned();
        (kept.row.why, kept.retry_at) = (None, None);
        if to == "running" {
            kept.row.started_at.get_or_insert(at);
        }
        if matches!(to, "done" | "cancelled") {
            kept.row.ended_at = Some(at);
        }
        Ok(Moved::Done)
    }

    async fn choose_lines(
        &self,
        id: &str,
        user: &UserId,
        numbers: &[i64],
        from: &str,
        to: &str,
    ) -> Outcome<u64> {
        let imports = &mut self.tables().imports;
        let still = |it: &&mut Kept| matches!(it.row.state.as_str(), "planned" | "paused");
        let Some(kept) = imports.theirs(id, user).filter(still) else { return Ok(0) };
        let mut chosen = 0;
        for number in numbers {
            if let Some(line) = kept.lines.get_mut(number).filter(|line| line.state == from) {
                line.state = to.to_owned();
                chosen += 1;
            }
        }
        Ok(chosen)
    }

    async fn lease_import(&self, owner: &str, time: Duration) -> Outcome<Option<ImportRow>> {
        let (imports, now) = (&mut self.tables().imports, Instant::now());
        let is_free = |it: &&mut Kept| {
            it.is_worked_on()
                && it.row.why.is_none()
                && it.lease.as_ref().is_none_or(|(_, until)| *until <= now)
                && it.retry_at.is_none_or(|at| at <= now)
        };
        let Some(kept) = imports.0.values_mut().filter(is_free).min_by_key(|it| it.row.created_at) else {
            return Ok(None);
        };
        kept.lease = Some((owner.to_owned(), now + time));
        kept.retry_at = None;
        Ok(Some(kept.told()))
    }

    async fn renew_import(&self, id: &str, owner: &str, time: Duration) -> Outcome<Option<ImportRow>> {
        let imports = &mut self.tables().imports;
        Ok(imports.held(id, owner).map(|kept| {
            kept.lease = Some((owner.to_owned(), Instant::now() + time));
            kept.told()
        }))
    }

    async fn release_import(&self, id: &str, owner: &str, why: Option<&str>, retry: Duration) -> Outcome<()> {
        if let Some(kept) = self.tables().imports.held(id, owner) {
            kept.lease = None;
            kept.row.why = why.map(str::to_owned);
            kept.retry_at = (!retry.is_zero()).then(|| Instant::now() + retry);
        }
        Ok(())
    }

    async fn finish_import(
        &self,
        id: &str,
        owner: &str,
        to: &str,
        about: &[u8],
        at: Option<i64>,
    ) -> Outcome<bool> {
        let imports = &mut self.tables().imports;
        let Some(kept) = imports.held(id, owner).filter(|it| it.is_worked_on()) else { return Ok(false) };
        kept.lease = None;
        kept.row.state = to.to_owned();
        kept.row.about = about.to_owned();
        kept.row.ended_at = at.or(kept.row.ended_at);
        kept.row.changes += 1;
        Ok(true)
    }

    async fn plan_lines(&self, id: &str, owner: &str, plans: &[LineRow]) -> Outcome<bool> {
        let imports = &mut self.tables().imports;
        let Some(kept) = imports.held(id, owner).filter(|it| it.row.state == "planning") else {
            return Ok(false);
        };
        for plan in plans {
            if let Some(line) = kept.lines.get_mut(&plan.number) {
                line.action.clone_from(&plan.action);
                line.state.clone_from(&plan.state);
                line.calls = plan.calls;
                line.plan.clone_from(&plan.plan);
            }
        }
        Ok(true)
    }

    async fn claim_lines(&self, id: &str, owner: &str, limit: i64) -> Outcome<Vec<LineRow>> {
        let imports = &mut self.tables().imports;
        let runs = |it: &&mut Kept| it.row.state == "running" && it.row.why.is_none();
        let Some(kept) = imports.held(id, owner).filter(runs) else { return Ok(Vec::new()) };
        let waiting = kept.lines.values_mut().filter(|line| line.state == "pending").take(many(limit));
        Ok(waiting
            .map(|line| {
                line.state = "sent".to_owned();
                line.clone()
            })
            .collect())
    }

    async fn mark_line(&self, id: &str, owner: &str, marked: Marked<'_>) -> Outcome<bool> {
        let imports = &mut self.tables().imports;
        let Some(kept) = imports.held(id, owner) else { return Ok(false) };
        kept.row.changes += 1;
        let count = kept.row.changes;
        if let Some(line) = kept.lines.get_mut(&marked.number) {
            line.state = marked.state.to_owned();
            line.remote_id = marked.remote_id.map(str::to_owned).or(line.remote_id.take());
            line.outcome = marked.outcome.map(<[u8]>::to_owned).or(line.outcome.take());
            line.tries += i64::from(marked.in_vain);
            line.changed = count;
        }
        Ok(true)
    }

    async fn waiting_imports(&self, limit: i64) -> Outcome<Vec<ImportRow>> {
        let tables = self.tables();
        let waiting = tables.imports.0.values().filter(|it| it.is_worked_on() && it.row.why.is_some());
        Ok(waiting.take(many(limit)).map(Kept::told).collect())
    }

    async fn wake_import(&self, id: &str, why: &str) -> Outcome<()> {
        let waits = |it: &&mut Kept| it.row.why.as_deref() == Some(why);
        if let Some(kept) = self.tables().imports.0.get_mut(id).filter(waits) {
            (kept.row.why, kept.retry_at) = (None, None);
        }
        Ok(())
    }

    async fn forget_imports(&self, over_before: i64, made_before: i64) -> Outcome<u64> {
        let imports = &mut self.tables().imports;
        let before = imports.0.len();
        imports.0.retain(|_, it| {
            let is_old = it.row.ended_at.or(it.row.started_at).is_some_and(|at| at < over_before)
                || (it.row.started_at.is_none() && it.row.created_at < made_before);
            !is_old
        });
        Ok(u64::try_from(before - imports.0.len()).unwrap_or_default())
    }
}
