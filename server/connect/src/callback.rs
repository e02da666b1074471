//! Reading what PagerDuty sent the browser back with (RFC 6749 §4.1.2, RFC 9207).

use pagerduty::{Code, error::printable};

use crate::Error;

const MAX_QUERY_BYTES: usize = 2048;

/// The callback's parameters, each there at most once. Unknown ones are ignored.
pub(crate) struct Callback {
    pub state: String,
    pub issuer: Option<String>,
    pub outcome: Outcome,
}

pub(crate) enum Outcome {
    Code(Code),
    Error {
        error: String,
        said: Option<String>,
    },
    /// Neither a code nor an error.
    Nothing,
}

impl Callback {
    pub(crate) fn parse(query: &str) -> Result<Self, Error> {
        if query.len() > MAX_QUERY_BYTES {
            return Err(Error::Malformed("it is too long"));
        }
        let (mut state, mut issuer, mut code, mut error, mut description) = (None, None, None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let slot = match &*name {
                "state" => &mut state,
                "iss" => &mut issuer,
                "code" => &mut code,
                "error" => &mut error,
                "error_description" => &mut description,
                _ => continue,
            };
            // RFC 6749 §3.1: parameters must not be included more than once.
            if slot.replace(value.into_owned()).is_some() {
                return Err(Error::Malformed("a parameter came twice"));
            }
        }
        let outcome = match (error, code) {
            (Some(error), _) => {
                Outcome::Error { error: printable(&error), said: description.as_deref().map(printable) }
            }
            (None, Some(code)) if !code.is_empty() => Outcome::Code(Code::new(code)),
            _ => Outcome::Nothing,
        };
        match state {
            Some(state) if !state.is_empty() => Ok(Self { state, issuer, outcome }),
            _ => Err(Error::Malformed("there is no state")),
        }
    }
}
