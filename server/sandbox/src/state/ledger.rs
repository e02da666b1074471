//! Authorize requests under way, codes, and tokens.

mod token;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::clock::later;
use crate::random;
use crate::seed::Region;
use crate::switches::{RevokeReach, Rotation, Switches};

pub(crate) use token::{Consent, Token};
pub use token::{TokenKind, TokenStatus};

/// Authorize requests kept before the stale ones are dropped.
const MAX_PENDING: usize = 20_000;
/// A login page is good for so many seconds.
const PENDING_SECONDS: u64 = 3600;

/// An authorize request between its arrival and its redirect.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) challenge: Option<String>,
    pub(crate) nonce: Option<String>,
    /// What will be granted, `openid` first.
    pub(crate) scopes: Vec<String>,
    pub(crate) started: Timestamp,
    /// Who signed in, and when.
    pub(crate) signed_in: Option<(String, Timestamp)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) consent: Arc<Consent>,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: Option<String>,
    pub(crate) expires: Timestamp,
    pub(crate) used: bool,
}

/// Why a token request has no grant to stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Unknown,
    Expired,
    Used,
    Revoked,
}

#[derive(Default)]
pub(crate) struct Ledger {
    pending: HashMap<String, Pending>,
    codes: HashMap<String, Code>,
    tokens: Vec<Token>,
    by_value: HashMap<String, usize>,
    by_delegation: HashMap<String, Vec<usize>>,
}

impl Ledger {
    pub(crate) fn open(&mut self, pending: Pending) -> String {
        if self.pending.len() >= MAX_PENDING {
            let now = pending.started;
            self.pending.retain(|_, old| later(old.started, PENDING_SECONDS) > now);
        }
        let id = random::opaque();
        self.pending.insert(id.clone(), pending);
        id
    }

    pub(crate) fn pending(&mut self, id: &str) -> Option<&mut Pending> {
        self.pending.get_mut(id)
    }

    /// Takes a request whose person has signed in; a decision is made once.
    pub(crate) fn close(&mut self, id: &str) -> Option<Pending> {
        self.pending.get(id)?.signed_in.as_ref()?;
        self.pending.remove(id)
    }

    pub(crate) fn issue_code(&mut self, code: Code) -> String {
        let value = random::opaque();
        self.codes.insert(value.clone(), code);
        value
    }

    /// A code that may be exchanged. Expiry and use are checked here; the rest is the token endpoint's.
    pub(crate) fn code(
        &mut self,
        value: &str,
        now: Timestamp,
        switches: &Switches,
    ) -> Result<&mut Code, Refused> {
        let delegation = match self.codes.get(value) {
            None => return Err(Refused::Unknown),
            Some(code) if code.used => code.consent.delegation_id.clone(),
            Some(code) if code.expires <= now => return Err(Refused::Expired),
            Some(_) => return self.codes.get_mut(value).ok_or(Refused::Unknown),
        };
        if switches.code_replay_revokes {
            self.revoke_family(&delegation);
        }
        Err(Refused::Used)
    }

    pub(crate) fn issue(
        &mut self,
        kind: TokenKind,
        consent: &Arc<Consent>,
        issued: Timestamp,
        expires: Timestamp,
        switches: &Switches,
    ) -> String {
        let prefix = match consent.region {
            Region::Us => "pdus",
            Region::Eu => switches.eu_token_prefix.as_str(),
        };
        let digit = if kind == TokenKind::Refresh { '1' } else { '0' };
        let value = format!("{prefix}+_{digit}X{}_{}", random::upper(5), random::uuid());
        let place = self.tokens.len();
        self.tokens.push(Token {
            kind,
            value: value.clone(),
            consent: Arc::clone(consent),
            issued,
            expires,
            revoked: false,
            rotated: None,
        });
        self.by_value.insert(value.clone(), place);
        self.by_delegation.entry(consent.delegation_id.clone()).or_default().push(place);
        value
    }

    /// Uses a refresh token up, by the rules of `rotation`.
    pub(crate) fn use_refresh(
        &mut self,
        value: &str,
        now: Timestamp,
        switches: &Switches,
    ) -> Result<Arc<Consent>, Refused> {
        let Some(token) = self.find_mut(value).filter(|token| token.kind == TokenKind::Refresh) else {
            return Err(Refused::Unknown);
        };
        if token.revoked {
            return Err(Refused::Revoked);
        }
        if token.expires <= now {
            return Err(Refused::Expired);
        }
        let consent = Arc::clone(&token.consent);
        if let Some(rotated) = token.rotated {
            return match switches.rotation {
                Rotation::Grace(seconds) if now < later(rotated, seconds) => Ok(consent),
                // RFC 9700 §4.14.2 ends the refresh tokens; access tokens end by themselves.
                Rotation::ReuseRevokesFamily => {
                    self.revoke_where(&consent.delegation_id, |token| token.kind == TokenKind::Refresh);
                    Err(Refused::Used)
                }
                Rotation::Strict | Rotation::Grace(_) => Err(Refused::Used),
            };
        }
        token.rotated = Some(now);
        if switches.refresh_kills_access_token {
            self.revoke_where(&consent.delegation_id, |token| token.kind == TokenKind::Access);
        }
        Ok(consent)
    }

    /// Revokes a token if there is one; RFC 7009 §2.2 has no error for one that is unknown.
    pub(crate) fn revoke(&mut self, value: &str, reach: RevokeReach) {
        let Some(token) = self.find_mut(value) else { return };
        token.revoked = true;
        let family = match reach {
            RevokeReach::OnlyTheToken => false,
            RevokeReach::RefreshReachesFamily => token.kind == TokenKind::Refresh,
            RevokeReach::AlwaysFamily => true,
        };
        if family {
            let delegation = token.consent.delegation_id.clone();
            self.revoke_family(&delegation);
        }
    }

    /// Revokes everything issued in a person's name.
    pub(crate) fn revoke_all_of(&mut self, person: &str) {
        for token in &mut self.tokens {
            if token.consent.person.as_deref() == Some(person) {
                token.revoked = true;
            }
        }
    }

    /// Ends everything of a person who is gone: tokens, codes, and requests they signed in to.
    pub(crate) fn forget(&mut self, person: &str) {
        self.revoke_all_of(person);
        self.codes.retain(|_, code| code.consent.person.as_deref() != Some(person));
        for pending in self.pending.values_mut() {
            if pending.signed_in.as_ref().is_some_and(|(signed_in, _)| signed_in == person) {
                pending.signed_in = None;
            }
        }
    }

    /// An access or app token that is good now.
    pub(crate) fn bearer(&self, value: &str, now: Timestamp) -> Option<&Token> {
        let token = self.tokens.get(*self.by_value.get(value)?)?;
        let good = token.kind != TokenKind::Refresh && !token.revoked && token.expires > now;
        good.then_some(token)
    }

    pub(crate) fn expire_access_tokens(&mut self, now: Timestamp) {
        for token in &mut self.tokens {
            if token.kind != TokenKind::Refresh {
                token.expires = token.expires.min(now);
            }
        }
    }

    pub(crate) fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.tokens.iter()
    }

    fn find_mut(&mut self, value: &str) -> Option<&mut Token> {
        self.tokens.get_mut(*self.by_value.get(value)?)
    }

    fn revoke_family(&mut self, delegation: &str) {
        self.revoke_where(delegation, |_| true);
    }

    fn revoke_where(&mut self, delegation: &str, which: impl Fn(&Token) -> bool) {
        let Some(places) = self.by_delegation.get(delegation) else { return };
        for place in places {
            if let Some(token) = self.tokens.get_mut(*place)
                && which(token)
            {
                token.revoked = true;
            }
        }
    }
}
