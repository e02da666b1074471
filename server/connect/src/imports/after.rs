//! What can be done after the end: the failed rows again, or all of it undone.

use pagerduty::import::run::End;

use super::{Import, ImportAbout, ImportError, ImportRow, ImportState, MOST, RowState, Written};
use crate::{Connect, UserId, vault::NewLine};

impl Connect {
    /// The rows that came to nothing, or not to all they should, as a new import, planned anew.
    pub async fn import_failed_again(&self, user: &UserId, id: &str) -> Result<String, ImportError> {
        let (before, rows) = self.ended(user, id).await?;
        if before.about.undoes {
            return self.undo(user, before, rows).await;
        }
        let again = rows.into_iter().filter(|row| {
            matches!(row.state, RowState::Failed | RowState::Exists | RowState::Pending | RowState::Sent)
        });
        let written: Vec<Written> = again.map(Written::of_row).collect();
        if written.is_empty() {
            return Err(ImportError::Nothing);
        }
        let of = before.id.clone();
        let about = ImportAbout { of: Some(before.id), scopes: String::new(), ..before.about };
        let id = self.keep_import(user, ImportState::Planning, &about, &written).await?;
        self.tell_import(user, &id, "import.again", Some(&of)).await;
        Ok(id)
    }

    /// What this import made and nobody has changed since, as a new import that removes it.
    pub async fn undo_import(&self, user: &UserId, id: &str) -> Result<String, ImportError> {
        let (before, rows) = self.ended(user, id).await?;
        if before.about.undoes {
            return Err(ImportError::Nothing);
        }
        self.undo(user, before, rows).await
    }

    async fn undo(&self, user: &UserId, before: Import, rows: Vec<ImportRow>) -> Result<String, ImportError> {
        let is_again = before.about.undoes;
        let to_undo = rows.iter().filter_map(|row| {
            let plan = match is_again {
                true => row
                    .planned
                    .clone()
                    .filter(|_| matches!(row.state, RowState::Failed | RowState::Pending | RowState::Sent))?,
                false => row.planned.as_ref()?.undone(row.outcome.as_ref()?)?,
            };
            // What may be somebody else's is removed only where a person says so.
            let is_sure = row.outcome.as_ref().is_none_or(|it| it.end != End::Probably);
            let state = if is_sure { RowState::Pending } else { RowState::Excluded };
            Some((Written::of_row(row.clone()), plan, state))
        });
        let to_undo: Vec<_> = to_undo.collect();
        if to_undo.is_empty() {
            return Err(ImportError::Nothing);
        }
        let lines: Vec<_> = to_undo
            .iter()
            .zip(1..)
            .map(|((row, plan, state), number)| NewLine {
                number,
                action: plan.action.name(),
                state: state.name(),
                calls: plan.calls.into(),
                row: Some(row),
                plan: Some(plan),
            })
            .collect();
        let of = before.id.clone();
        let about = ImportAbout { of: Some(before.id), undoes: true, scopes: String::new(), ..before.about };
        let at = (self.now(), MOST);
        let id = self.vault().put_import(user, ImportState::Planning.name(), &about, &lines, at).await?;
        self.importing().wake();
        let id = id.ok_or(ImportError::TooMany)?;
        self.tell_import(user, &id, "import.undo", Some(&of)).await;
        Ok(id)
    }

    async fn ended(&self, user: &UserId, id: &str) -> Result<(Import, Vec<ImportRow>), ImportError> {
        let kept = self.theirs(user, id).await?;
        let import = self.told(&kept).await?;
        if !matches!(import.state, ImportState::Done | ImportState::Cancelled) {
            return Err(ImportError::TooLate(import.state));
        }
        if kept.is_held() {
            return Err(ImportError::StillEnding);
        }
        Ok((import, self.all_rows(&kept).await?))
    }
}
