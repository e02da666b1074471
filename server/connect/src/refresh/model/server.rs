//! A token endpoint in a few lines: what it issued, and what it still takes.

use std::time::Duration;

use tokio::time::Instant;

/// For as long a server with a grace window takes a token again. Longer than a lease.
pub(super) const GRACE: Duration = Duration::from_secs(60);

/// What becomes of a refresh token that has been redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rotation {
    /// It is dead.
    Strict,
    /// It is dead, and using it again ends every refresh token of the grant (RFC 9700 §4.14.2).
    ReuseEndsAll,
    /// It is taken again for a while; every answer to it is good.
    Grace,
    /// It is taken again for a while, until an answer to it is used; the last answer is good.
    GraceForTheLast,
}

impl Rotation {
    pub(super) fn has_grace(self) -> bool {
        matches!(self, Self::Grace | Self::GraceForTheLast)
    }
}

/// A refresh token. Its number stands for the access token issued with it as well.
#[derive(Debug)]
pub(super) struct Issued {
    pub grant: usize,
    /// The token that was redeemed for it.
    pub parent: Option<usize>,
    pub first_redeemed: Option<Instant>,
    revoked: bool,
}

#[derive(Debug)]
pub(super) struct Server {
    pub rotation: Rotation,
    pub tokens: Vec<Issued>,
    /// Grants, and whether somebody ended them at PagerDuty.
    pub ended: Vec<bool>,
}

impl Server {
    pub(super) fn new(rotation: Rotation) -> Self {
        Self { rotation, tokens: Vec::new(), ended: Vec::new() }
    }

    /// A person agrees: a grant and its first tokens.
    pub(super) fn agree(&mut self) -> usize {
        self.ended.push(false);
        self.issue(self.ended.len() - 1, None)
    }

    pub(super) fn redeem(&mut self, token: usize) -> Option<usize> {
        let grant = self.tokens[token].grant;
        if !self.takes(token) {
            if self.rotation == Rotation::ReuseEndsAll && self.tokens[token].first_redeemed.is_some() {
                self.tokens.iter_mut().filter(|t| t.grant == grant).for_each(|t| t.revoked = true);
            }
            return None;
        }
        if self.rotation == Rotation::GraceForTheLast {
            self.tokens.iter_mut().filter(|t| t.parent == Some(token)).for_each(|t| t.revoked = true);
        }
        self.tokens[token].first_redeemed.get_or_insert_with(Instant::now);
        Some(self.issue(grant, Some(token)))
    }

    /// Whether redeeming it now would bring new tokens.
    pub(super) fn takes(&self, token: usize) -> bool {
        let issued = &self.tokens[token];
        let mut answers = self.tokens.iter().filter(|t| t.parent == Some(token));
        let moved_on = self.rotation == Rotation::GraceForTheLast
            && answers.any(|answer| answer.first_redeemed.is_some());
        let in_time = |at: Instant| self.rotation.has_grace() && !moved_on && at.elapsed() < GRACE;
        !issued.revoked && !self.ended[issued.grant] && issued.first_redeemed.is_none_or(in_time)
    }

    pub(super) fn revoke(&mut self, token: usize) {
        self.tokens[token].revoked = true;
    }

    fn issue(&mut self, grant: usize, parent: Option<usize>) -> usize {
        self.tokens.push(Issued { grant, parent, first_redeemed: None, revoked: false });
        self.tokens.len() - 1
    }
}
