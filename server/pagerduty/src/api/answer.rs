//! PagerDuty's error answers: an object, a string, a list, a page of HTML, or nothing at all.

use std::time::Duration;

use http::Method;
use serde_json::{Map, Value};

use crate::{Error, error::printable, http::Answer, operations, page::REACHABLE};

/// Sentences kept of an error.
const MAX_DETAILS: usize = 20;

/// What the body of an error answer tells, as far as it tells anything.
#[derive(Debug, Default, PartialEq)]
struct Told {
    message: Option<String>,
    code: Option<u32>,
    details: Vec<String>,
    required_scopes: Option<String>,
}

/// Reads an error answer of the API to `method` and `path`.
pub(super) fn api_error(answer: &Answer, method: &Method, path: &str) -> Error {
    match status_error(answer) {
        // The token endpoint has no such header; the API may send it through a proxy.
        Error::RateLimited { wait: None } => Error::RateLimited { wait: seconds(answer, "retry-after") },
        // Told that a scope is missing but not which: the operation's own.
        Error::MissingScope { required } if required.is_empty() => {
            let scope = operations::find(method.as_str(), &format!("/{path}")).and_then(|it| it.scope);
            Error::MissingScope { required: scope.unwrap_or_default().to_owned() }
        }
        Error::Status { status: 400, details, .. } if says_wall(&details) => {
            Error::BeyondReach { reachable: REACHABLE }
        }
        error => error,
    }
}

/// Reads an error answer.
pub(crate) fn status_error(answer: &Answer) -> Error {
    let told = read(&answer.body);
    match (answer.status.as_u16(), told.required_scopes) {
        (401, _) => Error::Unauthorized,
        (403, Some(required)) => Error::MissingScope { required },
        (429, _) => Error::RateLimited { wait: seconds(answer, "ratelimit-reset") },
        (status, _) => Error::Status {
            status,
            code: told.code,
            message: told.message.unwrap_or_else(|| "no reason given".to_owned()),
            details: told.details,
            nothing_done: false,
        },
    }
}

/// PagerDuty asks to wait in `ratelimit-reset`, in seconds; a 429 may also come without.
fn seconds(answer: &Answer, header: &str) -> Option<Duration> {
    let seconds = answer.headers.get(header)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn says_wall(details: &[String]) -> bool {
    details.iter().any(|text| text.starts_with("Offset+limit exceeds"))
}

fn read(body: &[u8]) -> Told {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    match serde_json::from_slice(body) {
        Ok(Value::Object(mut fields)) => match fields.remove("error") {
            Some(Value::Object(error)) => of_fields(&error),
            Some(Value::Null) | None => of_fields(&fields),
            Some(other) => of_value(&other),
        },
        Ok(other) => of_value(&other),
        // HTML, or nothing.
        Err(_) => Told::default(),
    }
}

fn of_fields(fields: &Map<String, Value>) -> Told {
    let required = fields.get("required_scopes").map(|scopes| sentences(scopes).join(" "));
    let message = fields.get("message").and_then(Value::as_str).map(printable);
    let no_scope =
        || message.as_deref().is_some_and(|it| it.contains("missing required scope")).then(String::new);
    Told {
        required_scopes: required.or_else(no_scope),
        message,
        code: fields.get("code").and_then(code),
        details: fields.get("errors").map(sentences).unwrap_or_default(),
    }
}

fn of_value(value: &Value) -> Told {
    match value {
        Value::String(text) => Told { message: Some(printable(text)), ..Told::default() },
        other => Told { details: sentences(other), ..Told::default() },
    }
}

/// A number, or one in quotes.
fn code(value: &Value) -> Option<u32> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => u32::try_from(other.as_u64()?).ok(),
    }
}

/// The sentences in a string, a list, or a map of field and sentences.
fn sentences(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(value, "", &mut found);
    found
}

/// Stops when there are enough: an answer may hold lists in lists without end, under a name as long as itself.
fn collect(value: &Value, before: &str, found: &mut Vec<String>) {
    if found.len() == MAX_DETAILS {
        return;
    }
    match value {
        Value::String(text) => found.push(printable(&format!("{before}{}", printable(text)))),
        Value::Array(items) => items.iter().take(MAX_DETAILS).for_each(|item| collect(item, before, found)),
        Value::Object(fields) => {
            for (name, value) in fields.iter().take(MAX_DETAILS) {
                collect(value, &format!("{}: ", printable(name)), found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, StatusCode};

    fn answered(status: u16, body: &str) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, headers: HeaderMap::new(), body: body.into(), took: Duration::ZERO }
    }

    fn error(status: u16, body: &str) -> Error {
        api_error(&answered(status, body), &Method::GET, "services")
    }

    #[test]
    fn rf_04_every_shape_of_an_error_is_told_as_far_as_it_goes() {
        let told = |body: &str| match error(400, body) {
            Error::Status { code, message, details, .. } => (code, message, details),
            other => panic!("{other:?}"),
        };
        let none = || "no reason given".to_owned();
        let two = || vec!["Name is taken".to_owned(), "Type is wrong".to_owned()];
        let full =
            r#"{"error":{"message":"Invalid","code":2001,"errors":["Name is taken","Type is wrong"]}}"#;
        assert_eq!(told(full), (Some(2001), "Invalid".into(), two()));
        assert_eq!(
            told(r#"{"error":{"message":"No","code":"2100","errors":"Gone"}}"#),
            (Some(2100), "No".into(), vec!["Gone".into()])
        );
        assert_eq!(told(r#"{"error":["Name is taken","Type is wrong"]}"#), (None, none(), two()));
        assert_eq!(told(r#"{"error":"Nope"}"#), (None, "Nope".into(), vec![]));
        assert_eq!(told(r#"["Name is taken","Type is wrong"]"#), (None, none(), two()));
        assert_eq!(told(r#""Nope""#), (None, "Nope".into(), vec![]));
        assert_eq!(
            told(r#"{"message":"Flat","errors":{"name":["is taken"]}}"#),
            (None, "Flat".into(), vec!["name: is taken".into()])
        );
        assert_eq!(told("\u{feff}{\"error\":{\"message\":\"BOM\"}}"), (None, "BOM".into(), vec![]));
        let depth = "[".repeat(100_000);
        for nothing in ["", "<html><h1>502</h1>", "{", "null", "7", "{\"error\":null}", "NaN", &depth] {
            assert_eq!(told(nothing), (None, none(), vec![]), "{nothing:.20}");
        }
    }

    #[test]
    fn a_hostile_error_stays_short_and_printable() {
        let body = serde_json::json!({"error": {"message": "a\r\nX: y".repeat(999), "errors": vec!["\u{1b}[2J"; 500]}});
        let Error::Status { message, details, .. } = error(400, &body.to_string()) else { panic!() };
        assert!(message.chars().count() <= 200 && !message.contains(char::is_control));
        assert!(details.len() <= 20 && !details.concat().contains(char::is_control));
    }

    #[test]
    fn lists_in_lists_under_a_long_name_cost_little() {
        let twenty = |item: Value| Value::Array(vec![item; MAX_DETAILS]);
        let name = "k".repeat(3 << 20);
        let value = serde_json::json!({ name.as_str(): twenty(twenty(twenty("No".into()))) });
        let mut found = Vec::new();
        collect(&value, "", &mut found);
        assert_eq!(found.len(), MAX_DETAILS);
        assert!(found.iter().all(|text| text.len() == 200));
    }

    #[test]
    fn a_missing_scope_is_told_even_where_pagerduty_does_not_name_it() {
        let named =
            r#"{"error":{"message":"Token missing required scopes","required_scopes":"incidents.read"}}"#;
        assert!(
            matches!(error(403, named), Error::MissingScope { required } if required == "incidents.read")
        );
        let list = r#"{"error":{"required_scopes":["a.read","b.read"]}}"#;
        assert!(matches!(error(403, list), Error::MissingScope { required } if required == "a.read b.read"));
        let unnamed = r#"{"error":{"message":"Token missing required scopes"}}"#;
        assert!(
            matches!(error(403, unnamed), Error::MissingScope { required } if required == "services.read")
        );
        assert!(error(403, r#"{"error":{"message":"Access Denied","code":2010}}"#).is_permission());
        assert!(error(403, "").is_permission());
    }

    #[test]
    fn a_pause_is_read_from_either_header() {
        let wait = |name: Option<(&'static str, &'static str)>| {
            let mut answer = answered(429, "");
            answer.headers.extend(name.map(|(name, value)| {
                (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
            }));
            match api_error(&answer, &Method::GET, "services") {
                Error::RateLimited { wait } => wait,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(wait(Some(("ratelimit-reset", "20"))), Some(Duration::from_secs(20)));
        assert_eq!(wait(Some(("retry-after", "7"))), Some(Duration::from_secs(7)));
        for none in [None, Some(("ratelimit-reset", "soon")), Some(("retry-after", "-1"))] {
            assert_eq!(wait(none), None);
        }
    }
}
