//! What all processes share: the real home, the model of PagerDuty, the witness.

use std::{rc::Rc, time::Duration};

use pagerduty::{AccessToken, RefreshToken, Region, Scopes, User};
use tokio::time::Instant;

use super::{
    process::{LEASE, TOKEN_TIMEOUT},
    server::Server,
    witness::{Answer, Ear, Rule, Witness},
};
use crate::{
    About, Times, UserId, Vault, VaultError,
    vault::{Lease, SessionRow, Stored, Tokens},
};

/// Unix seconds at the beginning. Grant n counts as agreed to n seconds later.
pub(super) const EPOCH: i64 = 1_800_000_000;

/// A care the protocol takes, left out: the rules must notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Without {
    Lease,
    /// A lease for longer than a request can last.
    LongLease,
    /// The generation, when an answer is stored.
    Fence,
    /// The generation and the lease, when a refusal is believed.
    FencedRefusal,
    StoringBeforeUse,
    /// Counting how often a token may have been redeemed.
    Count,
    /// Revoking tokens that came when the connection was gone.
    Revoking,
    /// Staying disconnected.
    Ending,
    /// Trying the token before, when it may have been redeemed twice.
    TokenBefore,
    /// A look at the clock just before sending: is there lease enough left?
    LookBeforeSending,
    /// Believing a refusal only while nobody else has taken the lease.
    OwnRefusal,
    /// Keeping the token before when the lease ran out meanwhile.
    DoubtWhenLate,
    /// Waiting out what passes when it meets the token before.
    PatienceWithTokenBefore,
    /// Revoking tokens that came when another grant stood there.
    RevokingReplaced,
}

pub(super) struct Net {
    pub vault: Vault,
    pub user: UserId,
    pub server: Server,
    pub witness: Witness,
    pub without: Vec<Without>,
    pub began: Instant,
    /// Whether something was written since the witness looked.
    pub wrote: bool,
}

impl Net {
    pub(super) fn minds(&self, care: Without) -> bool {
        !self.without.contains(&care)
    }

    /// Unix seconds.
    pub(super) fn now(&self) -> i64 {
        EPOCH + self.began.elapsed().as_secs().cast_signed()
    }

    pub(super) async fn read(&self) -> Result<Option<Stored>, String> {
        self.vault.connection(&self.user).await.map_err(told)
    }

    /// The server sees a request.
    pub(super) fn serve(&mut self, send: usize) {
        let request = &mut self.witness.sends[send];
        if request.answer.is_none() {
            request.late = request.ear == Ear::Deaf;
            let brings = self.server.redeem(request.token);
            request.answer = Some(brings.map_or(Answer::Refused, Answer::Granted));
        }
    }

    pub(super) async fn lease(&mut self, stored: &Stored, owner: &str) -> Result<Lease, String> {
        let time = if self.minds(Without::LongLease) { LEASE } else { TOKEN_TIMEOUT / 2 };
        self.wrote = true;
        let lease = self.vault.lease(&self.user, stored.generation(), owner, time).await.map_err(told)?;
        match lease {
            Lease::Taken { .. } => self.witness.leased(owner, Instant::now() + time)?,
            Lease::Held => self.witness.refused_lease()?,
            Lease::NotYet(_) | Lease::Moved => {}
        }
        Ok(lease)
    }

    /// What a write goes onto: what was read, or, without a fence, whatever is there.
    pub(super) async fn onto(&self, stored: &Rc<Stored>, fence: Without) -> Result<Rc<Stored>, String> {
        if self.minds(fence) {
            return Ok(stored.clone());
        }
        Ok(self.read().await?.map_or_else(|| stored.clone(), Rc::new))
    }

    /// The person agrees at PagerDuty and is back.
    pub(super) async fn connect(&mut self) -> Rule {
        let token = self.server.agree();
        let grant = self.server.tokens[token].grant;
        self.put(grant, &tokens(token)).await?;
        self.witness.connected(grant);
        Ok(())
    }

    pub(super) async fn put(&mut self, grant: usize, tokens: &Tokens) -> Rule {
        let scopes = Scopes::parse("users.read");
        let at = EPOCH + i64::try_from(grant).unwrap();
        let identity = pagerduty::Identity {
            account_id: "PACC".into(),
            user_id: "PUSER".into(),
            subdomain: "acme".into(),
            region: Region::UnitedStates,
            delegation_id: Some(format!("consent-{grant}")),
        };
        let user: User = serde_json::from_str(r#"{"id": "PUSER", "name": "Ada"}"#).unwrap();
        let about = About::new(user, identity, &scopes, &scopes, Vec::new());
        let times = Times::of_grant(&scopes, at, 3600);
        let session = SessionRow {
            id: [0; 32],
            user: self.user.clone(),
            browser: String::new(),
            started_at: at,
            seen_at: at,
            ended: None,
        };
        self.wrote = true;
        self.vault.put_connection(&self.user, tokens, &about, times, Some(&session), None).await.map_err(told)
    }

    /// All that is to be revoked, whenever.
    pub(super) async fn to_revoke(&self) -> Result<Vec<usize>, String> {
        const LONG: Duration = Duration::from_secs(3600);
        tokio::time::advance(LONG).await;
        let mut all = Vec::new();
        loop {
            let due = self.vault.due_revocations(LONG).await.map_err(told)?;
            if due.is_empty() {
                return Ok(all);
            }
            all.extend(due.iter().map(|revocation| number(revocation.tokens.access.expose())));
        }
    }
}

pub(super) fn grant_of(stored: &Stored) -> usize {
    usize::try_from(stored.times().connected_at - EPOCH).unwrap()
}

/// As the server issues them.
pub(super) fn tokens(number: usize) -> Tokens {
    Tokens {
        access: AccessToken::new(format!("a{number}")),
        refresh: Some(RefreshToken::new(format!("r{number}"))),
        before: None,
    }
}

/// Of `r12` and `a12`.
pub(super) fn number(token: &str) -> usize {
    token[1..].parse().unwrap()
}

pub(super) fn told(error: VaultError) -> String {
    error.to_string()
}
