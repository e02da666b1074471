//! Planning: the account is looked up, and every row compared with it.

use pagerduty::{
    Retry, Scopes,
    import::{Account, Mistake, Planned, Record, Wanted, plan},
};

use super::{
    ImportAbout, ImportState, RowState, WaitsFor, Written,
    job::{Job, Stop},
};
use crate::{
    Error, VaultError,
    vault::{Find, Line, NewLine},
};

/// Plans written at once.
const AT_ONCE: usize = 500;

impl Job {
    pub(super) async fn plan(&self) -> Result<(), Stop> {
        let (connect, user) = (&self.connect, self.kept.user());
        let mut lines: Vec<Line> = Vec::new();
        loop {
            let offset = u64::try_from(lines.len()).unwrap_or(u64::MAX);
            let find = Find { offset, limit: super::AT_ONCE, ..Find::default() };
            match connect.vault().lines(&self.kept, find).await? {
                some if some.is_empty() => break,
                some => lines.extend(some),
            }
        }
        let written = lines.iter().map(|line| Ok(line.row::<Written>()?.record()));
        let records: Vec<Record> = written.collect::<Result<_, VaultError>>()?;
        // Of an undo: what is to be removed.
        let before = lines.iter().map(Line::plan).collect::<Result<Vec<Option<Planned>>, _>>()?;
        let connection = connect.connection(user).await?.ok_or(Error::NotConnected)?;
        let granted = connection.about.granted();
        let wanted = || records.iter().filter_map(|it| it.wanted.as_ref().ok());
        let missing = Account::scopes(wanted()).missing_from(&granted);
        if !missing.is_empty() {
            return Err(Stop::Waits(WaitsFor::Scopes(missing)));
        }
        let (client, granted, share) = (connect.client(), &granted, self.share);
        let looking = connect.call(user, |identity| {
            let wanted: Vec<&Wanted> = wanted().collect();
            async move {
                let api = identity.api(client).retry(Retry::patient()).within(share);
                Account::look_up(&api, wanted, granted).await
            }
        });
        let account = self.alive(looking).await??;
        let (undoes, by) = (self.about.undoes, connection.about.user);
        let comparing = tokio::task::spawn_blocking(move || {
            let plans: Vec<Planned> = match undoes {
                false => plan::plan(&records, &account, &by),
                true => {
                    records.iter().zip(before).map(|(row, plan)| looked_at(row, plan, &account)).collect()
                }
            };
            (plans, records)
        });
        let (plans, records) = self.alive(comparing).await?.map_err(|_| Error::Stopped)?;

        let mut scopes = Scopes::default();
        for (planned, wanted) in
            plans.iter().zip(&records).filter_map(|(plan, row)| Some((plan, row.wanted.as_ref().ok()?)))
        {
            scopes = scopes.with(&planned.scopes(wanted));
        }
        let planned: Vec<_> = lines.iter().zip(&plans).map(|(row, plan)| line(row, plan)).collect();
        for some in planned.chunks(AT_ONCE) {
            self.beat().await?;
            if !connect.vault().plan_lines(&self.kept, &self.owner, some).await? {
                return Err(Stop::Lost);
            }
        }
        let about = ImportAbout { scopes: scopes.to_string(), ..self.about.clone() };
        let to = ImportState::Planned.name();
        connect.vault().finish_import(&self.kept, &self.owner, to, &about, None).await?;
        tracing::info!(event = "import.planned", import = %self.kept.id(), rows = lines.len());
        Ok(())
    }
}

fn looked_at(row: &Record, before: Option<Planned>, account: &Account) -> Planned {
    match (before, &row.wanted) {
        (Some(planned), Ok(wanted)) => planned.looked_at(wanted, account),
        _ => Planned::conflict(vec!["What was made is not known.".to_owned()]),
    }
}

fn line<'a>(row: &Line, planned: &'a Planned) -> NewLine<'a, (), Planned> {
    let state = match (planned.action.writes(), RowState::named(row.state())) {
        (true, Some(RowState::Excluded)) => RowState::Excluded,
        (true, _) => RowState::Pending,
        (false, _) => RowState::Left,
    };
    NewLine {
        number: row.number(),
        action: planned.action.name(),
        state: state.name(),
        calls: planned.calls.into(),
        row: None,
        plan: Some(planned),
    }
}

impl Written {
    /// As the reader gave it.
    fn record(self) -> Record {
        let (line, wanted) = (self.line, self.wanted);
        let mistakes = self.mistakes.into_iter().map(|(column, said)| Mistake { line, column, said });
        Record { line, cells: self.cells, wanted: wanted.ok_or_else(|| mistakes.collect()) }
    }
}
