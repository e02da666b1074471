//! A run: processes, one person, their connection, and what a schedule does to them.

use std::time::Duration;

use tokio::time::{Instant, advance};

use super::{
    Choice, Faults, Setting,
    net::{Net, Without, grant_of, number, told},
    process::{Got, Process},
    server::Server,
    witness::{Answer, Ear, Row, Rule, Send, Witness},
};
use crate::{
    UserId, Vault,
    vault::{Stored, Tokens},
};

/// The person on the way out.
enum Leaving {
    No,
    Removes(Box<Stored>),
    Revokes(Tokens),
}

pub(super) struct World {
    net: Net,
    processes: Vec<Process>,
    leaving: Leaving,
    faults: Faults,
}

impl World {
    pub(super) async fn new(setting: &Setting, without: &[Without]) -> Result<Self, String> {
        let vault = Vault::in_memory().await.map_err(told)?;
        let mut net = Net {
            vault,
            user: UserId::from_row("PACC/PUSER".into()),
            server: Server::new(setting.rotation),
            witness: Witness::default(),
            without: without.to_vec(),
            began: Instant::now(),
            wrote: true,
        };
        net.connect().await?;
        let processes = (0..setting.processes).map(Process::new).collect();
        let mut world = Self { net, processes, leaving: Leaving::No, faults: setting.faults };
        world.look().await?;
        Ok(world)
    }

    pub(super) async fn run(&mut self, schedule: &[Choice]) -> Rule {
        for choice in schedule {
            self.apply(*choice).await?;
            self.look().await?;
        }
        self.settle().await
    }

    async fn apply(&mut self, choice: Choice) -> Rule {
        let faults = self.faults;
        match choice {
            Choice::Step(p) => self.step(p).await?,
            Choice::StepAndDie(p) => {
                self.step(p).await?;
                self.die(p);
            }
            Choice::Die(p) => self.die(p),
            Choice::Stall(p) => {
                let p = p % self.processes.len();
                if faults.stalls && (faults.losses || self.net.witness.open_of(p).next().is_none()) {
                    self.processes[p].stall(&mut self.net);
                }
            }
            Choice::Lose(p) => {
                if let Some(send) = self.waiting(p)
                    && (faults.losses || self.net.witness.sends[send].answer.is_none())
                {
                    self.net.witness.sends[send].ear = Ear::Deaf;
                }
            }
            Choice::Trouble(p) => {
                if let Some(send) = self.waiting(p) {
                    self.net.witness.sends[send].answer.get_or_insert(Answer::Trouble);
                }
            }
            Choice::Serve => self.serve(),
            Choice::Pass(seconds) => self.pass(Duration::from_secs(seconds)).await,
            Choice::Disconnect if faults.person => self.leave().await?,
            Choice::Connect if faults.person => self.net.connect().await?,
            Choice::EndThere if faults.ends => self.net.server.ended.iter_mut().for_each(|e| *e = true),
            Choice::Disconnect | Choice::Connect | Choice::EndThere => {}
        }
        Ok(())
    }

    async fn step(&mut self, p: usize) -> Rule {
        let p = p % self.processes.len();
        self.processes[p].step(&mut self.net).await
    }

    fn die(&mut self, p: usize) {
        let p = p % self.processes.len();
        if self.faults.losses || self.net.witness.open_of(p).next().is_none() {
            self.processes[p].die(&mut self.net);
        }
    }

    fn waiting(&self, p: usize) -> Option<usize> {
        self.processes[p % self.processes.len()].waits_for()
    }

    /// The server sees a request, whether or not its sender still waits.
    fn serve(&mut self) {
        let late = self.faults.late;
        let unseen = |s: &Send| s.answer.is_none() && (late || s.ear == Ear::Open);
        if let Some(send) = self.net.witness.sends.iter().rposition(unseen) {
            self.net.serve(send);
        }
    }

    /// Time passes, but not so much that a process which is not stalled would be.
    async fn pass(&mut self, time: Duration) {
        let slack = self.processes.iter().map(|p| p.slack(&self.net, self.faults.losses)).min();
        advance(time.min(slack.unwrap_or_default())).await;
    }

    /// One step of a disconnect, as in `revoke.rs`.
    async fn leave(&mut self) -> Rule {
        let now = self.net.now();
        self.leaving = match std::mem::replace(&mut self.leaving, Leaving::No) {
            Leaving::No => match self.net.read().await? {
                Some(stored) => Leaving::Removes(Box::new(stored)),
                None => Leaving::No,
            },
            Leaving::Removes(stored) => {
                let tokens = stored.tokens().map_err(told)?;
                self.net.wrote = true;
                let net = &self.net;
                let removed = net.vault.remove_connection(&net.user, &stored, Some(&tokens), now).await;
                if removed.map_err(told)?.is_some() {
                    self.net.witness.disconnected();
                    Leaving::Revokes(tokens)
                } else {
                    Leaving::No
                }
            }
            Leaving::Revokes(tokens) => {
                if let Some(refresh) = &tokens.refresh {
                    self.net.server.revoke(number(refresh.expose()));
                }
                Leaving::No
            }
        };
        Ok(())
    }

    async fn look(&mut self) -> Rule {
        if !std::mem::take(&mut self.net.wrote) {
            return Ok(());
        }
        let Some(stored) = self.net.read().await? else {
            return self.net.witness.look(&self.net.server, None);
        };
        let (grant, generation) = (grant_of(&stored), stored.generation());
        // Opening it takes long, and nothing but a new generation changes what is sealed.
        let same = self.net.witness.row().filter(|r| (r.grant, r.generation) == (grant, generation));
        let (token, before) = match same {
            Some(row) => (row.token, row.before),
            None => {
                let tokens = stored.tokens().map_err(told)?;
                let before = tokens.before.as_ref().map(|token| number(token.expose()));
                (number(tokens.access.expose()), before)
            }
        };
        let (reason, leased) = (stored.reason(), stored.is_leased());
        let row = Row { grant, generation, token, before, reason, leased };
        self.net.witness.look(&self.net.server, Some(row))
    }

    /// No more faults: everybody gets what they called for, then calls once more.
    async fn settle(&mut self) -> Rule {
        self.let_all_get().await?;
        self.processes.iter_mut().for_each(|p| p.got = None);
        self.let_all_get().await?;
        self.end().await
    }

    async fn let_all_get(&mut self) -> Rule {
        const ROUNDS: usize = 500;
        for _ in 0..ROUNDS {
            for p in 0..self.processes.len() {
                let process = &mut self.processes[p];
                if process.got == Some(Got::Later) {
                    process.got = None;
                    process.wakes_at = Instant::now() + Duration::from_secs(1);
                }
                if process.got.is_none() {
                    self.step(p).await?;
                    self.look().await?;
                }
            }
            let has = |p: &&Process| matches!(p.got, None | Some(Got::Later));
            let waiting = self.processes.iter().filter(has).map(|p| p.wakes_at);
            let Some(next) = waiting.min() else { return Ok(()) };
            advance(next.saturating_duration_since(Instant::now())).await;
        }
        Err("somebody waits for ever".into())
    }

    async fn end(&mut self) -> Rule {
        for process in &self.processes {
            let fits = match self.net.witness.row() {
                None => process.got == Some(Got::NotConnected),
                Some(row) if row.reason.is_some() => process.got != Some(Got::NotConnected),
                Some(_) => process.got == Some(Got::Token),
            };
            if !fits {
                return Err(format!("a caller ended with {:?}", process.got));
            }
        }
        let to_revoke = self.net.to_revoke().await?;
        self.net.witness.end(&self.net.server, &to_revoke)
    }
}
