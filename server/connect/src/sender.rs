//! Where a request that may change something comes from: the first thing to ask of it, against cross-site request
//! forgery.

use http::{HeaderMap, HeaderName, header};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Who sent a request, as the browser says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A page of `origin`.
    OwnPage,
    /// Another site, or nobody can tell.
    Elsewhere,
    /// Nothing is said: no browser of these years, as far as anybody can tell.
    Unsaid,
}

impl Sender {
    /// The browser says it in `Sec-Fetch-Site`, or, where it is too old for that, in `Origin`.
    pub fn of(headers: &HeaderMap, origin: &str) -> Self {
        let own = match (one(headers, &SEC_FETCH_SITE), one(headers, &header::ORIGIN)) {
            (Sent::Never, Sent::Never) => return Self::Unsaid,
            (Sent::Twice, _) | (_, Sent::Twice) => false,
            (Sent::Once(site), Sent::Once(from)) => site == "same-origin" && from == origin,
            (Sent::Once(site), Sent::Never) => site == "same-origin",
            (Sent::Never, Sent::Once(from)) => from == origin,
        };
        if own { Self::OwnPage } else { Self::Elsewhere }
    }
}

enum Sent<'h> {
    Never,
    Once(&'h str),
    Twice,
}

fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Sent<'h> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Sent::Never,
        // Bytes that are no text are equal to nothing.
        (Some(value), None) => Sent::Once(value.to_str().unwrap_or_default()),
        _ => Sent::Twice,
    }
}
