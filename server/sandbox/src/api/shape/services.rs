//! Services, escalation policies, schedules.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Shape, time};
use crate::account::{Account, Level, Policy, Schedule, Service, Status, Target};

/// The services that have incidents now, which is what their status says.
#[derive(Default)]
pub(in crate::api) struct Troubles<'a> {
    triggered: HashSet<&'a str>,
    acknowledged: HashSet<&'a str>,
}

impl<'a> Troubles<'a> {
    pub(in crate::api) fn of(account: &'a Account) -> Self {
        let mut troubles = Self::default();
        for incident in account.incidents.all() {
            match incident.status {
                Status::Triggered => troubles.triggered.insert(incident.service.as_str()),
                Status::Acknowledged => troubles.acknowledged.insert(incident.service.as_str()),
                Status::Resolved => false,
            };
        }
        troubles
    }

    fn status(&self, service: &Service) -> &'static str {
        match service.set_status {
            Some(status) => status,
            None if self.triggered.contains(service.id.as_str()) => "critical",
            None if self.acknowledged.contains(service.id.as_str()) => "warning",
            None => "active",
        }
    }
}

impl Shape<'_> {
    /// One service, not on a page of them.
    pub(in crate::api) fn plain_service(&self, service: &Service) -> Value {
        self.service(service, &Troubles::of(self.account))
    }

    pub(in crate::api) fn service(&self, service: &Service, troubles: &Troubles<'_>) -> Value {
        let own = format!("{}/services/{}", self.api, service.id);
        let page = format!("{}/service-directory/{}", self.web, service.id);
        let newest = self.account.incidents.all().rev().find(|it| it.service == service.id);
        let integration = format!("I{}", service.id.get(1..).unwrap_or_default());
        json!({
            "id": service.id,
            "type": "service",
            "summary": service.name,
            "self": own,
            "html_url": page,
            "name": service.name,
            "description": service.description,
            "created_at": time(service.created_at),
            "status": troubles.status(service),
            "auto_resolve_timeout": service.auto_resolve_timeout,
            "acknowledgement_timeout": service.acknowledgement_timeout,
            "last_incident_timestamp": newest.map(|incident| time(incident.created_at)),
            "alert_creation": service.alert_creation,
            "alert_grouping_parameters": { "type": null, "config": null },
            "integrations": [{
                "id": integration,
                "type": "events_api_v2_inbound_integration_reference",
                "summary": "Events API V2",
                "self": format!("{own}/integrations/{integration}"),
                "html_url": format!("{page}/integrations/{integration}"),
            }],
            "escalation_policy": self.policy_link(&service.policy),
            "teams": self.team_links(service.teams.iter().map(String::as_str)),
            "incident_urgency_rule": service.urgency_rule,
            "support_hours": null,
            "scheduled_actions": [],
            "addons": [],
            "auto_pause_notifications_parameters": { "enabled": false, "timeout": null },
        })
    }

    pub(in crate::api) fn policy(&self, policy: &Policy) -> Value {
        let used_by = self.account.services.all().filter(|service| service.policy == policy.id);
        // A policy with its services, each with its policy, would never end.
        let services = used_by
            .map(|service| self.reference("service", "service-directory", &service.id, Some(&service.name)));
        json!({
            "id": policy.id,
            "type": "escalation_policy",
            "summary": policy.name,
            "self": format!("{}/escalation_policies/{}", self.api, policy.id),
            "html_url": format!("{}/escalation_policies/{}", self.web, policy.id),
            "name": policy.name,
            "description": policy.description,
            "on_call_handoff_notifications": "if_has_services",
            "num_loops": policy.loops,
            "escalation_rules": policy.levels.iter().map(|level| self.level(level)).collect::<Vec<_>>(),
            "services": services.collect::<Vec<_>>(),
            "teams": self.team_links(policy.teams.iter().map(String::as_str)),
            "privilege": null,
        })
    }

    fn level(&self, level: &Level) -> Value {
        let targets = level.targets.iter().map(|target| match target {
            Target::User(id) => self.user_link(id, "targets"),
            Target::Schedule(id) => self.schedule_link(id, "targets"),
        });
        json!({
            "id": level.id,
            "escalation_delay_in_minutes": level.delay_minutes,
            "targets": targets.collect::<Vec<_>>(),
        })
    }

    pub(in crate::api) fn schedule(&self, schedule: &Schedule) -> Value {
        let policies = self.account.policies.all().filter(|policy| {
            let mut targets = policy.levels.iter().flat_map(|level| &level.targets);
            targets.any(|target| matches!(target, Target::Schedule(id) if *id == schedule.id))
        });
        let policies = policies.map(|policy| {
            self.reference("escalation_policy", "escalation_policies", &policy.id, Some(&policy.name))
        });
        json!({
            "id": schedule.id,
            "type": "schedule",
            "summary": schedule.name,
            "self": format!("{}/schedules/{}", self.api, schedule.id),
            "html_url": format!("{}/schedules/{}", self.web, schedule.id),
            "name": schedule.name,
            "description": schedule.description,
            "time_zone": schedule.time_zone,
            "escalation_policies": policies.collect::<Vec<_>>(),
            "users": schedule.users().iter().map(|id| self.user_link(id, "users")).collect::<Vec<_>>(),
            "teams": self.team_links(schedule.teams.iter().map(String::as_str)),
            "web_cal_url": null,
            "http_cal_url": null,
        })
    }

    pub(in crate::api) fn layers(&self, schedule: &Schedule) -> Value {
        let layers = schedule.layers.iter().map(|layer| {
            let users = layer.users.iter().map(|id| json!({ "user": self.user_link(id, "users") }));
            let restrictions = layer.restriction.iter().map(|hours| {
                let (hour, minute) = (hours.from_second / 3600, hours.from_second % 3600 / 60);
                json!({
                    "type": "daily_restriction",
                    "start_time_of_day": format!("{hour:02}:{minute:02}:00"),
                    "duration_seconds": hours.seconds,
                })
            });
            json!({
                "id": layer.id,
                "name": layer.name,
                "start": time(layer.start),
                "end": null,
                "rotation_virtual_start": time(layer.start),
                "rotation_turn_length_seconds": layer.turn_seconds,
                "users": users.collect::<Vec<_>>(),
                "restrictions": restrictions.collect::<Vec<_>>(),
                "rendered_schedule_entries": [],
                "rendered_coverage_percentage": null,
            })
        });
        layers.collect()
    }

    /// The schedule as it comes out between two moments, cut at both.
    pub(in crate::api) fn final_schedule(
        &self,
        schedule: &Schedule,
        since: Timestamp,
        until: Timestamp,
    ) -> Value {
        let entries = schedule.shifts(since, until).into_iter().map(|shift| {
            json!({
                "start": time(shift.start.max(since)),
                "end": time(shift.end.min(until)),
                "user": self.user_link(&shift.user, "users"),
            })
        });
        json!({ "name": "Final Schedule", "rendered_schedule_entries": entries.collect::<Vec<_>>() })
    }
}
