//! Who is on call.

use serde::Deserialize;

use crate::{
    Reference,
    api::Api,
    lenient::lenient,
    page::{Listed, Pages, Query},
};

/// Somebody on call, for one level of one escalation policy.
#[derive(Clone, Debug, Deserialize)]
pub struct OnCall {
    /// Who.
    #[serde(default, deserialize_with = "lenient")]
    pub user: Option<Reference>,
    /// For which policy.
    #[serde(default, deserialize_with = "lenient")]
    pub escalation_policy: Option<Reference>,
    /// On which level; the first is 1.
    #[serde(default, deserialize_with = "lenient")]
    pub escalation_level: u64,
    /// By which schedule; none when the policy names the person.
    #[serde(default, deserialize_with = "lenient")]
    pub schedule: Option<Reference>,
    /// Since when, ISO 8601; always when there is none.
    #[serde(default, deserialize_with = "lenient")]
    pub start: Option<String>,
    /// Until when, ISO 8601; for ever when there is none.
    #[serde(default, deserialize_with = "lenient")]
    pub end: Option<String>,
}

impl Listed for OnCall {
    const LIST: &'static str = "oncalls";
}

/// Which on-calls; everybody's of now when nothing is said.
#[derive(Clone, Debug, Default)]
pub struct FindOnCalls {
    /// Of one of these users.
    pub user_ids: Vec<String>,
    /// For one of these policies.
    pub escalation_policy_ids: Vec<String>,
    /// By one of these schedules.
    pub schedule_ids: Vec<String>,
    /// From then on, ISO 8601.
    pub since: Option<String>,
    /// Until then, ISO 8601; at most 90 days ahead.
    pub until: Option<String>,
    /// Only the first shift of each person on each level.
    pub earliest: bool,
}

impl<'a> Api<'a> {
    /// Who is on call: `GET /oncalls`.
    pub fn oncalls(&self, find: &FindOnCalls) -> Pages<'a, OnCall> {
        let mut query = Query::default();
        query.each("user_ids[]", &find.user_ids);
        query.each("escalation_policy_ids[]", &find.escalation_policy_ids);
        query.each("schedule_ids[]", &find.schedule_ids);
        query.text("since", find.since.as_deref());
        query.text("until", find.until.as_deref());
        query.flag("earliest", find.earliest);
        self.pages(query)
    }
}
