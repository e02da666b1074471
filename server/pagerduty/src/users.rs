//! Users.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    AccessToken, Client, Error, Reference, Region, Urgency,
    api::{Api, Ask, Retry, segment},
    lenient::{lenient, list},
    page::{Listed, Pages, Query},
};

/// A person in a PagerDuty account. Fields this program does not use are ignored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// `PXXXXXX`
    pub id: String,
    /// As the person wrote it: anything may stand in it.
    #[serde(default, deserialize_with = "lenient")]
    pub name: String,
    /// Sign-in address.
    #[serde(default, deserialize_with = "lenient")]
    pub email: String,
    /// `admin`, `user`, `limited_user` …: see [`User::role_name`].
    #[serde(default, deserialize_with = "lenient")]
    pub role: String,
    /// What the person does.
    #[serde(default, deserialize_with = "lenient")]
    pub job_title: Option<String>,
    /// IANA name.
    #[serde(default, deserialize_with = "lenient")]
    pub time_zone: String,
    /// Address of the picture, on a host of somebody's choosing: never fetched unchecked.
    #[serde(default, deserialize_with = "lenient")]
    pub avatar_url: Option<String>,
    /// The person's page in PagerDuty.
    #[serde(default, deserialize_with = "lenient")]
    pub html_url: Option<String>,
    /// Teams the person belongs to.
    #[serde(default, deserialize_with = "list")]
    pub teams: Vec<Reference>,
}

impl Listed for User {
    const LIST: &'static str = "users";
}

/// A user with how they are reached, as far as PagerDuty was asked to tell it.
#[derive(Clone, Debug, Deserialize)]
pub struct Person {
    /// Who it is.
    #[serde(flatten)]
    pub user: User,
    /// In their own words.
    #[serde(default, deserialize_with = "lenient")]
    pub description: Option<String>,
    /// The ways to reach them; ids and kinds alone where PagerDuty was not asked for more.
    #[serde(default, deserialize_with = "list")]
    pub contact_methods: Vec<ContactMethod>,
    /// When they are told of an incident; likewise.
    #[serde(default, deserialize_with = "list")]
    pub notification_rules: Vec<NotificationRule>,
}

/// A way to reach somebody.
#[derive(Clone, Debug, Deserialize)]
pub struct ContactMethod {
    /// `PXXXXXX`
    pub id: String,
    /// `email_contact_method` …, or the same as a reference.
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    kind: String,
    /// An e-mail address, or the digits of a telephone.
    #[serde(default, deserialize_with = "lenient")]
    pub address: String,
    /// Of a telephone.
    #[serde(default, deserialize_with = "lenient")]
    pub country_code: Option<u16>,
}

impl ContactMethod {
    /// `email_contact_method`, `phone_contact_method`, `sms_contact_method` …
    pub fn kind(&self) -> &str {
        self.kind.strip_suffix("_reference").unwrap_or(&self.kind)
    }
}

/// When somebody is told of an incident, and by what.
#[derive(Clone, Debug, Deserialize)]
pub struct NotificationRule {
    /// `PXXXXXX`
    pub id: String,
    /// Minutes after the assignment.
    #[serde(default, deserialize_with = "lenient")]
    pub start_delay_in_minutes: u32,
    /// By what.
    #[serde(default, deserialize_with = "lenient")]
    pub contact_method: Option<Reference>,
    /// Of which incidents.
    #[serde(default, deserialize_with = "lenient")]
    pub urgency: Urgency,
}

impl Listed for Person {
    const LIST: &'static str = "users";
}

/// Which users; all when nothing is said.
#[derive(Clone, Debug, Default)]
pub struct FindUsers {
    /// Part of the name or the address.
    pub query: Option<String>,
    /// Of one of these teams.
    pub team_ids: Vec<String>,
}

impl FindUsers {
    fn write(&self) -> Query {
        let mut query = Query::default();
        query.text("query", self.query.as_deref());
        query.each("team_ids[]", &self.team_ids);
        query
    }
}

fn included(reach: bool) -> &'static [&'static str] {
    if reach { &["contact_methods", "notification_rules"] } else { &[] }
}

impl User {
    /// The role as PagerDuty's pages call it.
    pub fn role_name(&self) -> &str {
        match self.role.as_str() {
            "owner" => "Account Owner",
            "admin" => "Global Admin",
            "user" => "Manager",
            "limited_user" => "Responder",
            "observer" => "Observer",
            "restricted_access" => "Restricted Access",
            "read_only_user" => "Full Stakeholder",
            "read_only_limited_user" => "Limited Stakeholder",
            other => other,
        }
    }
}

impl Client {
    /// The person a token belongs to: `GET /users/me`, which needs `users.read`.
    /// Asked once. Also says how long it took.
    pub async fn me(&self, region: Region, token: &AccessToken) -> Result<(User, Duration), Error> {
        self.api(region, token).retry(Retry::never()).me_timed().await
    }
}

impl<'a> Api<'a> {
    /// The person whose token it is: `GET /users/me`.
    pub async fn me(&self) -> Result<User, Error> {
        self.me_timed().await.map(|(user, _)| user)
    }

    async fn me_timed(&self) -> Result<(User, Duration), Error> {
        #[derive(Deserialize)]
        struct Wrapped {
            user: User,
        }
        let (wrapped, took): (Wrapped, _) = self.read(&Ask::get("users/me")).await?;
        Ok((wrapped.user, took))
    }

    /// The account's users: `GET /users`.
    pub fn users(&self, find: &FindUsers) -> Pages<'a, User> {
        self.pages(find.write())
    }

    /// The same with how they are reached, which is asked for where `reach` says so.
    pub fn people(&self, find: &FindUsers, reach: bool) -> Pages<'a, Person> {
        let mut query = find.write();
        query.each("include[]", included(reach));
        self.pages(query)
    }

    /// One user: `GET /users/{id}`.
    pub async fn person(&self, id: &str, reach: bool) -> Result<Person, Error> {
        #[derive(Deserialize)]
        struct Wrapped {
            user: Person,
        }
        let mut query = Query::default();
        query.each("include[]", included(reach));
        let ask = Ask::get(format!("users/{}", segment(id)?)).query(query);
        let (wrapped, _): (Wrapped, _) = self.read(&ask).await?;
        Ok(wrapped.user)
    }
}
