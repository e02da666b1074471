//! Whose a connection is, in the terms of the application that embeds this one.

use std::fmt;

const MAX_BYTES: usize = 200;

/// A user of the host application, by the id the host has for them and never gives to anybody else: a number, a UUID.
/// It comes from the host's own session, never from a request's address or body. It is seen in logs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner(String);

impl Owner {
    /// 1 to 200 letters, digits and signs of ASCII, without spaces.
    pub fn parse(id: &str) -> Option<Self> {
        let fits = (1..=MAX_BYTES).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
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
