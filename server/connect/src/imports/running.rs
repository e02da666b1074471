//! Carrying out a plan, row by row, some at once.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures_util::{FutureExt as _, TryStreamExt as _};
use pagerduty::{
    Retry,
    import::{
        Halt, Outcome,
        run::{End, Pace, Problem, Row, Run},
    },
    rate::MAX_PAUSE,
};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep},
};
use tracing::Instrument as _;

use super::{
    ImportState, RowState, WaitsFor,
    job::{BEAT, Job, Stop},
};
use crate::{
    Connect, Error,
    vault::{Find, Line, Mark},
};

/// While PagerDuty does not answer.
const DOWN: Duration = Duration::from_secs(10);
/// A row that fails so often while PagerDuty answers otherwise is told as failed.
const MOST_IN_VAIN: i64 = 4;
/// What is under way when it stops has so long to come to something; after that the journal knows what to look for.
const GRACE: Duration = Duration::from_secs(4);

/// What came of a row that was under way.
struct Came {
    row: Line,
    of: Result<Outcome, Why>,
}

enum Why {
    Halt(Halt),
    Stop(Stop),
}

impl Job {
    pub(super) async fn run(&self) -> Result<(), Stop> {
        let teams = Arc::new(self.alive(self.teams_by_now()).await??);
        let pace = Arc::new(Pace::default());
        // Of a run that was cut short: these may have been sent.
        let find = Find { state: RowState::Sent.name(), limit: 1_000, ..Find::default() };
        let mut again: VecDeque<Line> = self.connect.vault().lines(&self.kept, find).await?.into();
        let mut may_have_been_sent: Vec<i64> = again.iter().map(Line::number).collect();
        // Each in a task of its own: one may hold the connection to the database that another waits for.
        let mut under_way = JoinSet::new();
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut refused = 0;

        let stop = loop {
            if self.connect.is_winding_down() {
                break Stop::WindingDown;
            }
            let room = pace.allowed().saturating_sub(under_way.len());
            let wait = match room {
                0 => None,
                _ => match self.alive(self.wait()).await {
                    Ok(Ok(wait)) => wait,
                    Ok(Err(stop)) | Err(stop) => break stop,
                },
            };
            if room > 0 && wait.is_none() {
                let rows: Vec<Line> = match again.is_empty() {
                    false => again.drain(..room.min(again.len())).collect(),
                    true => match self.connect.vault().claim_lines(&self.kept, &self.owner, room).await {
                        Ok(rows) => rows,
                        Err(error) => break error.into(),
                    },
                };
                if rows.is_empty() && under_way.is_empty() {
                    return self.is_over().await;
                }
                for row in rows {
                    let sent_before = may_have_been_sent.contains(&row.number());
                    let one = self.clone().one(row, sent_before, Arc::clone(&pace), Arc::clone(&teams));
                    under_way.spawn(one.in_current_span());
                }
            }
            tokio::select! {
                Some(came) = joined(&mut under_way) => match self.told(came).await {
                    Ok(()) => refused = 0,
                    Err((row, Why::Stop(stop))) => {
                        may_have_been_sent.push(row.number());
                        break stop;
                    }
                    Err((row, Why::Halt(Halt::Unauthorized))) if refused < 3 => {
                        // Another token, if there is one; then the row once more.
                        refused += 1;
                        match self.alive(self.connect.check(self.kept.user())).await {
                            Ok(Ok(())) => {}
                            Ok(Err(error)) => break error.into(),
                            Err(stop) => break stop,
                        }
                        may_have_been_sent.push(row.number());
                        again.push_back(row);
                    }
                    Err((row, Why::Halt(halt))) => break self.halted(row, halt).await,
                },
                _ = beat.tick() => {
                    let kept = match self.beat().await {
                        Ok(kept) => kept,
                        Err(stop) => break stop,
                    };
                    if ImportState::named(kept.state()) != ImportState::Running || kept.why().is_some() {
                        break Stop::Lost;
                    }
                }
                () = sleep(wait.unwrap_or(BEAT).min(BEAT)), if wait.is_some() => {}
            }
        };
        let ends = async {
            while let Some(came) = joined(&mut under_way).await {
                if let Err((row, Why::Halt(halt))) = self.told(came).await {
                    _ = self.halted(row, halt).await;
                }
            }
        };
        // Past that it is as if the process had died: the journal says what may have been sent.
        _ = tokio::time::timeout(GRACE, ends).await;
        Err(stop)
    }

    /// How long no call goes out, as far as this process knows; within the share that imports have.
    async fn wait(&self) -> Result<Option<Duration>, Stop> {
        let identity = self.connect.identity(self.kept.user()).await?;
        Ok(identity.api(self.connect.client()).within(self.share).wait())
    }

    async fn one(
        self,
        line: Line,
        sent_before: bool,
        pace: Arc<Pace>,
        teams: Arc<HashMap<String, String>>,
    ) -> Came {
        let of = self.carry_out(&line, sent_before, &pace, &teams).await;
        Came { row: line, of }
    }

    async fn carry_out(
        &self,
        line: &Line,
        sent_before: bool,
        pace: &Pace,
        teams: &HashMap<String, String>,
    ) -> Result<Outcome, Why> {
        let row = super::read(line).map_err(|e| Why::Stop(e.into()))?;
        let (Some(wanted), Some(planned)) = (&row.wanted, &row.planned) else {
            return Err(Why::Stop(Stop::Lost));
        };
        let identity = self.connect.identity(self.kept.user()).await.map_err(|e| Why::Stop(e.into()))?;
        let made = row.outcome.as_ref().and_then(|it| it.id.as_deref());
        let row = Row { wanted, planned, sent_before, made };
        let client = self.connect.client();
        // One try each: what is tried again is the run's to say. What waits, waits for the next minute.
        let retry =
            Retry { attempts: 1, longest_wait: MAX_PAUSE, deadline: MAX_PAUSE * 2, ..Retry::default() };
        let journal = |id: String| {
            // Sealed: who can write to the database could name somebody else there.
            let made = Outcome {
                end: End::Created,
                id: Some(id),
                url: None,
                made: Vec::new(),
                problems: Vec::new(),
            };
            let written = async move {
                self.mark(line, RowState::Sent, made.id.as_deref(), Some(&made), false).await.is_ok()
            };
            written.boxed()
        };
        let answer = self
            .connect
            .ask(identity, |identity| {
                let journal = &journal;
                async move {
                    let api = identity.api(client).within(self.share).retry(retry);
                    Ok(Run { api, pace, teams }.row(&row, journal).await)
                }
            })
            .await;
        match answer {
            Ok(outcome) => outcome.map_err(Why::Halt),
            Err(error) => Err(Why::Stop(Error::Api(error).into())),
        }
    }

    /// Writes down what a row has come to.
    async fn told(&self, came: Came) -> Result<(), (Line, Why)> {
        let Came { row, of } = came;
        let outcome = match of {
            Ok(outcome) => outcome,
            Err(why) => return Err((row, why)),
        };
        let state = RowState::of(&outcome);
        let is_made = matches!(outcome.end, End::Created | End::Probably);
        let id = outcome.id.clone().filter(|_| is_made);
        match self.mark(&row, state, id.as_deref(), Some(&outcome), false).await {
            Ok(()) => Ok(()),
            Err(stop) => Err((row, Why::Stop(stop))),
        }
    }

    async fn mark(
        &self,
        row: &Line,
        state: RowState,
        remote_id: Option<&str>,
        outcome: Option<&Outcome>,
        in_vain: bool,
    ) -> Result<(), Stop> {
        let mark = Mark { number: row.number(), state: state.name(), remote_id, outcome, in_vain };
        match self.connect.vault().mark_line(&self.kept, &self.owner, mark).await? {
            true => Ok(()),
            false => Err(Stop::Lost),
        }
    }

    /// What a row says about the whole run.
    async fn halted(&self, row: Line, halt: Halt) -> Stop {
        match halt {
            Halt::Unauthorized => Stop::Waits(WaitsFor::Connect),
            Halt::Scopes(scopes) => Stop::Waits(WaitsFor::Scopes(scopes)),
            Halt::Journal => Stop::Retry(DOWN),
            Halt::Licence { may_be_there } => {
                // What may be there is looked for before it is asked for again.
                let state = if may_be_there { RowState::Sent } else { RowState::Pending };
                match self.mark(&row, state, None, None, false).await {
                    Ok(()) => Stop::Waits(WaitsFor::Licence),
                    Err(stop) => stop,
                }
            }
            Halt::Down => self.in_trouble(row).await,
        }
    }

    /// Tells a row that PagerDuty cannot do from a PagerDuty that can do nothing.
    async fn in_trouble(&self, row: Line) -> Stop {
        match self.alive(self.connect.check(self.kept.user())).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return error.into(),
            Err(stop) => return stop,
        }
        let is_hopeless = row.tries() + 1 >= MOST_IN_VAIN;
        let outcome = Outcome {
            end: End::Failed,
            id: row.remote_id().map(str::to_owned),
            url: None,
            made: Vec::new(),
            problems: vec![Problem::no_answer()],
        };
        let marked = match is_hopeless {
            true => self.mark(&row, RowState::Failed, None, Some(&outcome), true).await,
            false => self.mark(&row, RowState::Sent, None, None, true).await,
        };
        match marked {
            Ok(()) => Stop::Retry(if is_hopeless { Duration::from_millis(1) } else { DOWN / 5 }),
            Err(stop) => stop,
        }
    }

    /// Nothing is left to send. A person may have stopped it at the last row.
    async fn is_over(&self) -> Result<(), Stop> {
        let kept = self.beat().await?;
        if ImportState::named(kept.state()) != ImportState::Running || kept.why().is_some() {
            return Err(Stop::Lost);
        }
        let vault = self.connect.vault();
        let find = Find { state: RowState::Sent.name(), limit: 1, ..Find::default() };
        if !vault.lines(&self.kept, find).await?.is_empty() {
            // Its task died.
            return Err(Stop::Retry(DOWN));
        }
        let to = ImportState::Done.name();
        vault.finish_import(&self.kept, &self.owner, to, &self.about, Some(self.connect.now())).await?;
        tracing::info!(target: "security", event = "import.done", user = %self.kept.user(), import = %self.kept.id());
        Ok(())
    }

    /// The names of the account's teams, to notice that one was renamed since the plan was made.
    async fn teams_by_now(&self) -> Result<HashMap<String, String>, Stop> {
        let scopes = pagerduty::Scopes::parse(&self.about.scopes);
        if self.about.undoes || !scopes.allows("teams.write") {
            return Ok(HashMap::new());
        }
        let (client, share) = (self.connect.client(), self.share);
        let teams: Vec<pagerduty::Team> = self
            .connect
            .call(self.kept.user(), |identity| async move {
                identity.api(client).retry(Retry::patient()).within(share).teams("").all().try_collect().await
            })
            .await?;
        Ok(teams.into_iter().map(|team| (team.id, team.name)).collect())
    }
}

/// The next that has come to something; none when none is under way. One that was cut off is as if the process had
/// died: the journal has it.
async fn joined(under_way: &mut JoinSet<Came>) -> Option<Came> {
    loop {
        if let Ok(came) = under_way.join_next().await? {
            return Some(came);
        }
    }
}

impl Connect {
    pub(super) fn importing(&self) -> &super::job::Importing {
        &self.0.importing
    }
}
