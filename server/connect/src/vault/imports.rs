//! Imports: what people loaded, what is to be done, and what became of it, each sealed with the import's own key.

use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{Key, Place, Vault, VaultError, seal::random_key};
use crate::{UserId, token};

pub(super) mod memory;
pub(super) mod sql;
pub(super) mod store;

mod kept;

pub(crate) use kept::{Count, Find, Kept, Line, Mark, NewLine};
pub(crate) use store::Moved;
use store::{ImportRow, LineRow, Marked};

/// Why an import waits that does not open.
const ALTERED: &str = "altered";

impl Vault {
    /// Keeps a new import; none when its person has `most` that are not over.
    pub(crate) async fn put_import<R: Serialize, P: Serialize>(
        &self,
        user: &UserId,
        state: &str,
        about: &impl Serialize,
        lines: &[NewLine<'_, R, P>],
        (now, most): (i64, i64),
    ) -> Result<Option<String>, VaultError> {
        let id = token::word();
        let bytes = random_key()?;
        let key = Key::new(&bytes);
        let about = seal(&key, about_place(&theirs(&id, user)), about)?;
        let rows = lines.iter().map(|line| sealed(&key, &id, line)).collect::<Result<Vec<_>, _>>()?;
        let put = async || {
            let data_key = self.ring().seal(data_key_place(id.as_bytes()), bytes.as_slice())?;
            let import = ImportRow {
                id: id.clone(),
                user: user.clone(),
                data_key,
                state: state.to_owned(),
                why: None,
                about: about.clone(),
                created_at: now,
                started_at: None,
                ended_at: None,
                changes: 0,
                retry_in: Duration::ZERO,
                is_held: false,
            };
            self.store()?.put_import(&import, &rows, most).await
        };
        let done = match put().await {
            Err(e) if e.is_old_key() => {
                self.hear_of_keys().await?;
                put().await?
            }
            done => done?,
        };
        Ok(done.then_some(id))
    }

    async fn kept(&self, row: ImportRow) -> Result<Kept, VaultError> {
        let ring = self.ring();
        let bytes = self.open_sealed(&ring, data_key_place(row.id.as_bytes()), &row.data_key).await?;
        let bytes = bytes.as_slice().try_into().map_err(|_| VaultError::Unsealable)?;
        let kept = Kept { key: Key::new(&Zeroizing::new(bytes)), row };
        // Whose it is stands in the clear: what is sealed must agree, before anything is done in their name.
        kept.about::<serde::de::IgnoredAny>()?;
        Ok(kept)
    }

    pub(crate) async fn import(&self, id: &str) -> Result<Option<Kept>, VaultError> {
        match self.store()?.import(id).await? {
            Some(row) => self.kept(row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The newest first. What does not open is left out.
    pub(crate) async fn imports_of(&self, user: &UserId, limit: i64) -> Result<Vec<Kept>, VaultError> {
        let mut imports = Vec::new();
        for row in self.store()?.imports_of(user, limit).await? {
            match self.kept(row).await {
                Err(VaultError::Unsealable) => {}
                kept => imports.push(kept?),
            }
        }
        Ok(imports)
    }

    pub(crate) async fn tally(&self, id: &str) -> Result<Vec<Count>, VaultError> {
        self.store()?.tally(id).await
    }

    pub(crate) async fn lines(&self, import: &Kept, find: Find<'_>) -> Result<Vec<Line>, VaultError> {
        let rows = self.store()?.lines(import.id(), find).await?;
        Ok(rows.into_iter().map(|row| import.line(row)).collect())
    }

    pub(crate) async fn move_import(
        &self,
        id: &str,
        user: &UserId,
        from: &[&str],
        to: &str,
        at: i64,
    ) -> Result<Moved, VaultError> {
        self.store()?.move_import(id, user, from, to, at).await
    }

    pub(crate) async fn choose_lines(
        &self,
        id: &str,
        user: &UserId,
        numbers: &[i64],
        from: &str,
        to: &str,
    ) -> Result<u64, VaultError> {
        self.store()?.choose_lines(id, user, numbers, from, to).await
    }

    pub(crate) async fn lease_import(&self, owner: &str, time: Duration) -> Result<Option<Kept>, VaultError> {
        let Some(row) = self.store()?.lease_import(owner, time).await? else { return Ok(None) };
        let id = row.id.clone();
        match self.kept(row).await {
            Err(VaultError::Unsealable) => {
                tracing::error!(target: "security", event = "vault.refused", what = "import", import = %id);
                // Nobody is to take it again.
                self.store()?.release_import(&id, owner, Some(ALTERED), Duration::ZERO).await?;
                Ok(None)
            }
            kept => kept.map(Some),
        }
    }

    /// How it stands by now; none when somebody else works on it.
    pub(crate) async fn renew_import(
        &self,
        id: &str,
        owner: &str,
        time: Duration,
    ) -> Result<Option<Kept>, VaultError> {
        match self.store()?.renew_import(id, owner, time).await? {
            Some(row) => self.kept(row).await.map(Some),
            None => Ok(None),
        }
    }

    pub(crate) async fn release_import(
        &self,
        id: &str,
        owner: &str,
        why: Option<&str>,
        retry: Duration,
    ) -> Result<(), VaultError> {
        self.store()?.release_import(id, owner, why, retry).await
    }

    pub(crate) async fn finish_import(
        &self,
        import: &Kept,
        owner: &str,
        to: &str,
        about: &impl Serialize,
        at: Option<i64>,
    ) -> Result<bool, VaultError> {
        let about = seal(&import.key, about_place(&theirs(import.id(), import.user())), about)?;
        self.store()?.finish_import(import.id(), owner, to, &about, at).await
    }

    pub(crate) async fn plan_lines<P: Serialize>(
        &self,
        import: &Kept,
        owner: &str,
        plans: &[NewLine<'_, (), P>],
    ) -> Result<bool, VaultError> {
        let rows =
            plans.iter().map(|plan| sealed(&import.key, import.id(), plan)).collect::<Result<Vec<_>, _>>()?;
        self.store()?.plan_lines(import.id(), owner, &rows).await
    }

    pub(crate) async fn claim_lines(
        &self,
        import: &Kept,
        owner: &str,
        limit: usize,
    ) -> Result<Vec<Line>, VaultError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = self.store()?.claim_lines(import.id(), owner, limit).await?;
        rows.sort_by_key(|row| row.number);
        Ok(rows.into_iter().map(|row| import.line(row)).collect())
    }

    pub(crate) async fn mark_line<O: Serialize>(
        &self,
        import: &Kept,
        owner: &str,
        mark: Mark<'_, O>,
    ) -> Result<bool, VaultError> {
        let name = name(import.id(), mark.number);
        let outcome =
            mark.outcome.map(|it| seal(&import.key, place("outcome_sealed", &name), it)).transpose()?;
        let Mark { number, state, remote_id, in_vain, .. } = mark;
        let marked = Marked { number, state, remote_id, outcome: outcome.as_deref(), in_vain };
        self.store()?.mark_line(import.id(), owner, marked).await
    }

    pub(crate) async fn waiting_imports(&self, limit: i64) -> Result<Vec<Kept>, VaultError> {
        let mut imports = Vec::new();
        for row in self.store()?.waiting_imports(limit).await? {
            match self.kept(row).await {
                Err(VaultError::Unsealable) => {}
                kept => imports.push(kept?),
            }
        }
        Ok(imports)
    }

    /// Unless it waits for something else by now.
    pub(crate) async fn wake_import(&self, id: &str, why: &str) -> Result<(), VaultError> {
        self.store()?.wake_import(id, why).await
    }

    pub(crate) async fn forget_imports(
        &self,
        ended_before: i64,
        made_before: i64,
    ) -> Result<u64, VaultError> {
        self.store()?.forget_imports(ended_before, made_before).await
    }
}

fn sealed<R: Serialize, P: Serialize>(
    key: &Key,
    import: &str,
    line: &NewLine<'_, R, P>,
) -> Result<LineRow, VaultError> {
    let name = name(import, line.number);
    Ok(LineRow {
        number: line.number,
        action: line.action.to_owned(),
        state: line.state.to_owned(),
        calls: line.calls,
        tries: 0,
        remote_id: None,
        changed: 0,
        row: line.row.map(|row| seal(key, place("row_sealed", &name), row)).transpose()?.unwrap_or_default(),
        plan: line.plan.map(|plan| seal(key, place("plan_sealed", &name), plan)).transpose()?,
        outcome: None,
    })
}

fn seal(key: &Key, place: Place<'_>, value: &impl Serialize) -> Result<Vec<u8>, VaultError> {
    let plain = serde_json::to_vec(value).map(Zeroizing::new).map_err(|_| VaultError::Unsealable)?;
    key.seal(place, &plain)
}

fn open<T: DeserializeOwned>(key: &Key, place: Place<'_>, sealed: &[u8]) -> Result<T, VaultError> {
    serde_json::from_slice(&key.open(place, sealed)?).map_err(|_| VaultError::Unsealable)
}

/// A row's name: no two imports share one.
fn name(import: &str, number: i64) -> String {
    format!("{import}/{number}")
}

pub(super) fn data_key_place(id: &[u8]) -> Place<'_> {
    Place { table: "import", column: "data_key", row: id, generation: 0 }
}

/// Whose it is, too: moved to somebody else, it does not open.
fn about_place(name: &str) -> Place<'_> {
    Place { table: "import", column: "about_sealed", row: name.as_bytes(), generation: 0 }
}

fn theirs(id: &str, user: &UserId) -> String {
    format!("{id} of {user}")
}

fn place<'a>(column: &'static str, name: &'a str) -> Place<'a> {
    Place { table: "import_row", column, row: name.as_bytes(), generation: 0 }
}
