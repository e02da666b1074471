//! One row of a plan, carried out.
//!
//! A POST of PagerDuty's is not idempotent. So whoever keeps the journal writes down that a row is about to be sent,
//! and when the answer is lost, or the process, [`Run::row`] is told so: it looks before it asks again. What tells
//! people and services apart, the address and the name, PagerDuty keeps unique.

use std::{collections::HashMap, time::Duration};

use futures_util::{FutureExt as _, future::BoxFuture};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::{
    account,
    plan::{Action, Planned},
    shown::{self, Shown},
    undo,
    wanted::{Wanted, WantedService, WantedUser},
};
use crate::{
    Error,
    api::{Api, NewUser},
};

mod base;
mod error;
mod extras;
mod pace;

pub use error::{Halt, Problem};
pub use pace::Pace;

use base::{Base, found, is_taken, of_found_person, of_person, of_service, others};
use error::{Next, Tries};
use extras::Extras;

/// What a row has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// It was made.
    Created,
    /// The answer was lost, and what is there now is what would have been made.
    Probably,
    /// It was changed.
    Updated,
    /// Somebody else made it meanwhile: nothing was changed.
    Exists,
    /// It was as it should be by then.
    Unchanged,
    /// It was removed.
    Deleted,
    /// It was gone by then.
    Gone,
    /// It was not done; of what was to be done beside it, nothing either.
    Failed,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// PagerDuty's.
    pub id: Option<String>,
    /// Its page in PagerDuty.
    pub url: Option<String>,
    /// What was made, to tell later whether somebody has changed it.
    #[serde(default)]
    pub made: Vec<Shown>,
    /// What was not done, and what to do about it.
    #[serde(default)]
    pub problems: Vec<Problem>,
    /// What was done, and should be looked at all the same.
    #[serde(default)]
    pub notes: Vec<Problem>,
}

impl Outcome {
    /// It has come to this, and there is nothing more to say.
    pub fn of(end: End) -> Self {
        Self { end, id: None, url: None, made: Vec::new(), problems: Vec::new(), notes: Vec::new() }
    }

    /// Everything to be said of it: what was not done, first.
    pub fn said(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().chain(&self.notes)
    }

    /// It was not done.
    pub fn failed(problem: Problem) -> Self {
        Self { problems: vec![problem], ..Self::of(End::Failed) }
    }
}

/// A row, and what is known of earlier tries.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// What the file asks for.
    pub wanted: &'a Wanted,
    /// What the plan made of it.
    pub planned: &'a Planned,
    /// Whether it may have been sent before.
    pub sent_before: bool,
    /// The id, where the journal knows that it was made.
    pub made: Option<&'a str>,
}

/// Carries out rows, as one person, at a pace that all of them share.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// PagerDuty, as the person whose import it is.
    pub api: Api<'a>,
    /// How many rows at once.
    pub pace: &'a Pace,
    /// The names of the account's teams by now, by their ids.
    pub teams: &'a HashMap<String, String>,
}

/// Writes down the id of what was made.
pub type Journal<'a> = dyn Fn(String) -> BoxFuture<'a, bool> + Sync + 'a;

/// A call that can be made again.
trait Call<'a, T>: Fn() -> BoxFuture<'a, Result<T, Error>> {}

impl<'a, T, F: Fn() -> BoxFuture<'a, Result<T, Error>>> Call<'a, T> for F {}

impl Run<'_> {
    /// Carries out one row. `journal` is told the id of what was made as soon as it is known, and says whether it
    /// could write that down.
    ///
    /// # Errors
    ///
    /// [`Halt`] where not only this row cannot go on. What was begun is found again by the next try.
    pub async fn row(&self, row: &Row<'_>, journal: &Journal<'_>) -> Result<Outcome, Halt> {
        let base = match (row.planned.action, row.wanted) {
            (Action::Unchanged | Action::Conflict, _) => return Ok(Outcome::of(End::Unchanged)),
            (Action::Delete, wanted) => return self.delete(row, wanted).await,
            (Action::Create, Wanted::User(user)) => self.create_user(row, user).await?,
            (Action::Create, Wanted::Service(service)) => self.create_service(row, service).await?,
            (Action::Update, wanted) => self.update(row, wanted).await?,
        };
        let base = match base {
            Ok(base) => base,
            Err(outcome) => return Ok(outcome),
        };
        let Base { end, id, url, made, methods } = base;
        if matches!(end, End::Created | End::Probably) && row.made.is_none() && !journal(id.clone()).await {
            return Err(Halt::Journal);
        }
        let extras = match row.wanted {
            Wanted::User(user) => self.extras(user, row.planned, &id, methods).await?,
            Wanted::Service(_) => Extras::default(),
        };
        let Extras { problems, notes } = extras;
        Ok(Outcome { end, id: Some(id), url, made, problems, notes })
    }

    /// Asks until there is an answer that says something of this row.
    async fn ask<'c, T>(&self, call: impl Call<'c, T>) -> Result<Result<T, Error>, Halt> {
        let mut tries = Tries::default();
        loop {
            match call().await {
                Ok(answer) => {
                    self.pace.went_well();
                    return Ok(Ok(answer));
                }
                Err(error) => match tries.next(&error, self.pace) {
                    Next::Again { pause, .. } => sleep(pause).await,
                    Next::Halt(halt) => return Err(halt),
                    Next::Refused => return Ok(Err(error)),
                },
            }
        }
    }

    async fn create_user(&self, row: &Row<'_>, wanted: &WantedUser) -> Result<Result<Base, Outcome>, Halt> {
        if let Some(id) = row.made {
            return Ok(match self.ask(|| self.api.person(id, true).boxed()).await? {
                Ok(person) => Ok(Base { methods: None, ..of_person(person, End::Created) }),
                Err(error) => Err(Outcome::failed(Problem::of(&error, "user"))),
            });
        }
        let new = NewUser {
            name: wanted.name.clone(),
            email: wanted.email.clone(),
            role: wanted.role.clone(),
            job_title: wanted.job_title.clone(),
            time_zone: wanted.time_zone.clone(),
            description: wanted.description.clone(),
        };
        let look = || account::one_person(&self.api, &wanted.email, false).boxed();
        let created = self.create(row, || self.api.create_user(&new).boxed(), look).await?;
        Ok(created.and_then(|made| match made {
            Made::Surely(person) => Ok(of_person(person, End::Created)),
            Made::Found(person) => {
                let base = of_person(person, End::Probably);
                found(base, row.planned)
            }
            Made::Others(person) => Err(others(of_person(person, End::Exists))),
        }))
    }

    async fn create_service(
        &self,
        row: &Row<'_>,
        wanted: &WantedService,
    ) -> Result<Result<Base, Outcome>, Halt> {
        if let Some(id) = row.made {
            return Ok(match self.ask(|| self.api.service(id).boxed()).await? {
                Ok(service) => Ok(of_service(service, End::Created)),
                Err(error) => Err(Outcome::failed(Problem::of(&error, "service"))),
            });
        }
        let fields = shown::fields(row.planned.changes.iter().map(|it| &it.after));
        let look = || account::one_service(&self.api, &wanted.name).boxed();
        let created = self.create(row, || self.api.create_service(fields.clone()).boxed(), look).await?;
        Ok(created.and_then(|made| match made {
            Made::Surely(service) => Ok(of_service(service, End::Created)),
            Made::Found(service) => found(of_service(service, End::Probably), row.planned),
            Made::Others(service) => Err(others(of_service(service, End::Exists))),
        }))
    }

    /// Makes something, once, whatever becomes of the answers.
    async fn create<'c, T>(
        &self,
        row: &Row<'_>,
        create: impl Call<'c, T>,
        look: impl Call<'c, Option<T>>,
    ) -> Result<Result<Made<T>, Outcome>, Halt> {
        let what = row.wanted.noun();
        let (mut sent, mut tries) = (row.sent_before, Tries::default());
        loop {
            if sent && let Some(there) = self.looked(&look, what).await? {
                return Ok(there.map(Made::Found));
            }
            let error = match create().await {
                Ok(made) => {
                    self.pace.went_well();
                    return Ok(Ok(Made::Surely(made)));
                }
                Err(error) => error,
            };
            match tries.next(&error, self.pace) {
                Next::Again { pause, ambiguous } => {
                    sent |= ambiguous;
                    sleep(pause).await;
                }
                Next::Halt(Halt::Licence { .. }) => return Err(Halt::Licence { may_be_there: sent }),
                Next::Halt(halt) => return Err(halt),
                Next::Refused if is_taken(&error) => {
                    let there = self.looked(&look, what).await?;
                    return Ok(match there {
                        Some(Ok(there)) if sent => Ok(Made::Found(there)),
                        Some(Ok(there)) => Ok(Made::Others(there)),
                        Some(Err(outcome)) => Err(outcome),
                        // Taken by what this person does not see, or shown only in a moment.
                        None => Err(Outcome::failed(Problem::of(&error, what))),
                    });
                }
                Next::Refused => return Ok(Err(Outcome::failed(Problem::of(&error, what)))),
            }
        }
    }

    /// What was made a moment ago may not be shown yet.
    async fn looked<'c, T>(
        &self,
        look: &impl Call<'c, Option<T>>,
        what: &str,
    ) -> Result<Option<Result<T, Outcome>>, Halt> {
        const LOOKS: [Duration; 2] = [Duration::ZERO, Duration::from_millis(500)];
        for pause in LOOKS {
            sleep(pause).await;
            match self.ask(look).await? {
                Ok(Some(there)) => return Ok(Some(Ok(there))),
                Ok(None) => {}
                Err(error) => return Ok(Some(Err(Outcome::failed(Problem::of(&error, what))))),
            }
        }
        Ok(None)
    }

    /// Changes what is still as the plan saw it.
    async fn update(&self, row: &Row<'_>, wanted: &Wanted) -> Result<Result<Base, Outcome>, Halt> {
        let (id, what) = (row.planned.id.as_deref().unwrap_or_default(), wanted.noun());
        let mut tries = Tries::default();
        loop {
            let now = match wanted {
                Wanted::User(_) => {
                    self.ask(|| self.api.person(id, true).map(|it| it.map(of_found_person)).boxed()).await?
                }
                Wanted::Service(_) => {
                    self.ask(|| {
                        let look = self.api.service(id);
                        look.map(|it| it.map(|it| of_service(it, End::Unchanged))).boxed()
                    })
                    .await?
                }
            };
            let base = match now {
                Ok(base) => base,
                Err(error) => return Ok(Err(Outcome::failed(Problem::of(&error, what)))),
            };
            let mut to_change = Vec::new();
            let mut moved = Vec::new();
            for change in &row.planned.changes {
                let now = base.made.iter().find(|it| it.field == change.after.field);
                match now {
                    Some(now) if *now == change.after => {}
                    now if now == change.before.as_ref() => to_change.push(&change.after),
                    now => moved.push(format!(
                        "{} is now “{}”; it was “{}” when the plan was made.",
                        change.after.field,
                        now.map(|it| it.text.as_str()).unwrap_or_default(),
                        change.before.as_ref().map(|it| it.text.as_str()).unwrap_or_default(),
                    )),
                }
            }
            if !moved.is_empty() {
                return Ok(Err(Outcome {
                    id: Some(base.id),
                    url: base.url,
                    ..Outcome::failed(Problem::moved(moved.join(" ")))
                }));
            }
            if to_change.is_empty() {
                return Ok(Ok(Base { end: End::Updated, ..base }));
            }
            let fields = shown::fields(to_change);
            let put = match wanted {
                Wanted::User(_) => self.api.update_user(id, fields).await.map(drop),
                Wanted::Service(_) => self.api.update_service(id, fields).await.map(drop),
            };
            match put {
                Ok(()) => {
                    self.pace.went_well();
                    return Ok(Ok(Base { end: End::Updated, ..base }));
                }
                Err(error) => match tries.next(&error, self.pace) {
                    Next::Again { pause, .. } => sleep(pause).await,
                    Next::Halt(halt) => return Err(halt),
                    Next::Refused => return Ok(Err(Outcome::failed(Problem::of(&error, what)))),
                },
            }
        }
    }

    /// Removes what is still as it was made.
    async fn delete(&self, row: &Row<'_>, wanted: &Wanted) -> Result<Outcome, Halt> {
        let (id, what) = (row.planned.id.as_deref().unwrap_or_default(), wanted.noun());
        let changed = match wanted {
            Wanted::User(user) => self
                .ask(|| self.api.person(id, true).boxed())
                .await?
                .map(|person| undo::of_person(&person, user, row.planned)),
            Wanted::Service(_) => self
                .ask(|| self.api.service(id).boxed())
                .await?
                .map(|service| undo::of_service(&service, row.planned)),
        };
        let told =
            |end| Outcome { id: Some(id.to_owned()), url: row.planned.url.clone(), ..Outcome::of(end) };
        match changed {
            Ok(changed) if !changed.is_empty() => {
                let failed = Outcome::failed(Problem::changed_since(changed.join(" ")));
                return Ok(Outcome { problems: failed.problems, ..told(End::Failed) });
            }
            Ok(_) => {}
            Err(error) if error.is_not_found() && row.sent_before => return Ok(told(End::Deleted)),
            Err(error) if error.is_not_found() => return Ok(told(End::Gone)),
            Err(error) => {
                return Ok(Outcome { problems: vec![Problem::of(&error, what)], ..told(End::Failed) });
            }
        }
        let delete = || match wanted {
            Wanted::User(_) => self.api.delete_user(id).boxed(),
            Wanted::Service(_) => self.api.delete_service(id).boxed(),
        };
        Ok(match self.ask(delete).await? {
            // A 404 after a try whose answer was lost: it is gone, as it should be.
            Ok(()) => told(End::Deleted),
            Err(error) if error.is_not_found() => told(End::Deleted),
            Err(error) => Outcome { problems: vec![Problem::of(&error, what)], ..told(End::Failed) },
        })
    }
}

/// Where something came from that is there now.
enum Made<T> {
    /// From this very call.
    Surely(T),
    /// From an earlier one, perhaps.
    Found(T),
    /// From somebody else: it was there before anything was sent.
    Others(T),
}
