//! What was sent: JSON under its root key (PagerDuty docs, “Wrapped Entities”), read with a sentence for each fault.

use axum::response::Response;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::call::Call;
use super::errors;
use super::zone::is_time_zone;

/// The fields of one thing, and what is wrong with them so far.
pub(super) struct Sent {
    fields: Map<String, Value>,
    wrong: Vec<String>,
}

/// The value under `key`.
pub(super) fn wrapped(call: &Call, body: &[u8], key: &str) -> Result<Value, Response> {
    let not_a_hash = || errors::invalid(&["params must be a Hash".to_owned()]);
    if !call.sends_json() {
        return Err(not_a_hash());
    }
    let Ok(Value::Object(mut root)) = serde_json::from_slice(body) else { return Err(not_a_hash()) };
    root.remove(key).ok_or_else(|| errors::coded(400, 2003, "Missing Arguments"))
}

impl Sent {
    pub(super) fn read(call: &Call, body: &[u8], key: &str) -> Result<Self, Response> {
        Self::of(wrapped(call, body, key)?)
    }

    pub(super) fn of(value: Value) -> Result<Self, Response> {
        match value {
            Value::Object(fields) => Ok(Self { fields, wrong: Vec::new() }),
            _ => Err(errors::invalid(&["params must be a Hash".to_owned()])),
        }
    }

    pub(super) fn wrong(&mut self, why: impl Into<String>) {
        self.wrong.push(why.into());
    }

    /// Refuses the request if anything was wrong.
    pub(super) fn check(&self) -> Result<(), Response> {
        if self.wrong.is_empty() { Ok(()) } else { Err(errors::invalid(&self.wrong)) }
    }

    /// A field that may be left out; `null` counts as left out.
    pub(super) fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn is_null(&self, name: &str) -> bool {
        self.fields.get(name).is_some_and(Value::is_null)
    }

    /// What is made says what it is, to the letter.
    pub(super) fn is_of_type(&mut self, kind: &str) {
        if self.kind() != kind {
            self.wrong(format!("Type must be {kind}"));
        }
    }

    /// What is changed may also be pointed at.
    pub(super) fn refers_to(&mut self, kind: &str) {
        if self.kind().strip_suffix("_reference").unwrap_or(self.kind()) != kind {
            self.wrong(format!("Type must be {kind} or {kind}_reference"));
        }
    }

    fn kind(&self) -> &str {
        self.field("type").and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn text(&mut self, name: &str, longest: usize) -> Option<String> {
        let value = self.field(name)?.clone();
        let Value::String(text) = value else {
            self.wrong(format!("{} must be a string", title(name)));
            return None;
        };
        if text.chars().count() > longest {
            self.wrong(format!("{} is too long (maximum is {longest} characters)", title(name)));
        }
        Some(text)
    }

    /// Empty if it is missing, which is then wrong.
    pub(super) fn needed_text(&mut self, name: &str, longest: usize) -> String {
        self.text_over("", name, longest)
    }

    /// What was sent, or else what was there; never blank.
    pub(super) fn text_over(&mut self, old: &str, name: &str, longest: usize) -> String {
        let text = self.text(name, longest).unwrap_or_else(|| old.to_owned());
        if text.trim().is_empty() {
            self.wrong(format!("{} can't be blank", title(name)));
        }
        text
    }

    /// What was sent, or else what was there; `null` takes it away.
    pub(super) fn note_over(&mut self, old: Option<String>, name: &str, longest: usize) -> Option<String> {
        if self.is_null(name) { None } else { self.text(name, longest).or(old) }
    }

    pub(super) fn time_zone(&mut self, old: &str) -> String {
        let zone = self.text("time_zone", 100).unwrap_or_else(|| old.to_owned());
        if !is_time_zone(&zone) {
            self.wrong("Time zone is not valid");
        }
        zone
    }

    pub(super) fn number(&mut self, name: &str) -> Option<u64> {
        let number = self.field(name)?.as_u64();
        if number.is_none() {
            self.wrong(format!("{} must be a whole number", title(name)));
        }
        number
    }

    /// One of the values that the type knows.
    pub(super) fn one_of<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let value = serde_json::from_value(self.field(name)?.clone());
        if value.is_err() {
            self.wrong(format!("{} is not included in the list", title(name)));
        }
        value.ok()
    }

    /// The id of a reference.
    pub(super) fn reference(&mut self, name: &str) -> Option<String> {
        let id = referred(self.field(name)?);
        if id.is_none() {
            self.wrong(format!("{} must be a reference", title(name)));
        }
        id
    }

    pub(super) fn list(&mut self, name: &str) -> Vec<Value> {
        match self.field(name) {
            None => Vec::new(),
            Some(Value::Array(items)) => items.clone(),
            Some(_) => {
                self.wrong(format!("{} must be an array", title(name)));
                Vec::new()
            }
        }
    }

    /// The ids of a list of references.
    pub(super) fn references(&mut self, name: &str) -> Vec<String> {
        let items = self.list(name);
        let ids: Vec<String> = items.iter().filter_map(referred).collect();
        if ids.len() < items.len() {
            self.wrong(format!("{} must be references", title(name)));
        }
        ids
    }
}

/// The id of a reference, which names its type too.
pub(super) fn referred(reference: &Value) -> Option<String> {
    reference.get("type")?.as_str()?;
    reference.get("id")?.as_str().map(str::to_owned)
}

/// `job_title` as “Job title”.
fn title(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

pub(super) fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(mailbox, host)| !mailbox.is_empty() && host.contains('.') && !host.contains('@'))
        && !text.contains(|letter: char| letter.is_whitespace() || letter.is_control())
}
