//! Watches a run from outside, and says which rule it broke. It knows what nobody
//! else does: what the server made of each request, and who never heard of it.

use std::collections::{HashMap, HashSet};

use tokio::time::Instant;

use super::server::{GRACE, Rotation, Server};
use crate::Reason;

/// Kept, or how it was broken.
pub(super) type Rule = Result<(), String>;

/// One redemption.
#[derive(Debug)]
pub(super) struct Send {
    pub token: usize,
    pub by: usize,
    pub at: Instant,
    /// None while the server has not seen it.
    pub answer: Option<Answer>,
    pub ear: Ear,
    /// Its sender was stalled for longer than a lease while it minded this.
    pub overslept: bool,
    /// The server saw it when its sender had long hung up.
    pub late: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Granted(usize),
    Refused,
    /// 503: nothing was done.
    Trouble,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ear {
    /// The sender waits for the answer, or has not put it away yet.
    Open,
    /// The answer did its work.
    Done,
    /// The answer was lost, came too late, or its receiver died.
    Deaf,
}

impl Send {
    fn is_unknown(&self) -> bool {
        self.ear == Ear::Deaf || self.overslept
    }
}

/// What stands in the home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub grant: usize,
    pub generation: i64,
    pub token: usize,
    pub before: Option<usize>,
    pub reason: Option<Reason>,
    pub leased: bool,
}

#[derive(Debug, Default)]
pub(super) struct Witness {
    pub sends: Vec<Send>,
    /// Tokens that stood in the home at some time: others may not be used.
    stored: HashSet<usize>,
    row: Option<Row>,
    /// Of which grant the row must be, if there must be one.
    grant: Option<usize>,
    holder: Option<(String, Instant)>,
    /// Leases taken, by the token that stood there.
    leases: HashMap<usize, u32>,
    /// Tokens that somebody had the lease to send and did not, unless that process still does.
    unsent: HashSet<(usize, Option<usize>)>,
    /// Refresh tokens of connections that were wiped or replaced.
    wiped: Vec<usize>,
}

impl Witness {
    // ---- what is done

    pub(super) fn connected(&mut self, grant: usize) {
        self.wiped.extend(self.row.map(|row| row.token));
        (self.grant, self.row, self.holder) = (Some(grant), None, None);
    }

    pub(super) fn disconnected(&mut self) {
        self.wiped.extend(self.row.map(|row| row.token));
        (self.grant, self.row, self.holder) = (None, None, None);
    }

    pub(super) fn leased(&mut self, owner: &str, until: Instant) -> Rule {
        if let Some((holder, _)) = self.held_now()
            && holder != owner
        {
            return Err("two hold the lease".into());
        }
        self.holder = Some((owner.to_owned(), until));
        Ok(())
    }

    pub(super) fn may_send(&mut self) {
        if let Some(row) = self.row {
            *self.leases.entry(row.token).or_default() += 1;
        }
    }

    pub(super) fn refused_lease(&self) -> Rule {
        keeps(self.held_now().is_some(), || "a lease that ran out cannot be taken".into())
    }

    /// Its lease says so, and nobody else can know that it did not.
    pub(super) fn may_have_sent(&mut self, token: usize, still_will: Option<usize>) {
        self.unsent.insert((token, still_will));
    }

    pub(super) fn gave_back(&mut self, owner: &str) {
        self.holder.take_if(|(holder, _)| holder == owner);
    }

    pub(super) fn wrote(&mut self) {
        self.holder = None;
    }

    fn held_now(&self) -> Option<&(String, Instant)> {
        self.holder.as_ref().filter(|(_, until)| *until > Instant::now())
    }

    /// A token is sent again only when nobody knows what became of the time
    /// before, or when it is known that the server did nothing.
    pub(super) fn sends(&mut self, by: usize, token: usize) -> Result<usize, String> {
        let mut earlier = self.sends.iter().filter(|s| s.token == token);
        let minded = earlier.clone().any(|s| s.ear == Ear::Open && !s.overslept);
        let harmless = earlier.clone().all(|s| matches!(s.answer, Some(Answer::Trouble | Answer::Refused)));
        let doubted = self.unsent.iter().any(|(t, still_will)| *t == token && *still_will != Some(by));
        if minded || !(harmless || doubted || earlier.any(Send::is_unknown)) {
            return Err(format!("r{token} is sent again without need"));
        }
        let at = Instant::now();
        self.sends.push(Send { token, by, at, answer: None, ear: Ear::Open, overslept: false, late: false });
        Ok(self.sends.len() - 1)
    }

    pub(super) fn uses(&self, token: usize) -> Rule {
        keeps(self.stored.contains(&token), || format!("a{token} is used and was never stored"))
    }

    /// Closes the ears of a process that died; whether it had any open.
    pub(super) fn died(&mut self, process: usize) {
        self.open_of(process).for_each(|s| s.ear = Ear::Deaf);
    }

    pub(super) fn open_of(&mut self, process: usize) -> impl Iterator<Item = &mut Send> {
        self.sends.iter_mut().filter(move |s| s.by == process && s.ear == Ear::Open)
    }

    // ---- what must hold at any time

    pub(super) fn look(&mut self, server: &Server, now: Option<Row>) -> Rule {
        let before = std::mem::replace(&mut self.row, now);
        let Some(row) = now else {
            return keeps(self.grant.is_none(), || "the connection is gone".into());
        };
        keeps(self.grant == Some(row.grant), || "a connection came back, or an old grant's".into())?;
        keeps(server.tokens[row.token].grant == row.grant, || "tokens of another grant".into())?;
        keeps(row.leased == self.held_now().is_some(), || "the home and its leases differ".into())?;
        self.stored.insert(row.token);
        let Some(before) = before else { return Ok(()) };
        if row.generation == before.generation {
            keeps(row.reason == before.reason || before.reason.is_none(), || "a reason changed".into())?;
        } else {
            keeps(row.generation == before.generation + 1, || "a generation was skipped".into())?;
            let parent = server.tokens[row.token].parent;
            keeps(parent == Some(before.token) || parent == before.before, || {
                format!("r{} stands in the place of r{}", row.token, before.token)
            })?;
        }
        self.is_newest(server, row)?;
        match row.reason {
            Some(why) if before.reason.is_none() => self.may_be_given_up(server, row, why),
            _ => Ok(()),
        }
    }

    /// A newer token than the stored one is one that nobody could store.
    fn is_newest(&self, server: &Server, row: Row) -> Rule {
        let of_grant = |n: &usize| server.tokens[*n].grant == row.grant;
        for send in &self.sends {
            let Some(newer) = send.granted().filter(|n| *n > row.token).filter(of_grant) else { continue };
            let raced = || self.sends.iter().any(|s| s.token == send.token && s.overslept);
            keeps(send.is_unknown() || send.ear == Ear::Open || raced(), || {
                format!("r{newer} was received and r{} is stored", row.token)
            })?;
        }
        Ok(())
    }

    fn may_be_given_up(&self, server: &Server, row: Row, why: Reason) -> Rule {
        for token in [Some(row.token), server.tokens[row.token].parent].into_iter().flatten() {
            keeps(!server.takes(token), || format!("given up, and the server would take r{token}"))?;
        }
        let ended_there = server.ended[row.grant];
        let unknown = self.sends.iter().any(|s| s.token == row.token && s.ear != Ear::Done);
        let alone = self.leases.get(&row.token) == Some(&1) && row.before.is_none();
        match why {
            Reason::Revoked if unknown => return Err("revoked, though a reply was lost".into()),
            Reason::Revoked if !ended_there => return Err("revoked, though nobody did".into()),
            Reason::Revoked => {}
            Reason::ReplyLost if ended_there && alone => return Err("no reply was lost".into()),
            Reason::ReplyLost => {}
            other => return Err(format!("given up for {other:?}")),
        }
        if ended_there {
            return Ok(());
        }
        keeps(self.has_excuse(server, row.grant), || "given up, though every answer was heard".into())?;
        keeps(!server.rotation.has_grace() || self.was_late(server, row), || {
            "given up, though the server would have taken the token again".into()
        })
    }

    /// Whether an answer of this grant may have got lost.
    fn has_excuse(&self, server: &Server, grant: usize) -> bool {
        let mut of_grant = self.sends.iter().filter(|s| server.tokens[s.token].grant == grant);
        of_grant.any(|s| s.answer.is_some() && s.is_unknown())
    }

    /// With a grace window: whether nobody asked again in time.
    fn was_late(&self, server: &Server, row: Row) -> bool {
        let raced =
            server.rotation == Rotation::GraceForTheLast && self.sends.iter().any(|s| s.overslept || s.late);
        let asked = self.sends.iter().rfind(|s| s.token == row.token && s.answer == Some(Answer::Refused));
        let first = server.tokens[row.token].first_redeemed;
        raced || first.zip(asked).is_some_and(|(first, asked)| first + GRACE <= asked.at)
    }

    // ---- what must hold at the end

    /// What was received is stored, or is to be revoked, or another answer to the
    /// same request was stored; and so are the tokens of connections that ended.
    pub(super) fn end(&self, server: &Server, to_revoke: &[usize]) -> Rule {
        let siblings = |n: usize| {
            let parent = server.tokens[n].parent;
            self.stored.iter().any(|s| server.tokens[*s].parent == parent)
        };
        let heard = self.sends.iter().filter(|s| s.ear == Ear::Done).filter_map(Send::granted);
        for token in heard.filter(|n| !siblings(*n)).chain(self.wiped.iter().copied()) {
            keeps(to_revoke.contains(&token), || format!("r{token} lives on and nobody has it"))?;
        }
        match self.row {
            Some(row) if row.reason.is_none() && !self.has_excuse(server, row.grant) => {
                keeps(server.takes(row.token) || server.ended[row.grant], || "the end is no good".into())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn row(&self) -> Option<Row> {
        self.row
    }
}

impl Send {
    fn granted(&self) -> Option<usize> {
        match self.answer {
            Some(Answer::Granted(token)) => Some(token),
            _ => None,
        }
    }
}

fn keeps(rule: bool, broken: impl FnOnce() -> String) -> Rule {
    if rule { Ok(()) } else { Err(broken()) }
}
