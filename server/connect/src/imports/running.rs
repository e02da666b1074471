//! Carrying out a plan, row by row, some at once.

use std::{
    collections::{HashMap, HashSet, VecDeque},
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
    ImportState, RowState, Tally, WaitsFor,
    job::{BEAT, Job, Stop},
};
use crate::{
    Error, Event,
    vault::{Find, Line, Mark},
};

/// While PagerDuty does not answer.
const DOWN: Duration = Duration::from_secs(10);
/// A token that is refused so often in a row is not renewed again.
const MOST_REFUSED: u32 = 3;
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

/// A run in this process: what is under way, and what is known of how to go on.
struct Round<'a> {
    job: &'a Job,
    pace: Arc<Pace>,
    /// The names of the account's teams by now, by their ids.
    teams: Arc<HashMap<String, String>>,
    /// Rows to be sent once more, before any other.
    again: VecDeque<Line>,
    /// Rows that may have been sent before.
    sent: HashSet<i64>,
    /// Each in a task of its own: one may hold the connection to the database that another waits for.
    under_way: JoinSet<Came>,
    /// Times in a row that the token was not accepted.
    refused: u32,
}

/// Whether more can be sent.
enum More {
    /// When something that is under way has come to something.
    Later,
    /// When so long has passed.
    After(Duration),
    /// Nothing is left, and nothing under way.
    Never,
}

impl Job {
    pub(super) async fn run(&self) -> Result<(), Stop> {
        let teams = self.alive(self.teams_by_now()).await??;
        // Of a run that was cut short: these may have been sent.
        let find = Find { state: RowState::Sent.name(), limit: super::AT_ONCE, ..Find::default() };
        let again: VecDeque<Line> = self.connect.vault().lines(&self.kept, find).await?.into();
        let mut round = Round {
            job: self,
            pace: Arc::default(),
            teams: Arc::new(teams),
            sent: again.iter().map(Line::number).collect(),
            again,
            under_way: JoinSet::new(),
            refused: 0,
        };
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stop = loop {
            let pause = match round.send_more().await {
                Ok(More::Never) => return self.is_over().await,
                Ok(More::Later) => None,
                Ok(More::After(pause)) => Some(pause),
                Err(stop) => break stop,
            };
            let heard = tokio::select! {
                Some(came) = joined(&mut round.under_way) => round.hear(came).await,
                _ = beat.tick() => self.still_runs().await,
                () = sleep(pause.unwrap_or_default()), if pause.is_some() => Ok(()),
            };
            if let Err(stop) = heard {
                break stop;
            }
        };
        round.end().await;
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
            let made = Outcome { id: Some(id), ..Outcome::of(End::Created) };
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
                    let api = identity.api(client).within(self.share).retry(retry).as_part();
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
            Ok(()) => {
                let (user, import) = (self.kept.user().clone(), self.kept.id().to_owned());
                self.connect.tell(Event::ImportRow { user, import, came_to: state }).await;
                Ok(())
            }
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
        let id = row.remote_id().map(str::to_owned);
        let outcome = Outcome { id, ..Outcome::failed(Problem::no_answer()) };
        let marked = match is_hopeless {
            true => self.mark(&row, RowState::Failed, None, Some(&outcome), true).await,
            false => self.mark(&row, RowState::Sent, None, None, true).await,
        };
        match marked {
            Ok(()) => Stop::Retry(if is_hopeless { Duration::ZERO } else { DOWN / 5 }),
            Err(stop) => stop,
        }
    }

    /// Shows that it is being worked on. A person may have stopped it.
    async fn still_runs(&self) -> Result<(), Stop> {
        let kept = self.beat().await?;
        match ImportState::named(kept.state()) {
            ImportState::Running if kept.why().is_none() => Ok(()),
            _ => Err(Stop::Lost),
        }
    }

    /// Nothing is left to send. A person may have stopped it at the last row.
    async fn is_over(&self) -> Result<(), Stop> {
        self.still_runs().await?;
        let vault = self.connect.vault();
        let find = Find { state: RowState::Sent.name(), limit: 1, ..Find::default() };
        if !vault.lines(&self.kept, find).await?.is_empty() {
            // Its task died.
            return Err(Stop::Retry(DOWN));
        }
        let to = ImportState::Done.name();
        let at = Some(self.connect.now());
        if !vault.finish_import(&self.kept, &self.owner, to, &self.about, at).await? {
            return Err(Stop::Lost);
        }
        let (user, id) = (self.kept.user(), self.kept.id());
        tracing::info!(target: "security", event = "import.done", user = %user, import = %id);
        let tally = Tally::of(vault.tally(id).await?);
        let at = |state: RowState| Some((state.name(), tally.at(state))).filter(|(_, rows)| *rows > 0);
        let rows = RowState::ALL.into_iter().filter_map(at).collect();
        let (user, import) = (user.clone(), id.to_owned());
        self.connect.tell(Event::Import { user, import, what: "import.done", of: None, rows }).await;
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

impl Round<'_> {
    /// Sends as many rows as may be under way.
    async fn send_more(&mut self) -> Result<More, Stop> {
        let (job, vault) = (self.job, self.job.connect.vault());
        if job.connect.is_winding_down() {
            return Err(Stop::WindingDown);
        }
        let room = self.pace.allowed().saturating_sub(self.under_way.len());
        if room == 0 {
            return Ok(More::Later);
        }
        if let Some(pause) = job.alive(job.wait()).await?? {
            return Ok(More::After(pause));
        }
        let rows: Vec<Line> = match self.again.len() {
            0 => vault.claim_lines(&job.kept, &job.owner, room).await?,
            some => self.again.drain(..room.min(some)).collect(),
        };
        if rows.is_empty() && self.under_way.is_empty() {
            return Ok(More::Never);
        }
        for row in rows {
            let sent_before = self.sent.contains(&row.number());
            let (pace, teams) = (Arc::clone(&self.pace), Arc::clone(&self.teams));
            self.under_way.spawn(job.clone().one(row, sent_before, pace, teams).in_current_span());
        }
        Ok(More::Later)
    }

    /// Writes down what came of a row; says where that stops the run.
    async fn hear(&mut self, came: Came) -> Result<(), Stop> {
        let (row, why) = match self.job.told(came).await {
            Ok(()) => {
                self.refused = 0;
                return Ok(());
            }
            Err(not_told) => not_told,
        };
        match why {
            Why::Halt(Halt::Unauthorized) if self.refused < MOST_REFUSED => {
                // Another token, if there is one; then the row once more.
                self.refused += 1;
                self.job.alive(self.job.connect.check(self.job.kept.user())).await??;
                self.sent.insert(row.number());
                self.again.push_back(row);
                Ok(())
            }
            Why::Halt(halt) => Err(self.job.halted(row, halt).await),
            Why::Stop(stop) => Err(stop),
        }
    }

    /// Hears what is under way to its end, for a while. Past that it is as if the process had died: the journal says
    /// what may have been sent.
    async fn end(mut self) {
        let ends = async {
            while let Some(came) = joined(&mut self.under_way).await {
                if let Err((row, Why::Halt(halt))) = self.job.told(came).await {
                    _ = self.job.halted(row, halt).await;
                }
            }
        };
        _ = tokio::time::timeout(GRACE, ends).await;
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
