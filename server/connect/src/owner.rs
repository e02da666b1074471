//! Whose a connection is, in the terms of the application that embeds this one.

use std::fmt;

const MAX_BYTES: usize = 200;

/// A user of the host application, by the id the host has for them and never gives to anybody else: a number, a UUID.
/// It comes from the host's own session, never from a request's address or body. It is seen in logs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner(String);

impl Owner {
    /// 1 to 200 bytes, without spaces and control characters.
    pub fn parse(id: &str) -> Option<Self> {
        let fits = !id.is_empty()
            && id.len() <= MAX_BYTES
            && !id.chars().any(|c| c.is_whitespace() || c.is_control());
        fits.then(|| Self(id.to_owned()))
    }

    /// As the host wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
