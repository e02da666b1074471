//! Schedules: in which people take turns.

use serde::Deserialize;

use crate::{
    Reference,
    api::Api,
    lenient::{lenient, list},
    page::{Listed, Pages, Query},
};

/// A rota.
#[derive(Clone, Debug, Deserialize)]
pub struct Schedule {
    /// `PXXXXXX`
    pub id: String,
    /// Anything may stand in it.
    #[serde(default, deserialize_with = "lenient")]
    pub name: String,
    /// In its owners' words.
    #[serde(default, deserialize_with = "lenient")]
    pub description: Option<String>,
    /// IANA name.
    #[serde(default, deserialize_with = "lenient")]
    pub time_zone: String,
    /// Who takes turns.
    #[serde(default, deserialize_with = "list")]
    pub users: Vec<Reference>,
    /// Where it is used.
    #[serde(default, deserialize_with = "list")]
    pub escalation_policies: Vec<Reference>,
    /// Who it belongs to.
    #[serde(default, deserialize_with = "list")]
    pub teams: Vec<Reference>,
    /// Its page in PagerDuty.
    #[serde(default, deserialize_with = "lenient")]
    pub html_url: Option<String>,
}

impl Listed for Schedule {
    const LIST: &'static str = "schedules";
}

/// Which schedules; all when nothing is said.
#[derive(Clone, Debug, Default)]
pub struct FindSchedules {
    /// Part of the name.
    pub query: Option<String>,
    /// Of one of these teams.
    pub team_ids: Vec<String>,
}

impl<'a> Api<'a> {
    /// The account's schedules: `GET /schedules`.
    pub fn schedules(&self, find: &FindSchedules) -> Pages<'a, Schedule> {
        let mut query = Query::default();
        query.text("query", find.query.as_deref());
        query.each("team_ids[]", &find.team_ids);
        self.pages(query)
    }
}
