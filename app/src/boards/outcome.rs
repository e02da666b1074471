//! What became of incidents that were to be changed: told in the address of the
//! page that comes after, so that it is the same with and without JavaScript.

use pagerduty::{IncidentStatus, incidents::Changed};

use crate::ssr::fields::{Fields, counted, is_id};

/// What was done, to how many, and to which not.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    done: Option<IncidentStatus>,
    ok: u64,
    /// Id and why.
    failed: Vec<(String, &'static str)>,
}

/// Why one was not changed: in the address, and in words.
const WHYS: [(&str, &str); 6] = [
    ("over", "It was resolved by then, so it was left as it is."),
    ("scope", "This connection lacks the scope incidents.write."),
    ("role", "Your role in PagerDuty does not let you change it."),
    ("gone", "PagerDuty knows no such incident any more."),
    ("slow", "PagerDuty asks to slow down; it was left as it is. Try again in a minute."),
    ("unknown", "PagerDuty did not answer, or refused it. Its status here is what PagerDuty says now."),
];

/// The same address without it.
pub(crate) fn plain(fields: &Fields) -> Fields {
    fields.without(&["done", "ok", "failed"])
}

impl Outcome {
    pub(crate) fn read(fields: &Fields) -> Self {
        let done = fields.get("done").and_then(status);
        let failed = fields.get("failed").unwrap_or_default().split(' ').filter_map(|one| {
            let (id, why) = one.split_once('~')?;
            let (_, words) = WHYS.iter().find(|(code, _)| *code == why)?;
            is_id(id).then(|| (id.to_owned(), *words))
        });
        let ok = fields.get("ok").and_then(|ok| ok.parse().ok()).unwrap_or_default();
        Self { done, ok, failed: failed.collect() }
    }

    /// Why this one was not changed.
    pub(crate) fn of(&self, id: &str) -> Option<&'static str> {
        self.failed.iter().find(|(failed, _)| failed == id).map(|(_, why)| *why)
    }

    /// All of it in a sentence, with a word for how it went.
    pub(crate) fn said(&self) -> Option<(&'static str, String)> {
        let done = match self.done? {
            IncidentStatus::Acknowledged => "acknowledged",
            _ => "resolved",
        };
        if self.ok == 0 && self.failed.is_empty() {
            return Some((
                "none",
                "No incident was chosen. Tick the ones you mean, then press the button.".into(),
            ));
        }
        let good = format!("{} {done}.", counted(self.ok, "incident was", "incidents were"));
        if self.failed.is_empty() {
            return Some(("done", good));
        }
        let one = self.failed.first().filter(|_| self.failed.len() == 1);
        let bad = match one {
            Some((id, why)) => format!("One was not ({id}): {why}"),
            None => {
                let ids = self.failed.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", ");
                format!(
                    "{} were not: {ids}. The reason stands beside each that is still on this page.",
                    self.failed.len()
                )
            }
        };
        Some(("partly", format!("{good} {bad}")))
    }
}

/// The fields that tell it.
pub(crate) fn write(fields: Fields, to: IncidentStatus, changes: &[(String, Changed)]) -> Fields {
    let ok = changes.iter().filter(|(_, changed)| matches!(changed, Changed::Done)).count();
    let failed = changes.iter().filter_map(|(id, changed)| Some(format!("{id}~{}", why(changed)?)));
    told(fields, to, ok, failed.collect())
}

/// The same where one reason holds for all.
pub(crate) fn write_all(fields: Fields, to: IncidentStatus, ids: &[String], why: &str) -> Fields {
    told(fields, to, 0, ids.iter().map(|id| format!("{id}~{why}")).collect())
}

fn told(fields: Fields, to: IncidentStatus, ok: usize, failed: Vec<String>) -> Fields {
    let failed = Some(failed.join(" ")).filter(|it| !it.is_empty());
    fields.with("done", Some(to.name())).with("ok", Some(&ok.to_string())).with("failed", failed.as_deref())
}

/// What a button of the form asks for.
pub(crate) fn status(name: &str) -> Option<IncidentStatus> {
    [IncidentStatus::Acknowledged, IncidentStatus::Resolved].into_iter().find(|it| it.name() == name)
}

fn why(changed: &Changed) -> Option<&'static str> {
    use pagerduty::Error;
    Some(match changed {
        Changed::Done => return None,
        Changed::WasOver => "over",
        Changed::Failed(why) => match &**why {
            Error::MissingScope { .. } => "scope",
            Error::RateLimited { .. } => "slow",
            e if e.is_permission() => "role",
            e if e.is_not_found() => "gone",
            e => {
                tracing::warn!(event = "incident.unchanged", cause = e.kind());
                "unknown"
            }
        },
    })
}
