//! Incidents.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Shape, time};
use crate::account::{Happened, Incident, Status};

/// The priorities of every account here: id and name.
pub(in crate::api) const PRIORITIES: [(&str, &str); 3] =
    [("PPRIO01", "P1"), ("PPRIO02", "P2"), ("PPRIO03", "P3")];

impl Shape<'_> {
    pub(in crate::api) fn incident(&self, incident: &Incident) -> Value {
        let service = self.account.services.get(&incident.service);
        let own = format!("{}/incidents/{}", self.api, incident.id);
        let page = format!("{}/incidents/{}", self.web, incident.id);
        let entry = format!("R{}", incident.id.get(1..).unwrap_or_default());
        let open = u8::from(incident.status != Status::Resolved);
        let changed_by = match &incident.changed_by {
            Some(user) => self.user_link(user, "users"),
            None => self.service_link(&incident.service),
        };
        json!({
            "id": incident.id,
            "type": "incident",
            "summary": format!("[#{}] {}", incident.number, incident.title),
            "self": own,
            "html_url": page,
            "incident_number": incident.number,
            "title": incident.title,
            "description": incident.title,
            "created_at": time(incident.created_at),
            "updated_at": time(incident.updated_at),
            "status": incident.status.name(),
            "urgency": incident.urgency.name(),
            "incident_key": incident.key,
            "service": self.service_link(&incident.service),
            "escalation_policy": self.policy_link(&incident.policy),
            "teams": self.team_links(service.iter().flat_map(|it| it.teams.iter().map(String::as_str))),
            "assigned_via": "escalation_policy",
            "assignments": self.people(&incident.assigned, "assignee", "assignees"),
            "acknowledgements": self.people(&incident.acknowledged, "acknowledger", "acknowledgers"),
            "pending_actions": [],
            "last_status_change_at": time(incident.updated_at),
            "last_status_change_by": changed_by,
            "resolved_at": incident.resolved_at.map(time),
            "resolve_reason": null,
            "first_trigger_log_entry": {
                "id": entry,
                "type": "trigger_log_entry_reference",
                "summary": "Triggered through the API",
                "self": format!("{}/log_entries/{entry}?incident_id={}", self.api, incident.id),
                "html_url": format!("{page}/log_entries/{entry}"),
            },
            "alert_counts": { "all": 1, "triggered": open, "resolved": 1 - open },
            "is_mergeable": incident.status != Status::Resolved,
            "incident_type": { "name": "incident_default" },
            "priority": incident.priority.and_then(|name| self.priority(name)),
            "conference_bridge": null,
            "incidents_responders": [],
            "responder_requests": [],
            "body": incident.details.as_ref().map(|text| json!({ "type": "incident_body", "details": text })),
        })
    }

    fn people(&self, people: &[Happened], name: &str, include: &str) -> Vec<Value> {
        let one = |happened: &Happened| json!({ "at": time(happened.at), name: self.user_link(&happened.user, include) });
        people.iter().map(one).collect()
    }

    fn priority(&self, name: &str) -> Option<Value> {
        let (id, name) = PRIORITIES.iter().find(|(_, known)| *known == name)?;
        Some(json!({
            "id": id,
            "type": "priority_reference",
            "summary": name,
            "name": name,
            "self": format!("{}/priorities/{id}", self.api),
            "html_url": null,
        }))
    }
}

/// Somebody on call; for always when there is no schedule.
pub(in crate::api) struct OnCall<'a> {
    pub(in crate::api) user: String,
    pub(in crate::api) policy: &'a str,
    pub(in crate::api) level: usize,
    pub(in crate::api) schedule: Option<&'a str>,
    pub(in crate::api) start: Option<Timestamp>,
    pub(in crate::api) end: Option<Timestamp>,
}

impl Shape<'_> {
    pub(in crate::api) fn on_call(&self, on_call: &OnCall<'_>) -> Value {
        json!({
            "user": self.user_link(&on_call.user, "users"),
            "escalation_policy": self.policy_link(on_call.policy),
            "escalation_level": on_call.level,
            "schedule": on_call.schedule.map(|id| self.schedule_link(id, "schedules")),
            "start": on_call.start.map(time),
            "end": on_call.end.map(time),
        })
    }
}
