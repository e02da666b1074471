//! What is remembered, sealed, between the way out and the way back.

use pagerduty::{Scopes, Verifier};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::{LocalPath, Owner, walkthrough::Step};

/// Whose connection it is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The person's own: they sign in through PagerDuty.
    Own,
    /// A user's of the host application, who must be the same on the way back.
    Host(Owner),
    /// Likewise, but told by a link that the host has handed them: the browser is all that is known of them here.
    Linked(Owner),
}

impl Whose {
    pub(crate) fn owner(&self) -> Option<&Owner> {
        match self {
            Self::Own => None,
            Self::Host(owner) | Self::Linked(owner) => Some(owner),
        }
    }

    fn read(owner: Option<&str>, by_link: bool) -> Option<Self> {
        let Some(owner) = owner else { return Some(Self::Own) };
        let owner = Owner::parse(owner)?;
        Some(if by_link { Self::Linked(owner) } else { Self::Host(owner) })
    }
}

/// One press of the Connect button.
pub(crate) struct Attempt {
    pub verifier: Verifier,
    pub nonce: String,
    pub asked: Scopes,
    pub return_to: Option<LocalPath>,
    pub whose: Whose,
    pub steps: Vec<Step>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    verifier: String,
    nonce: String,
    asked: String,
    return_to: Option<String>,
    #[serde(default)]
    owner: Option<String>,
    #[serde(default)]
    by_link: bool,
    steps: Vec<Step>,
}

impl Drop for Written {
    fn drop(&mut self) {
        self.verifier.zeroize();
    }
}

impl Attempt {
    pub(crate) fn write(&self) -> Option<Zeroizing<Vec<u8>>> {
        let written = Written {
            verifier: self.verifier.expose().to_owned(),
            nonce: self.nonce.clone(),
            asked: self.asked.to_string(),
            return_to: self.return_to.as_ref().map(|p| p.as_str().to_owned()),
            owner: self.whose.owner().map(|owner| owner.as_str().to_owned()),
            by_link: matches!(self.whose, Whose::Linked(_)),
            steps: self.steps.clone(),
        };
        serde_json::to_vec(&written).ok().map(Zeroizing::new)
    }

    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut written: Written = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            verifier: Verifier::new(written.verifier.as_str()),
            nonce: std::mem::take(&mut written.nonce),
            asked: Scopes::parse(&written.asked),
            return_to: written.return_to.as_deref().and_then(LocalPath::parse),
            whose: Whose::read(written.owner.as_deref(), written.by_link)?,
            steps: std::mem::take(&mut written.steps),
        })
    }
}
