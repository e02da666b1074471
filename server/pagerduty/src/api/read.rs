//! Any read of the API, by path: for who explores it.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use super::{Api, Ask};
use crate::{
    Error, Operation,
    operations::{self, Paging},
    page::Query,
};

/// Longest part of a path. PagerDuty's ids have seven characters, fourteen, or 36 with dashes.
const MAX_PART: usize = 64;
/// Longest value of a parameter, in bytes.
const MAX_VALUE: usize = 1024;
/// Headers of an answer that are worth seeing.
const SHOWN: [&str; 6] =
    ["content-type", "date", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "x-request-id"];
/// Parameters of one read.
const MAX_PARAMETERS: usize = 64;

/// A read that was checked: its path is one of [`crate::operations::OPERATIONS`], and so are its parameters.
#[derive(Clone, Debug)]
pub struct Read {
    operation: &'static Operation,
    ask: Ask,
}

/// Why something is no read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRead {
    /// The path is none that can be read.
    #[error("PagerDuty's API has nothing to read there")]
    Unknown,
    /// A part of the path could lead elsewhere, or is empty.
    #[error("“{0}” cannot stand in a path: letters, digits, - and _ can, {MAX_PART} at most")]
    Part(String),
    /// The operation has no such parameter.
    #[error("“{0}” is no parameter of this operation")]
    Parameter(String),
    /// Too long a value, or too many.
    #[error("there are too many parameters, or one is longer than {MAX_VALUE} bytes")]
    TooMuch,
}

/// What PagerDuty told.
#[derive(Clone, Debug)]
pub struct Told {
    /// HTTP status: 200, or 204 with nothing to read.
    pub status: u16,
    /// The JSON; `null` where there is nothing.
    pub body: Value,
    /// What is worth seeing of its headers.
    pub headers: Vec<(&'static str, String)>,
    /// How long it took.
    pub took: Duration,
}

impl Read {
    /// The read of `path` (`/users/PXPGF42`) with these parameters, in their order.
    pub fn parse<'p>(
        path: &str,
        parameters: impl IntoIterator<Item = (&'p str, &'p str)>,
    ) -> Result<Self, NoRead> {
        let trimmed = path.strip_prefix('/').ok_or(NoRead::Unknown)?;
        if let Some(bad) = trimmed.split('/').find(|part| !is_plain(part)) {
            return Err(NoRead::Part(crate::error::printable(bad)));
        }
        let operation = operations::find("GET", path).ok_or(NoRead::Unknown)?;
        let mut query = Query::default();
        for (count, (key, value)) in parameters.into_iter().enumerate() {
            let known = operation.query.iter().find(|known| **known == key);
            let known = known.ok_or_else(|| NoRead::Parameter(crate::error::printable(key)))?;
            if count == MAX_PARAMETERS || value.len() > MAX_VALUE {
                return Err(NoRead::TooMuch);
            }
            query.text(known, Some(value));
        }
        Ok(Self { operation, ask: Ask::get(trimmed).query(query) })
    }

    /// What is read.
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// The parameter and value that lead to the page before, and to the one after, where `body` is the page between.
    pub fn neighbours(&self, body: &Value) -> [Option<(&'static str, String)>; 2] {
        let number = |key: &str| body.get(key).and_then(Value::as_u64);
        match self.operation.paging {
            Paging::None => [None, None],
            Paging::Cursor => {
                let next = body.get("next_cursor").and_then(Value::as_str);
                [None, next.filter(|next| !next.is_empty()).map(|next| ("cursor", next.to_owned()))]
            }
            Paging::Offset => {
                let (offset, limit) = (number("offset").unwrap_or(0), number("limit").unwrap_or(0));
                let more = body.get("more").and_then(Value::as_bool).unwrap_or(false);
                let at = |offset: u64| ("offset", offset.to_string());
                [
                    (offset > 0 && limit > 0).then(|| at(offset.saturating_sub(limit))),
                    (more && limit > 0).then(|| at(offset.saturating_add(limit))),
                ]
            }
        }
    }
}

fn is_plain(part: &str) -> bool {
    let plain = part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    plain && (1..=MAX_PART).contains(&part.len())
}

impl Api<'_> {
    /// Reads what [`Read::parse`] let pass.
    pub async fn tell(&self, read: &Read) -> Result<Told, Error> {
        let answer = self.ask(&read.ask).await?;
        let body = match answer.status {
            StatusCode::NO_CONTENT => Value::Null,
            _ => serde_json::from_slice(&answer.body).map_err(|e| {
                Error::Unreadable(format!("{}, line {} column {}", read.operation.path, e.line(), e.column()))
            })?,
        };
        let shown = SHOWN.into_iter().filter_map(|name| {
            let value = answer.headers.get(name)?.to_str().ok()?;
            Some((name, crate::error::printable(value)))
        });
        Ok(Told { status: answer.status.as_u16(), body, headers: shown.collect(), took: answer.took })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(path: &str, parameters: &[(&str, &str)]) -> Result<Read, NoRead> {
        Read::parse(path, parameters.iter().copied())
    }

    #[test]
    fn sr_63_only_what_pagerduty_documents_is_read() {
        assert_eq!(parse("/users/PXPGF42", &[]).unwrap().operation().path, "/users/{id}");
        assert_eq!(parse("/users/me", &[]).unwrap().operation().path, "/users/me");
        let dashes = parse("/event_orchestrations/b02e973d-9620-4e0a-9edc-00fedf7d4694", &[]).unwrap();
        assert_eq!(dashes.operation().path, "/event_orchestrations/{id}");
        assert!(parse("/services", &[("team_ids[]", "P1"), ("team_ids[]", "P2"), ("limit", "5")]).is_ok());
        for bad in ["", "users", "/unicorns", "/users/P1/unicorns"] {
            assert_eq!(parse(bad, &[]).unwrap_err(), NoRead::Unknown, "{bad}");
        }
        let long = format!("/users/{}", "P".repeat(65));
        for bad in [
            "//host/users",
            "/users/..",
            "/users/.",
            "/users/%2e%2e",
            "/users/P%2F1",
            "/users/@host",
            "/users/P;a",
            "/users?a",
            "/users#a",
            "/users/P\r\nX: y",
            "/users/",
            "/users\\me",
            "/users/é",
            &long,
        ] {
            assert!(matches!(parse(bad, &[]), Err(NoRead::Part(_))), "{bad}");
        }
    }

    #[test]
    fn sr_63_only_documented_parameters_pass() {
        assert_eq!(parse("/users", &[("apikey", "x")]).unwrap_err(), NoRead::Parameter("apikey".into()));
        assert_eq!(parse("/users", &[("query", &"x".repeat(1025))]).unwrap_err(), NoRead::TooMuch);
        assert_eq!(parse("/users", &[("query", "x"); 65]).unwrap_err(), NoRead::TooMuch);
    }

    #[test]
    fn pages_have_neighbours_where_there_are_any() {
        let at = |offset: u64, more: bool| serde_json::json!({ "offset": offset, "limit": 25, "more": more });
        let users = parse("/users", &[]).unwrap();
        let to = |offset: &str| Some(("offset", offset.to_owned()));
        assert_eq!(users.neighbours(&at(0, true)), [None, to("25")]);
        assert_eq!(users.neighbours(&at(10, false)), [to("0"), None]);
        assert_eq!(parse("/abilities", &[]).unwrap().neighbours(&at(50, true)), [None, None]);
        let records = parse("/audit/records", &[]).unwrap();
        let next = records.neighbours(&serde_json::json!({ "next_cursor": "abc", "limit": 10 }));
        assert_eq!(next, [None, Some(("cursor", "abc".to_owned()))]);
    }
}
