//! Incidents: found, acknowledged, resolved.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use http::Method;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use crate::{
    Error, Reference,
    api::{Api, Ask, segment},
    lenient::{lenient, list},
    page::{Listed, Pages, Query},
};

/// PagerDuty changes no more at once (413).
pub const MAX_CHANGED: usize = 250;
/// Calls for single incidents that are out at the same time.
const AT_ONCE: usize = 8;

/// A problem that somebody was or is paged for.
#[derive(Clone, Debug, Deserialize)]
pub struct Incident {
    /// `QXXXXXXXXXXXXX`
    pub id: String,
    /// What people call it by.
    #[serde(default, rename = "incident_number", deserialize_with = "lenient")]
    pub number: u64,
    /// Anything may stand in it.
    #[serde(default, deserialize_with = "lenient")]
    pub title: String,
    /// How far it is.
    #[serde(default, deserialize_with = "lenient")]
    pub status: IncidentStatus,
    /// How loud it is.
    #[serde(default, deserialize_with = "lenient")]
    pub urgency: Urgency,
    /// What it happened to.
    #[serde(default, deserialize_with = "lenient")]
    pub service: Option<Reference>,
    /// Who is paged.
    #[serde(default, deserialize_with = "lenient")]
    pub escalation_policy: Option<Reference>,
    /// Who it belongs to.
    #[serde(default, deserialize_with = "list")]
    pub teams: Vec<Reference>,
    /// Who is asked to see to it.
    #[serde(default, rename = "assignments", deserialize_with = "people")]
    pub assignees: Vec<Reference>,
    /// Who said they would.
    #[serde(default, rename = "acknowledgements", deserialize_with = "people")]
    pub acknowledgers: Vec<Reference>,
    /// `P1` and so on, where the account has priorities.
    #[serde(default, deserialize_with = "lenient")]
    pub priority: Option<Reference>,
    /// ISO 8601.
    #[serde(default, deserialize_with = "lenient")]
    pub created_at: Option<String>,
    /// ISO 8601.
    #[serde(default, deserialize_with = "lenient")]
    pub last_status_change_at: Option<String>,
    /// ISO 8601.
    #[serde(default, deserialize_with = "lenient")]
    pub resolved_at: Option<String>,
    /// Its page in PagerDuty.
    #[serde(default, deserialize_with = "lenient")]
    pub html_url: Option<String>,
}

/// How far an incident is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentStatus {
    /// Nobody has answered.
    Triggered,
    /// Somebody sees to it.
    Acknowledged,
    /// It is over.
    Resolved,
    /// Something this program does not know.
    #[default]
    #[serde(other)]
    Unknown,
}

impl IncidentStatus {
    /// As PagerDuty writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Triggered => "triggered",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
            Self::Unknown => "unknown",
        }
    }
}

/// How loud an incident is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Wakes people up.
    High,
    /// Can wait.
    Low,
    /// Something this program does not know.
    #[default]
    #[serde(other)]
    Unknown,
}

impl Urgency {
    /// As PagerDuty writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Low => "low",
            Self::Unknown => "unknown",
        }
    }
}

impl Listed for Incident {
    const LIST: &'static str = "incidents";
}

/// Which incidents; those of the last month when nothing is said.
#[derive(Clone, Debug, Default)]
pub struct FindIncidents {
    /// That are so far.
    pub statuses: Vec<IncidentStatus>,
    /// That are so loud.
    pub urgencies: Vec<Urgency>,
    /// Of one of these services.
    pub service_ids: Vec<String>,
    /// Of one of these teams.
    pub team_ids: Vec<String>,
    /// Assigned to one of these users; resolved ones are nobody's.
    pub user_ids: Vec<String>,
    /// That began then or later, ISO 8601; at most six months before `until`, or before now where there is none.
    pub since: Option<String>,
    /// That began before, ISO 8601.
    pub until: Option<String>,
    /// Of any age, whatever `since` and `until` say.
    pub of_any_age: bool,
    /// The newest first.
    pub newest_first: bool,
}

impl<'a> Api<'a> {
    /// The account's incidents: `GET /incidents`.
    pub fn incidents(&self, find: &FindIncidents) -> Pages<'a, Incident> {
        let statuses: Vec<&str> = find.statuses.iter().map(|status| status.name()).collect();
        let urgencies: Vec<&str> = find.urgencies.iter().map(|urgency| urgency.name()).collect();
        let mut query = Query::default();
        query.each("statuses[]", &statuses);
        query.each("urgencies[]", &urgencies);
        query.each("service_ids[]", &find.service_ids);
        query.each("team_ids[]", &find.team_ids);
        query.each("user_ids[]", &find.user_ids);
        query.text("since", find.since.as_deref());
        query.text("until", find.until.as_deref());
        query.text("date_range", find.of_any_age.then_some("all"));
        query.text("sort_by", find.newest_first.then_some("created_at:desc"));
        self.pages(query)
    }

    /// Says for all of `ids` that somebody sees to it. All or none are changed; one that was over is opened again, and
    /// is then this person's: look first where that is not meant.
    pub async fn acknowledge<S: AsRef<str>>(&self, ids: &[S]) -> Result<Vec<Incident>, Error> {
        self.set_status(ids, IncidentStatus::Acknowledged).await
    }

    /// Ends all of `ids`. All or none are changed; one that was over already is an error
    /// ([`Error::is_already_resolved`]).
    pub async fn resolve<S: AsRef<str>>(&self, ids: &[S]) -> Result<Vec<Incident>, Error> {
        self.set_status(ids, IncidentStatus::Resolved).await
    }

    /// One incident: `GET /incidents/{id}`.
    pub async fn incident(&self, id: &str) -> Result<Incident, Error> {
        #[derive(Deserialize)]
        struct One {
            incident: Incident,
        }
        let (one, _): (One, _) = self.read(&Ask::get(format!("incidents/{}", segment(id)?))).await?;
        Ok(one.incident)
    }

    /// Acknowledges or resolves each of `ids` that is still open, and says of each what became of it, in their order.
    ///
    /// PagerDuty changes all or none, opens again what is acknowledged after its end, and does not say which of many
    /// stood in the way. So each is looked at first, those that are open are changed at once, and where PagerDuty
    /// refuses them together, one by one.
    pub async fn change_each(
        &self,
        ids: &[String],
        to: IncidentStatus,
    ) -> Result<Vec<(String, Changed)>, Error> {
        if ids.len() > MAX_CHANGED {
            return Err(Error::TooMany { most: MAX_CHANGED });
        }
        let looked = stream::iter(ids.to_vec()).map(|id| async move {
            let it = self.incident(&id).await;
            (id, it)
        });
        let looked: Vec<_> = looked.buffered(AT_ONCE).collect().await;
        if looked.iter().any(|(_, it)| matches!(it, Err(Error::Unauthorized))) {
            // Nothing was changed yet: with another token it may be.
            return Err(Error::Unauthorized);
        }
        let open: Vec<&String> = looked
            .iter()
            .filter(|(_, it)| it.as_ref().is_ok_and(|it| it.status != IncidentStatus::Resolved))
            .map(|(id, _)| id)
            .collect();
        let together = self.set_status(&open, to).await.map(drop).map_err(Arc::new);
        let each = stream::iter(looked).map(|(id, it)| {
            let together = &together;
            async move {
                let changed = match (it, together) {
                    (Err(error), _) => Changed::Failed(error.into()),
                    (Ok(it), _) if it.status == IncidentStatus::Resolved => Changed::WasOver,
                    (Ok(_), Ok(())) => Changed::Done,
                    (Ok(_), Err(error)) if !may_be_of_one(error) => Changed::Failed(Arc::clone(error)),
                    (Ok(_), Err(before)) => match self.set_status(&[&id], to).await {
                        Ok(_) => Changed::Done,
                        Err(error) if error.is_already_resolved() && before.is_ambiguous() => Changed::Done,
                        Err(error) if error.is_already_resolved() => Changed::WasOver,
                        Err(error) => Changed::Failed(error.into()),
                    },
                };
                (id, changed)
            }
        });
        Ok(each.buffered(AT_ONCE).collect().await)
    }

    async fn set_status<S: AsRef<str>>(
        &self,
        ids: &[S],
        status: IncidentStatus,
    ) -> Result<Vec<Incident>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        if ids.len() > MAX_CHANGED {
            return Err(Error::TooMany { most: MAX_CHANGED });
        }
        let change =
            |id: &S| json!({ "id": id.as_ref(), "type": "incident_reference", "status": status.name() });
        let changes: Vec<Value> = ids.iter().map(change).collect();
        let ask = Ask::write(Method::PUT, "incidents", Some(json!({ "incidents": changes }))).in_their_name();

        // Strict: an answer without what was changed says nothing of whether it was.
        #[derive(Deserialize)]
        struct Changed {
            incidents: Vec<Incident>,
        }
        let (changed, _): (Changed, _) = self.read(&ask).await?;
        Ok(changed.incidents)
    }
}

/// Whether the refusal of many may be due to one of them, or it is not known what was done.
fn may_be_of_one(error: &Error) -> bool {
    error.is_ambiguous() || matches!(error, Error::Status { status: 400..=404, .. })
}

/// What became of an incident that was to be changed.
#[derive(Debug)]
pub enum Changed {
    /// It is what was asked for.
    Done,
    /// It was resolved already, by whomever: nothing was changed.
    WasOver,
    /// PagerDuty did not do it, or did not say so.
    Failed(Arc<Error>),
}

/// The people of `assignments` or `acknowledgements`, without the times.
fn people<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Reference>, D::Error> {
    let happened: Vec<Value> = list(deserializer)?;
    let person = |mut it: Value| {
        let who =
            it.get_mut("assignee").map(Value::take).or_else(|| it.get_mut("acknowledger").map(Value::take));
        serde_json::from_value(who?).ok()
    };
    Ok(happened.into_iter().filter_map(person).collect())
}
