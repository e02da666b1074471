//! Users.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    AccessToken, Client, Error, Reference, Region,
    api::{Api, Ask, Retry},
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

/// Which users; all when nothing is said.
#[derive(Clone, Debug, Default)]
pub struct FindUsers {
    /// Part of the name.
    pub query: Option<String>,
    /// Of one of these teams.
    pub team_ids: Vec<String>,
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
        let mut query = Query::default();
        query.text("query", find.query.as_deref());
        query.each("team_ids[]", &find.team_ids);
        self.pages(query)
    }
}
