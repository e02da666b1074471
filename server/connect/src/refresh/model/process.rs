//! One process with one caller: the flight of `refresh/flight.rs`, cut wherever it
//! can be interrupted. Each step makes one read, one write or one send.

use std::{rc::Rc, time::Duration};

use pagerduty::RefreshToken;
use tokio::time::Instant;

use super::{
    net::{Net, Without, number, tokens, told},
    witness::{Answer, Ear, Rule},
};
use crate::{
    Reason, Trouble, token,
    vault::{Failure, Lease, Stored, Tokens},
};

/// As in `flight.rs`.
pub(super) const LEASE: Duration = Duration::from_secs(20);
const FLIGHT_PATIENCE: Duration = Duration::from_secs(30);
const SECOND_TRY: Duration = Duration::from_millis(250);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Coarser than there: only the order of things matters.
const LOOK_AGAIN: Duration = Duration::from_secs(4);
const STORE_FIRST: Duration = Duration::from_secs(3);
/// How long a token request can last.
pub(super) const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);

/// How a flight ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Got {
    Token,
    NotConnected,
    Over,
    Later,
}

struct Held {
    stored: Rc<Stored>,
    tokens: Tokens,
    asked_at: Instant,
    sends_before: i64,
    /// Whether it is about the token before.
    old: bool,
}

impl Held {
    fn sent(&self) -> &Option<RefreshToken> {
        if self.old { &self.tokens.before } else { &self.tokens.refresh }
    }

    fn token(&self) -> usize {
        number(self.sent().as_ref().unwrap().expose())
    }
}

enum At {
    Idle,
    Read,
    Lease(Rc<Stored>, Tokens),
    Send(Held),
    Wait(Held, usize),
    Store(Held, usize, Tokens),
    Unkept(Rc<Stored>, usize, Tokens),
    Refused(Held, usize),
    Failed(Held, usize, bool),
    Use(usize),
}

pub(super) struct Process {
    id: usize,
    at: At,
    owner: String,
    than: i64,
    first_try: bool,
    let_others_store: bool,
    deadline: Instant,
    /// Nothing happens before: it sleeps, or is stalled.
    pub wakes_at: Instant,
    pub got: Option<Got>,
}

impl Process {
    pub(super) fn new(id: usize) -> Self {
        let now = Instant::now();
        let owner = String::new();
        let (at, than, first_try, let_others_store) = (At::Idle, 0, true, true);
        Self { id, at, owner, than, first_try, let_others_store, deadline: now, wakes_at: now, got: None }
    }

    pub(super) fn is_idle(&self) -> bool {
        matches!(self.at, At::Idle)
    }

    /// How much time may pass before it must move again, unless it is stalled.
    /// Where answers are not late, it hears them in time.
    pub(super) fn slack(&self, net: &Net, answers_late: bool) -> Duration {
        const SLOW: Duration = Duration::from_secs(2);
        let longest = if answers_late { TOKEN_TIMEOUT + SLOW } else { TOKEN_TIMEOUT - SLOW };
        let until = match &self.at {
            At::Idle => return Duration::MAX,
            At::Wait(_, send) => (net.witness.sends[*send].at + longest).max(self.wakes_at),
            _ => self.wakes_at + SLOW,
        };
        until.saturating_duration_since(Instant::now())
    }

    /// Loses all it had in memory.
    pub(super) fn die(&mut self, net: &mut Net) {
        if let At::Send(held) = &self.at {
            net.witness.may_have_sent(held.token(), None);
        }
        net.witness.died(self.id);
        *self = Self::new(self.id);
    }

    pub(super) fn stall(&mut self, net: &mut Net) {
        if !self.is_idle() {
            self.wakes_at = Instant::now() + LEASE + Duration::from_secs(8);
            if let At::Send(held) = &self.at {
                net.witness.may_have_sent(held.token(), Some(self.id));
            }
            net.witness.open_of(self.id).for_each(|s| s.overslept = true);
        }
    }

    /// Where the connection is cut, or the server is out of order.
    pub(super) fn waits_for(&self) -> Option<usize> {
        match self.at {
            At::Wait(_, send) => Some(send),
            _ => None,
        }
    }

    pub(super) async fn step(&mut self, net: &mut Net) -> Rule {
        if self.wakes_at > Instant::now() {
            return Ok(());
        }
        self.wakes_at = Instant::now();
        self.at = match std::mem::replace(&mut self.at, At::Idle) {
            At::Idle => self.call(net),
            At::Read => self.read(net).await?,
            At::Lease(stored, tokens) => self.lease(net, stored, tokens).await?,
            At::Send(held) => self.send(net, held)?,
            At::Wait(held, send) => self.wait(net, held, send),
            At::Store(held, send, tokens) => self.store(net, held, send, tokens).await?,
            At::Unkept(stored, send, tokens) => self.unkept(net, &stored, send, tokens).await?,
            At::Refused(held, send) => self.refused(net, held, send).await?,
            At::Failed(held, send, ambiguous) => self.failed(net, held, send, ambiguous).await?,
            At::Use(access) => {
                net.witness.uses(access)?;
                self.ends(Got::Token)
            }
        };
        Ok(())
    }

    fn ends(&mut self, got: Got) -> At {
        self.got = Some(got);
        At::Idle
    }

    fn sleeps(&mut self, time: Duration) -> At {
        self.wakes_at = Instant::now() + time;
        At::Read
    }

    /// Somebody needs a newer token than the stored one.
    fn call(&mut self, net: &Net) -> At {
        let Some(row) = net.witness.row() else { return self.ends(Got::NotConnected) };
        self.than = row.generation;
        self.owner = token::random();
        self.got = None;
        self.first_try = true;
        self.let_others_store = true;
        self.deadline = Instant::now() + FLIGHT_PATIENCE;
        At::Read
    }

    async fn read(&mut self, net: &mut Net) -> Result<At, String> {
        let Some(stored) = net.read().await? else { return Ok(self.ends(Got::NotConnected)) };
        let tokens = stored.tokens().map_err(told)?;
        if stored.generation() != self.than {
            return Ok(At::Use(number(tokens.access.expose())));
        }
        if stored.reason().is_some() {
            return Ok(self.ends(Got::Over));
        }
        if stored.is_abandoned() && std::mem::take(&mut self.let_others_store) {
            return Ok(self.sleeps(STORE_FIRST));
        }
        Ok(At::Lease(Rc::new(stored), tokens))
    }

    async fn lease(&mut self, net: &mut Net, stored: Rc<Stored>, tokens: Tokens) -> Result<At, String> {
        let asked_at = Instant::now();
        if !net.minds(Without::Lease) {
            return Ok(At::Send(Held { stored, tokens, asked_at, sends_before: 0, old: false }));
        }
        Ok(match net.lease(&stored, &self.owner).await? {
            Lease::Taken { sends_before } => {
                net.witness.may_send();
                At::Send(Held { stored, tokens, asked_at, sends_before, old: false })
            }
            Lease::Moved => At::Read,
            Lease::NotYet(_) => self.ends(Got::Later),
            Lease::Held if Instant::now() > self.deadline => self.ends(Got::Later),
            Lease::Held => self.sleeps(LOOK_AGAIN),
        })
    }

    fn send(&mut self, net: &mut Net, held: Held) -> Result<At, String> {
        let enough = held.asked_at.elapsed() < LEASE - TOKEN_TIMEOUT;
        let looks = net.minds(Without::LookBeforeSending) && net.minds(Without::LongLease);
        if looks && !enough {
            net.witness.may_have_sent(held.token(), None);
            return Ok(At::Read);
        }
        let send = net.witness.sends(self.id, held.token())?;
        Ok(At::Wait(held, send))
    }

    /// The server acts, or its answer arrives, or it is waited for no longer. Who
    /// slept through the time finds the answer first.
    fn wait(&mut self, net: &mut Net, held: Held, send: usize) -> At {
        let stores = net.minds(Without::StoringBeforeUse);
        let request = &mut net.witness.sends[send];
        let is_over = request.at.elapsed() >= TOKEN_TIMEOUT;
        if request.ear == Ear::Deaf || is_over && !(request.overslept && request.answer.is_some()) {
            request.ear = Ear::Deaf;
            return At::Failed(held, send, true);
        }
        match request.answer {
            None => {
                net.serve(send);
                At::Wait(held, send)
            }
            Some(Answer::Granted(next)) if !stores => At::Use(next),
            Some(Answer::Granted(next)) => At::Store(held, send, tokens(next)),
            Some(Answer::Refused) => At::Refused(held, send),
            Some(Answer::Trouble) => At::Failed(held, send, false),
        }
    }

    async fn store(
        &mut self,
        net: &mut Net,
        held: Held,
        send: usize,
        mut tokens: Tokens,
    ) -> Result<At, String> {
        let late = net.minds(Without::DoubtWhenLate) && held.asked_at.elapsed() >= LEASE;
        let doubted = net.minds(Without::Count) && (held.sends_before > 0 || held.old);
        if net.minds(Without::TokenBefore) && (doubted || late) {
            tokens.before.clone_from(held.sent());
        }
        let about = held.stored.about().map_err(told)?;
        let times = held.stored.times().refreshed(&about.granted(), net.now(), 3600);
        let onto = net.onto(&held.stored, Without::Fence).await?;
        net.wrote = true;
        if !net.vault.advance(&onto, &tokens, &about, times).await.map_err(told)? {
            return Ok(At::Unkept(held.stored, send, tokens));
        }
        net.witness.wrote();
        net.witness.sends[send].ear = Ear::Done;
        Ok(At::Read)
    }

    async fn unkept(
        &mut self,
        net: &mut Net,
        stored: &Stored,
        send: usize,
        tokens: Tokens,
    ) -> Result<At, String> {
        let homeless = match net.read().await? {
            None if !net.minds(Without::Ending) => {
                let grant = net.server.tokens[number(tokens.access.expose())].grant;
                net.put(grant, &tokens).await?;
                false
            }
            None => net.minds(Without::Revoking),
            Some(there) => {
                there.is_of_another_consent(&stored.about().map_err(told)?)
                    && net.minds(Without::RevokingReplaced)
            }
        };
        if homeless {
            let now = net.now();
            net.vault.keep_to_revoke(&tokens, now).await.map_err(told)?;
        }
        net.witness.sends[send].ear = Ear::Done;
        Ok(At::Read)
    }

    async fn refused(&mut self, net: &mut Net, held: Held, send: usize) -> Result<At, String> {
        net.witness.sends[send].ear = Ear::Done;
        let doubted = held.tokens.before.is_some();
        if doubted && !held.old && net.minds(Without::TokenBefore) {
            return Ok(At::Send(Held { old: true, ..held }));
        }
        self.give_up(net, held).await
    }

    async fn give_up(&mut self, net: &mut Net, held: Held) -> Result<At, String> {
        let lost = net.minds(Without::Count) && (held.sends_before > 0 || held.tokens.before.is_some());
        let why: Reason = crate::refresh::reason(held.stored.times(), lost, net.now());
        let onto = net.onto(&held.stored, Without::FencedRefusal).await?;
        let fences = [Without::OwnRefusal, Without::FencedRefusal, Without::Lease];
        let owner = fences.into_iter().all(|fence| net.minds(fence)).then_some(&*self.owner);
        net.wrote = true;
        let end = why == Reason::Revoked;
        let given_up = net.vault.give_up(&net.user, onto.generation(), owner, why, end).await;
        if given_up.map_err(told)? {
            net.witness.wrote();
        }
        Ok(At::Read)
    }

    async fn failed(
        &mut self,
        net: &mut Net,
        held: Held,
        send: usize,
        ambiguous: bool,
    ) -> Result<At, String> {
        if net.witness.sends[send].ear == Ear::Open {
            net.witness.sends[send].ear = Ear::Done;
        }
        if held.old && !net.minds(Without::PatienceWithTokenBefore) {
            return self.give_up(net, held).await;
        }
        let doubled = FIRST_PAUSE.saturating_mul(1 << (held.stored.failures() / 2).clamp(0, 10));
        let again = std::mem::take(&mut self.first_try);
        let pause = if again { SECOND_TRY } else { doubled.min(LONGEST_PAUSE) };
        let failure = Failure { trouble: Trouble::Unreachable, at: net.now(), pause, ambiguous };
        let generation = held.stored.generation();
        net.wrote = true;
        let released = net.vault.release(&net.user, generation, &self.owner, &failure).await;
        released.map_err(told)?;
        net.witness.gave_back(&self.owner);
        Ok(if again { self.sleeps(pause) } else { self.ends(Got::Later) })
    }
}
