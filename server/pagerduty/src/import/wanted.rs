//! What one row of a file asks for. An empty cell says nothing: what PagerDuty has stays as it is.

use serde::{Deserialize, Serialize};

use crate::Urgency;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// People, with how they are reached.
    Users,
    /// What incidents are opened on.
    Services,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Users, Self::Services];

    /// `users` or `services`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Services => "services",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What a row asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// A row of a file of users.
    User(WantedUser),
    /// A row of a file of services.
    Service(WantedService),
}

impl Wanted {
    /// What tells it from others.
    pub fn key(&self) -> String {
        match self {
            Self::User(user) => user.email.to_lowercase(),
            Self::Service(service) => service.name.to_lowercase(),
        }
    }

    /// How it is called.
    pub fn name(&self) -> &str {
        match self {
            Self::User(user) => &user.name,
            Self::Service(service) => &service.name,
        }
    }

    /// What it is, in a sentence.
    pub(super) fn noun(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Service(_) => "service",
        }
    }
}

/// A user as a file has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedUser {
    /// Up to 100 characters.
    pub name: String,
    /// What tells people apart, whatever its case. Up to 100 characters.
    pub email: String,
    /// As the API calls it: `limited_user` …
    pub role: Option<String>,
    /// Up to 100 characters.
    pub job_title: Option<String>,
    /// IANA name.
    pub time_zone: Option<String>,
    /// In the person's own words.
    pub description: Option<String>,
    /// Teams to be on; others stay.
    #[serde(default)]
    pub teams: Vec<WantedTeam>,
    /// How to be reached, beside the address to sign in with.
    #[serde(default)]
    pub contacts: Vec<WantedContact>,
    /// When to be told by which.
    #[serde(default)]
    pub rules: Vec<WantedRule>,
}

/// A place on a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedTeam {
    /// Its name, or its id.
    pub team: String,
    /// `observer`, `responder` or `manager`; the team's usual one where nothing is said.
    pub role: Option<String>,
}

/// How somebody is reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WantedContact {
    /// By what.
    pub kind: ContactKind,
    /// An e-mail address, or the digits of a telephone without the country's code.
    pub address: String,
    /// Of a telephone: 1 to 1999.
    pub country_code: Option<u16>,
}

/// By what somebody is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactKind {
    /// A message to an address.
    Email,
    /// A call.
    Phone,
    /// A text message.
    Sms,
}

impl ContactKind {
    /// `email`, `phone` or `sms`: in a file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Sms => "sms",
        }
    }

    /// `email_contact_method` …: at PagerDuty.
    pub fn api_name(self) -> &'static str {
        match self {
            Self::Email => "email_contact_method",
            Self::Phone => "phone_contact_method",
            Self::Sms => "sms_contact_method",
        }
    }
}

/// After so many minutes of an incident, tell by the first contact of that kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WantedRule {
    /// Of which incidents.
    pub urgency: Urgency,
    /// By what. For e-mail, the address to sign in with.
    pub by: ContactKind,
    /// Minutes after the assignment.
    pub delay: u32,
}

/// A service as a file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedService {
    /// What tells services apart, whatever its case. Up to 255 characters.
    pub name: String,
    /// Up to 1,024 characters.
    pub description: Option<String>,
    /// The name or the id of one; a new service needs it.
    pub escalation_policy: Option<String>,
    /// The teams it should belong to: those of its escalation policy, since PagerDuty takes them from there.
    #[serde(default)]
    pub teams: Vec<String>,
    /// After so long an open incident ends by itself.
    pub auto_resolve_timeout: Option<Timeout>,
    /// After so long an acknowledged incident is triggered again.
    pub acknowledgement_timeout: Option<Timeout>,
    /// `create_incidents` or `create_alerts_and_incidents`.
    pub alert_creation: Option<String>,
    /// Of the incidents opened on it: `high`, `low` or `severity_based`.
    pub urgency: Option<String>,
}

/// How long until something happens by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timeout {
    /// It does not.
    Never,
    /// After so many.
    Seconds(u32),
}
