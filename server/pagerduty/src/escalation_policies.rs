//! Escalation policies: who is paged, and who next.

use serde::Deserialize;

use crate::{
    Reference,
    api::Api,
    lenient::{lenient, list},
    page::{Listed, Pages, Query},
};

/// Who is paged, and who next when nobody answers.
#[derive(Clone, Debug, Deserialize)]
pub struct EscalationPolicy {
    /// `PXXXXXX`
    pub id: String,
    /// Anything may stand in it.
    #[serde(default, deserialize_with = "lenient")]
    pub name: String,
    /// In its owners' words.
    #[serde(default, deserialize_with = "lenient")]
    pub description: Option<String>,
    /// The levels, the first of which is paged first.
    #[serde(default, rename = "escalation_rules", deserialize_with = "list")]
    pub levels: Vec<EscalationLevel>,
    /// The services that use it.
    #[serde(default, deserialize_with = "list")]
    pub services: Vec<Reference>,
    /// Who it belongs to.
    #[serde(default, deserialize_with = "list")]
    pub teams: Vec<Reference>,
    /// Times it begins again after its last level.
    #[serde(default, deserialize_with = "lenient")]
    pub num_loops: u64,
    /// Its page in PagerDuty.
    #[serde(default, deserialize_with = "lenient")]
    pub html_url: Option<String>,
}

/// One level of an escalation policy.
#[derive(Clone, Debug, Deserialize)]
pub struct EscalationLevel {
    /// After so many minutes without an answer the next level is paged.
    #[serde(default, deserialize_with = "lenient")]
    pub escalation_delay_in_minutes: u64,
    /// Users and schedules, by [`Reference::kind`].
    #[serde(default, deserialize_with = "list")]
    pub targets: Vec<Reference>,
}

impl Listed for EscalationPolicy {
    const LIST: &'static str = "escalation_policies";
}

/// Which escalation policies; all when nothing is said.
#[derive(Clone, Debug, Default)]
pub struct FindEscalationPolicies {
    /// Part of the name.
    pub query: Option<String>,
    /// That name one of these users.
    pub user_ids: Vec<String>,
    /// Of one of these teams.
    pub team_ids: Vec<String>,
}

impl<'a> Api<'a> {
    /// The account's escalation policies: `GET /escalation_policies`.
    pub fn escalation_policies(&self, find: &FindEscalationPolicies) -> Pages<'a, EscalationPolicy> {
        let mut query = Query::default();
        query.text("query", find.query.as_deref());
        query.each("user_ids[]", &find.user_ids);
        query.each("team_ids[]", &find.team_ids);
        self.pages(query)
    }
}
