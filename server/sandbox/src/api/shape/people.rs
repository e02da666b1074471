//! Users, how they are reached, and teams.

use serde_json::{Value, json};

use super::{Shape, put, time};
use crate::account::{ContactMethod, NotificationRule, Team, TeamRole, User};

impl Shape<'_> {
    pub(in crate::api) fn user(&self, user: &User) -> Value {
        let own = format!("{}/users/{}", self.api, user.id);
        let avatar = user.has_avatar.then(|| format!("{}/avatars/{}.png", self.api, user.id));
        let methods = user.contact_methods.iter().map(|method| {
            if self.includes("contact_methods") {
                self.contact_method(user, method)
            } else {
                self.contact_link(user, method)
            }
        });
        let rules = user.rules.iter().map(|rule| {
            if self.includes("notification_rules") {
                self.rule(user, rule)
            } else {
                self.rule_link(user, rule)
            }
        });
        json!({
            "id": user.id,
            "type": "user",
            "summary": user.name,
            "self": own,
            "html_url": format!("{}/users/{}", self.web, user.id),
            "name": user.name,
            "email": user.email,
            "time_zone": user.time_zone,
            "color": user.color,
            "role": user.role.api_name(),
            "avatar_url": avatar,
            "description": user.description,
            "invitation_sent": user.invited,
            "job_title": user.job_title,
            "created_via_sso": false,
            "contact_methods": methods.collect::<Vec<_>>(),
            "notification_rules": rules.collect::<Vec<_>>(),
            "teams": self.team_links(user.teams.iter().map(|membership| membership.team.as_str())),
        })
    }

    pub(in crate::api) fn contact_method(&self, user: &User, method: &ContactMethod) -> Value {
        let mut body = json!({
            "id": method.id,
            "type": method.kind,
            "summary": method.label,
            "self": format!("{}/users/{}/contact_methods/{}", self.api, user.id, method.id),
            "html_url": null,
            "label": method.label,
            "address": method.address,
        });
        if method.kind == "email_contact_method" {
            put(&mut body, "send_short_email", json!(false));
        } else {
            put(&mut body, "country_code", json!(method.country_code));
            put(&mut body, "blacklisted", json!(false));
        }
        body
    }

    fn contact_link(&self, user: &User, method: &ContactMethod) -> Value {
        json!({
            "id": method.id,
            "type": format!("{}_reference", method.kind),
            "summary": method.label,
            "self": format!("{}/users/{}/contact_methods/{}", self.api, user.id, method.id),
            "html_url": null,
        })
    }

    pub(in crate::api) fn rule(&self, user: &User, rule: &NotificationRule) -> Value {
        let method = user.contact_methods.iter().find(|method| method.id == rule.contact_method);
        let contact = method.map(|method| {
            if self.includes("contact_methods") {
                self.contact_method(user, method)
            } else {
                self.contact_link(user, method)
            }
        });
        json!({
            "id": rule.id,
            "type": "assignment_notification_rule",
            "summary": summary(rule),
            "self": format!("{}/users/{}/notification_rules/{}", self.api, user.id, rule.id),
            "html_url": null,
            "start_delay_in_minutes": rule.delay_minutes,
            "contact_method": contact,
            "created_at": time(rule.created_at),
            "urgency": rule.urgency,
        })
    }

    fn rule_link(&self, user: &User, rule: &NotificationRule) -> Value {
        json!({
            "id": rule.id,
            "type": "assignment_notification_rule_reference",
            "summary": summary(rule),
            "self": format!("{}/users/{}/notification_rules/{}", self.api, user.id, rule.id),
            "html_url": null,
        })
    }

    pub(in crate::api) fn member(&self, user: &User, role: TeamRole) -> Value {
        let role = match role {
            TeamRole::Observer => "observer",
            TeamRole::Responder => "responder",
            TeamRole::Manager => "manager",
        };
        json!({ "user": self.user_link(&user.id, "users"), "role": role })
    }

    pub(in crate::api) fn team(&self, team: &Team) -> Value {
        json!({
            "id": team.id,
            "type": "team",
            "summary": team.name,
            "self": format!("{}/teams/{}", self.api, team.id),
            "html_url": format!("{}/teams/{}", self.web, team.id),
            "name": team.name,
            "description": team.description,
            "default_role": team.default_role,
            "parent": null,
        })
    }
}

fn summary(rule: &NotificationRule) -> String {
    format!("{} minutes: channel {}", rule.delay_minutes, rule.contact_method)
}
