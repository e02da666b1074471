//! Services.

use serde::Deserialize;

use crate::{
    Error, Reference,
    api::{Api, Ask, segment},
    lenient::{lenient, list},
    page::{Listed, Pages, Query},
};

/// What incidents are opened on.
#[derive(Clone, Debug, Deserialize)]
pub struct Service {
    /// `PXXXXXX`
    pub id: String,
    /// Anything may stand in it.
    #[serde(default, deserialize_with = "lenient")]
    pub name: String,
    /// In its owners' words.
    #[serde(default, deserialize_with = "lenient")]
    pub description: Option<String>,
    /// How it is.
    #[serde(default, deserialize_with = "lenient")]
    pub status: ServiceStatus,
    /// Who is paged.
    #[serde(default, deserialize_with = "lenient")]
    pub escalation_policy: Option<Reference>,
    /// Who it belongs to.
    #[serde(default, deserialize_with = "list")]
    pub teams: Vec<Reference>,
    /// ISO 8601.
    #[serde(default, deserialize_with = "lenient")]
    pub created_at: Option<String>,
    /// When its newest incident began; ISO 8601.
    #[serde(default, deserialize_with = "lenient")]
    pub last_incident_timestamp: Option<String>,
    /// Seconds after which an open incident ends by itself; none where it does not.
    #[serde(default, deserialize_with = "lenient")]
    pub auto_resolve_timeout: Option<u32>,
    /// Seconds after which an acknowledged incident is triggered again; none where it is not.
    #[serde(default, deserialize_with = "lenient")]
    pub acknowledgement_timeout: Option<u32>,
    /// `create_incidents` or `create_alerts_and_incidents`.
    #[serde(default, deserialize_with = "lenient")]
    pub alert_creation: Option<String>,
    /// How urgent its incidents are.
    #[serde(default, deserialize_with = "lenient")]
    pub incident_urgency_rule: Option<UrgencyRule>,
    /// Its page in PagerDuty.
    #[serde(default, deserialize_with = "lenient")]
    pub html_url: Option<String>,
}

/// How urgent the incidents of a service are.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct UrgencyRule {
    /// `constant` or `use_support_hours`.
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    pub kind: String,
    /// Of a constant rule: `high`, `low` or `severity_based`.
    #[serde(default, deserialize_with = "lenient")]
    pub urgency: Option<String>,
}

/// How a service is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceStatus {
    /// No open incident.
    Active,
    /// Every open incident is acknowledged.
    Warning,
    /// An incident waits for somebody.
    Critical,
    /// Nothing is opened meanwhile.
    Maintenance,
    /// Nothing is opened.
    Disabled,
    /// Something this program does not know.
    #[default]
    #[serde(other)]
    Unknown,
}

impl Listed for Service {
    const LIST: &'static str = "services";
}

/// Which services; all when nothing is said.
#[derive(Clone, Debug, Default)]
pub struct FindServices {
    /// Part of the name.
    pub query: Option<String>,
    /// Exactly the name.
    pub name: Option<String>,
    /// Of one of these teams.
    pub team_ids: Vec<String>,
    /// From Z to A.
    pub descending: bool,
}

impl<'a> Api<'a> {
    /// The account's services, by name: `GET /services`.
    pub fn services(&self, find: &FindServices) -> Pages<'a, Service> {
        let mut query = Query::default();
        query.text("query", find.query.as_deref());
        query.text("name", find.name.as_deref());
        query.each("team_ids[]", &find.team_ids);
        query.text("sort_by", Some(if find.descending { "name:desc" } else { "name:asc" }));
        self.pages(query)
    }

    /// One service: `GET /services/{id}`.
    pub async fn service(&self, id: &str) -> Result<Service, Error> {
        #[derive(Deserialize)]
        struct Wrapped {
            service: Service,
        }
        let (wrapped, _): (Wrapped, _) = self.read(&Ask::get(format!("services/{}", segment(id)?))).await?;
        Ok(wrapped.service)
    }
}
