//! The fields that a row can set, as PagerDuty has them and as the row wants them: in one form, to be compared and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::wanted::{Timeout, WantedService, WantedUser};
use crate::{Service, api::Fields, users::Person};

/// A field of a user or a service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shown {
    /// The column's name.
    pub field: String,
    /// In words; empty where there is nothing.
    pub text: String,
    /// Of something else in the account, which may be renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// By id where there is one.
impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        let same = match (&self.id, &other.id) {
            (Some(id), Some(other)) => id == other,
            _ => self.text == other.text,
        };
        self.field == other.field && same
    }
}

/// What a field was, and what it becomes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// None where there was no such user or service.
    pub before: Option<Shown>,
    /// As it will be.
    pub after: Shown,
}

fn shown(field: &str, text: impl Into<String>) -> Shown {
    Shown { field: field.to_owned(), text: text.into(), id: None }
}

/// What PagerDuty has of a user.
pub(super) fn of_person(person: &Person) -> Vec<Shown> {
    let user = &person.user;
    vec![
        shown("name", &user.name),
        shown("role", &user.role),
        shown("job_title", user.job_title.clone().unwrap_or_default()),
        shown("time_zone", &user.time_zone),
        shown("description", person.description.clone().unwrap_or_default()),
    ]
}

/// What a row says about a user: nothing of what it leaves empty.
pub(super) fn of_wanted_user(wanted: &WantedUser) -> Vec<Shown> {
    let optional = [
        ("role", &wanted.role),
        ("job_title", &wanted.job_title),
        ("time_zone", &wanted.time_zone),
        ("description", &wanted.description),
    ];
    let said = optional.into_iter().filter_map(|(field, text)| Some(shown(field, text.clone()?)));
    std::iter::once(shown("name", &wanted.name)).chain(said).collect()
}

/// What PagerDuty has of a service.
pub(super) fn of_service(service: &Service) -> Vec<Shown> {
    let policy = service.escalation_policy.as_ref();
    let rule = service.incident_urgency_rule.clone().unwrap_or_default();
    let urgency = if rule.kind == "use_support_hours" { Some(rule.kind) } else { rule.urgency };
    vec![
        shown("name", &service.name),
        shown("description", service.description.clone().unwrap_or_default()),
        Shown {
            field: "escalation_policy".to_owned(),
            text: policy.map(|it| it.name().to_owned()).unwrap_or_default(),
            id: policy.map(|it| it.id.clone()),
        },
        shown("auto_resolve_timeout", timeout(service.auto_resolve_timeout)),
        shown("acknowledgement_timeout", timeout(service.acknowledgement_timeout)),
        shown("alert_creation", service.alert_creation.clone().unwrap_or_default()),
        shown("urgency", urgency.unwrap_or_default()),
    ]
}

/// What a row says about a service; `policy` is the one it names.
pub(super) fn of_wanted_service(wanted: &WantedService, policy: Option<Shown>) -> Vec<Shown> {
    let seconds = |it: Timeout| match it {
        Timeout::Never => None,
        Timeout::Seconds(seconds) => Some(seconds),
    };
    let optional = [
        ("description", wanted.description.clone()),
        ("auto_resolve_timeout", wanted.auto_resolve_timeout.map(|it| timeout(seconds(it)))),
        ("acknowledgement_timeout", wanted.acknowledgement_timeout.map(|it| timeout(seconds(it)))),
        ("alert_creation", wanted.alert_creation.clone()),
        ("urgency", wanted.urgency.clone()),
    ];
    let said = optional.into_iter().filter_map(|(field, text)| Some(shown(field, text?)));
    std::iter::once(shown("name", &wanted.name)).chain(policy).chain(said).collect()
}

/// As a file has it: seconds, or `never`.
fn timeout(seconds: Option<u32>) -> String {
    seconds.filter(|it| *it > 0).map_or("never".to_owned(), |it| it.to_string())
}

/// The fields as PagerDuty's API takes them.
pub(super) fn fields<'a>(of: impl IntoIterator<Item = &'a Shown>) -> Fields {
    of.into_iter().map(field).collect()
}

fn field(it: &Shown) -> (String, Value) {
    let text = || Value::from(it.text.as_str());
    let (name, value) = match it.field.as_str() {
        "escalation_policy" => {
            (it.field.as_str(), json!({ "id": it.id, "type": "escalation_policy_reference" }))
        }
        "auto_resolve_timeout" | "acknowledgement_timeout" => {
            (it.field.as_str(), it.text.parse::<u32>().map_or(Value::Null, Value::from))
        }
        "urgency" => ("incident_urgency_rule", json!({ "type": "constant", "urgency": it.text })),
        other => (other, text()),
    };
    (name.to_owned(), value)
}

/// What of `wanted` is otherwise in `there`.
pub(super) fn changes(there: &[Shown], wanted: Vec<Shown>) -> Vec<Change> {
    let differs = |after: Shown| {
        let before = there.iter().find(|it| it.field == after.field)?;
        (*before != after).then(|| Change { before: Some(before.clone()), after })
    };
    wanted.into_iter().filter_map(differs).collect()
}
