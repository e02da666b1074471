//! PagerDuty's credentials file, as people bring it: told in words where it is not what it should be, and without a
//! word of what it holds.

use serde_json::{Map, Value};

/// PagerDuty's download has some hundred bytes.
pub(crate) const MAX_BYTES: usize = 16 << 10;

/// The names of both keys: in PagerDuty's download, and in its samples.
const ID: [&str; 2] = ["client_id", "PD_CLIENT_ID"];
const SECRET: [&str; 2] = ["client_secret", "PD_CLIENT_SECRET"];

/// What people leave in samples.
const PLACEHOLDERS: [&str; 8] =
    ["your", "changeme", "change_me", "placeholder", "example", "goes here", "client_id", "client_secret"];

/// What else is taken over: both are what PagerDuty was told of the app. Hosts, places and addresses are chosen by
/// whoever runs the program, never by a file that somebody was given.
const MORE: [&str; 2] = ["REDIRECT_URI", "PD_SCOPES"];
/// Of a name that is shown.
const MAX_NAME: usize = 40;

/// A client id and its secret, and whatever else stood in the file.
pub(crate) struct Credentials(Map<String, Value>);

impl Credentials {
    /// Reads the file. What is wrong with it is told in sentences, all at once.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Vec<String>> {
        let one = |sentence: &str| Err(vec![sentence.to_owned()]);
        if bytes.len() > MAX_BYTES {
            return one(
                "The file is larger than 16 KiB; PagerDuty’s credentials file has a few hundred bytes. Choose the \
                 JSON file that App Registration let you download.",
            );
        }
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return one("The file is written in UTF-16. Save it as UTF-8, or download it again.");
        }
        // Editors of one system put a mark before the text.
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let Ok(text) = std::str::from_utf8(bytes) else {
            return one("The file is no text. Choose the JSON file that PagerDuty let you download.");
        };
        if text.trim().is_empty() {
            return one("The file is empty. Download it again from PagerDuty, or copy its text.");
        }
        let keys: Map<String, Value> = match serde_json::from_str(text) {
            Ok(Value::Object(keys)) => keys,
            Ok(other) => {
                let sentence = format!(
                    "The file holds {}, but PagerDuty’s credentials file holds names with values, between “{{” and \
                     “}}”.",
                    kind(&other)
                );
                return Err(vec![sentence]);
            }
            // Without the offending text: it may be the secret.
            Err(e) => {
                let at = format!("line {}, column {}", e.line(), e.column());
                return Err(vec![format!("The file is not JSON: it goes wrong at {at}. Download it again.")]);
            }
        };
        let mut wrong: Vec<String> = [ID, SECRET].iter().filter_map(|names| problem(&keys, *names)).collect();
        if wrong.is_empty() && value(&keys, ID) == value(&keys, SECRET) {
            wrong
                .push("client_secret is the same as client_id. PagerDuty gives two different values.".into());
        }
        if wrong.is_empty() { Ok(Self(keys)) } else { Err(wrong) }
    }

    /// What is taken over, and the names of everything else.
    pub(super) fn into_keys(self) -> (Map<String, Value>, Vec<String>) {
        let is_taken = |name: &str| ID.iter().chain(&SECRET).chain(&MORE).any(|known| *known == name);
        let (taken, left): (Map<_, _>, Map<_, _>) = self.0.into_iter().partition(|(name, _)| is_taken(name));
        (taken, left.keys().map(|name| shown(name)).collect())
    }
}

/// A name from the file, as far as it can be shown.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect()
}

fn value<'k>(keys: &'k Map<String, Value>, names: [&str; 2]) -> Option<&'k str> {
    names.iter().find_map(|name| keys.get(*name)).and_then(Value::as_str)
}

/// What is wrong with one of the two.
fn problem(keys: &Map<String, Value>, names: [&str; 2]) -> Option<String> {
    let [name, other] = names;
    let (found, value) = match (keys.get(name), keys.get(other)) {
        (Some(_), Some(_)) => {
            return Some(format!("{name} and {other} are both there, and mean the same. Leave one of them."));
        }
        (Some(value), None) => (name, value),
        (None, Some(value)) => (other, value),
        (None, None) => return Some(missing(keys, name)),
    };
    let Value::String(text) = value else {
        return Some(format!("{found} must be text, but is {}.", kind(value)));
    };
    if text.trim().is_empty() {
        return Some(format!("{found} is empty."));
    }
    if text.trim() != text || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Some(format!(
            "{found} holds a space or a line break. Copy it again, without what stands around it."
        ));
    }
    let low = text.to_lowercase();
    let first = low.chars().next();
    let is_one_letter = low.chars().all(|c| Some(c) == first);
    if is_one_letter
        || low.starts_with(['<', '{', '$', '['])
        || PLACEHOLDERS.iter().any(|it| low.contains(it))
    {
        return Some(format!(
            "{found} still holds what a sample has in its place. Put the value there that PagerDuty gave you."
        ));
    }
    None
}

fn missing(keys: &Map<String, Value>, name: &str) -> String {
    let within = keys.iter().find(|(_, value)| value.get(name).is_some());
    if let Some((outer, _)) = within {
        return format!(
            "{name} stands inside “{}”. Move it out, so that it stands at the top of the file.",
            shown(outer)
        );
    }
    let near =
        keys.keys().any(|key| key.to_lowercase().replace(['-', ' ', '_'], "") == name.replace('_', ""));
    match name {
        _ if near => format!("{name} is missing; a key is there that is written otherwise. Write it {name}."),
        "client_secret" => {
            "client_secret is missing. PagerDuty shows it once, right after Register App: press Download JSON there."
                .to_owned()
        }
        _ => format!("{name} is missing. Choose the JSON file that App Registration let you download."),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a piece of text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(bytes: impl AsRef<[u8]>) -> String {
        Credentials::read(bytes.as_ref()).err().map(|it| it.join(" ")).unwrap_or_default()
    }

    #[test]
    fn a_file_that_is_not_pagerdutys_is_told_in_words_that_hold_nothing_of_it() {
        let huge = format!("{{\"client_id\": \"i\", \"client_secret\": \"{}\"}}", "CANARY".repeat(4000));
        for (text, says) in [
            (r#"{"client_id": "0f-id"}"#, "client_secret is missing. PagerDuty shows it once"),
            (r#"{"client_secret": "CANARY"}"#, "client_id is missing"),
            ("{}", "client_id is missing"),
            (r#"{"unknown": "CANARY"}"#, "client_secret is missing"),
            (r#"{"client_id": "", "client_secret": "CANARY"}"#, "client_id is empty"),
            (r#"{"client_id": "0f-id", "client_secret": "  "}"#, "client_secret is empty"),
            (r#"{"client_id": 7, "client_secret": "CANARY"}"#, "client_id must be text, but is a number"),
            (r#"{"client_id": "0f-id", "client_secret": null}"#, "client_secret must be text, but is null"),
            (r#"{"client_id": "0f-id", "client_secret": ["CANARY"]}"#, "must be text, but is a list"),
            (r#"{"client_id": {"CANARY": 1}, "client_secret": true}"#, "but is true or false"),
            (r#"{"oauth": {"client_id": "i", "client_secret": "CANARY"}}"#, "stands inside “oauth”"),
            (r#"{"Client-ID": "i", "clientSecret": "CANARY"}"#, "Write it client_secret"),
            (r#"{"client_id": "0f-id", "client_secret": "CANARY "}"#, "a space or a line break"),
            (r#"{"client_id": "0f-id", "client_secret": "CAN\nARY"}"#, "a space or a line break"),
            (r#"{"client_id": "0f-id", "client_secret": "YOUR_CLIENT_SECRET"}"#, "what a sample has"),
            (r#"{"client_id": "<client id>", "client_secret": "CANARY"}"#, "a space"),
            (r#"{"client_id": "<id>", "client_secret": "xxxxxxxx"}"#, "client_secret still holds"),
            (r#"{"client_id": "CANARY", "client_secret": "CANARY"}"#, "the same as client_id"),
            (r#"{"client_id": "i", "PD_CLIENT_ID": "j", "client_secret": "CANARY"}"#, "both there"),
            (r#"["CANARY"]"#, "holds a list"),
            (r#""CANARY""#, "holds a piece of text"),
            ("PD_CLIENT_SECRET=CANARY", "not JSON: it goes wrong at line 1"),
            ("{\n\"client_secret\": CANARY}", "line 2"),
            (r#"{"client_secret": "CANARY""#, "not JSON"),
            ("", "empty"),
            (" \n", "empty"),
            (&*huge, "larger than 16 KiB"),
        ] {
            let words = said(text);
            assert!(words.contains(says), "{text:.60}: {words:?}");
            assert!(!words.contains("CANARY") && words.ends_with('.'), "{words}");
        }
        assert!(said(b"\xff\xfe{\x00").contains("UTF-16"));
        assert!(said(b"{\"client_id\": \"\x80\"}").contains("no text"));
    }

    #[test]
    fn of_a_file_with_more_in_it_only_what_belongs_to_the_registration_is_taken() {
        for (text, others) in [
            (r#"{"client_id": "0f-id", "client_secret": "s3cret"}"#, &[][..]),
            (
                r#"{"PD_CLIENT_ID": "0f-id", "PD_CLIENT_SECRET": "s3cret", "REDIRECT_URI": "http://localhost:5000/callback"}"#,
                &[],
            ),
            (
                "\u{feff}{\"client_id\": \"0f-id\", \"client_secret\": \"s3cret\", \"name\": \"My app\", \"scopes\": [1, {}]}",
                &["name", "scopes"],
            ),
            (
                r#"{"client_id": "0f-id", "client_secret": "s3cret", "PD_SCOPES": "openid", "PD_API_URL": "https://x"}"#,
                &["PD_API_URL"],
            ),
        ] {
            let read = Credentials::read(text.as_bytes()).unwrap_or_else(|e| panic!("{e:?}"));
            let (keys, left) = read.into_keys();
            let mut whole: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
            others.iter().for_each(|name| _ = whole.as_object_mut().unwrap().remove(*name));
            assert_eq!(
                (Value::Object(keys), left),
                (whole, others.iter().map(|&it| it.to_owned()).collect())
            );
        }
    }
}
