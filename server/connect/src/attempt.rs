//! What is remembered, sealed, between the way out and the way back.

use pagerduty::{Scopes, Verifier};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::{LocalPath, walkthrough::Step};

/// One press of the Connect button.
pub(crate) struct Attempt {
    pub verifier: Verifier,
    pub nonce: String,
    pub asked: Scopes,
    pub return_to: Option<LocalPath>,
    pub steps: Vec<Step>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    verifier: String,
    nonce: String,
    asked: String,
    return_to: Option<String>,
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
            steps: std::mem::take(&mut written.steps),
        })
    }
}
