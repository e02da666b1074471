//! Things as the API writes them: whole, and as references (PagerDuty docs, “Resource References”).

mod incidents;
mod people;
mod services;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::Call;
use crate::account::Account;

pub(super) use incidents::{OnCall, PRIORITIES};
pub(super) use services::Troubles;

pub(super) struct Shape<'a> {
    account: &'a Account,
    api: &'a str,
    web: String,
    /// What `include[]` wants whole.
    include: Vec<&'a str>,
}

impl<'a> Shape<'a> {
    pub(super) fn of(call: &'a Call, account: &'a Account) -> Self {
        Self {
            account,
            api: call.world().api_url(call.consent.region),
            web: call.consent.region.web_url(),
            include: call.query.all("include[]"),
        }
    }

    pub(super) fn includes(&self, what: &str) -> bool {
        self.include.contains(&what)
    }

    fn user_link(&self, id: &str, include: &str) -> Value {
        match self.account.users.get(id) {
            Some(user) if self.includes(include) => self.user(user),
            user => self.reference("user", "users", id, user.map(|user| user.name.as_str())),
        }
    }

    fn team_link(&self, id: &str) -> Value {
        match self.account.teams.get(id) {
            Some(team) if self.includes("teams") => self.team(team),
            team => self.reference("team", "teams", id, team.map(|team| team.name.as_str())),
        }
    }

    fn team_links<'t>(&self, ids: impl IntoIterator<Item = &'t str>) -> Vec<Value> {
        ids.into_iter().map(|id| self.team_link(id)).collect()
    }

    fn service_link(&self, id: &str) -> Value {
        match self.account.services.get(id) {
            Some(service) if self.includes("services") => self.plain_service(service),
            service => self.reference("service", "service-directory", id, service.map(|it| it.name.as_str())),
        }
    }

    fn policy_link(&self, id: &str) -> Value {
        match self.account.policies.get(id) {
            Some(policy) if self.includes("escalation_policies") => self.policy(policy),
            policy => {
                let name = policy.map(|policy| policy.name.as_str());
                self.reference("escalation_policy", "escalation_policies", id, name)
            }
        }
    }

    fn schedule_link(&self, id: &str, include: &str) -> Value {
        match self.account.schedules.get(id) {
            Some(schedule) if self.includes(include) => self.schedule(schedule),
            schedule => self.reference("schedule", "schedules", id, schedule.map(|it| it.name.as_str())),
        }
    }

    fn reference(&self, kind: &str, page: &str, id: &str, summary: Option<&str>) -> Value {
        let list = match page {
            "service-directory" => "services",
            same => same,
        };
        json!({
            "id": id,
            "type": format!("{kind}_reference"),
            "summary": summary,
            "self": format!("{}/{list}/{id}", self.api),
            "html_url": format!("{}/{page}/{id}", self.web),
        })
    }
}

/// Whole seconds, as PagerDuty writes them.
pub(super) fn time(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}

/// Adds a field to an object.
pub(super) fn put(body: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = body {
        fields.insert(name.to_owned(), value);
    }
}
