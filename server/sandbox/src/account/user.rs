//! A user of an account, with what they are reached by.

use jiff::Timestamp;
use serde::Deserialize;

use crate::seed::Role;

#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(crate) time_zone: String,
    pub(crate) color: String,
    pub(crate) job_title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) teams: Vec<Membership>,
    pub(crate) has_avatar: bool,
    /// Made over the API, and has not signed in since.
    pub(crate) invited: bool,
    pub(crate) since: Timestamp,
    pub(crate) contact_methods: Vec<ContactMethod>,
    pub(crate) rules: Vec<NotificationRule>,
}

#[derive(Clone, Debug)]
pub(crate) struct Membership {
    pub(crate) team: String,
    pub(crate) role: TeamRole,
}

/// What somebody may do in one team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TeamRole {
    Observer,
    Responder,
    Manager,
}

#[derive(Clone, Debug)]
pub(crate) struct ContactMethod {
    pub(crate) id: String,
    /// `email_contact_method` and so on.
    pub(crate) kind: String,
    pub(crate) label: String,
    pub(crate) address: String,
    /// Of a telephone.
    pub(crate) country_code: Option<u64>,
}

#[derive(Clone, Debug)]
pub(crate) struct NotificationRule {
    pub(crate) id: String,
    pub(crate) delay_minutes: u64,
    pub(crate) contact_method: String,
    pub(crate) urgency: String,
    pub(crate) created_at: Timestamp,
}

impl User {
    /// Somebody invited just now, with nothing said of them yet.
    pub(crate) fn invited(id: String, role: Role, since: Timestamp) -> Self {
        Self {
            id,
            name: String::new(),
            email: String::new(),
            role,
            time_zone: "Etc/UTC".to_owned(),
            color: "purple".to_owned(),
            job_title: None,
            description: None,
            teams: Vec::new(),
            has_avatar: false,
            invited: true,
            since,
            contact_methods: Vec::new(),
            rules: Vec::new(),
        }
    }

    pub(crate) fn is_on(&self, team: &str) -> bool {
        self.teams.iter().any(|membership| membership.team == team)
    }

    /// Every account has the first contact method made for it: the address people sign in with.
    pub(crate) fn with_email_contact(mut self) -> Self {
        let suffix = self.id.get(1..).unwrap_or_default().to_owned();
        self.contact_methods.push(ContactMethod {
            id: format!("C{suffix}"),
            kind: "email_contact_method".to_owned(),
            label: "Work".to_owned(),
            address: self.email.clone(),
            country_code: None,
        });
        self.rules.push(NotificationRule {
            id: format!("N{suffix}"),
            delay_minutes: 0,
            contact_method: format!("C{suffix}"),
            urgency: "high".to_owned(),
            created_at: self.since,
        });
        self
    }
}
