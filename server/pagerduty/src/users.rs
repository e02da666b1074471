//! Users.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{AccessToken, Client, Error, Region};

/// A person in a PagerDuty account. Fields this program does not use are ignored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// `PXXXXXX`
    pub id: String,
    /// As the person wrote it: anything may stand in it.
    pub name: String,
    /// Sign-in address.
    #[serde(default)]
    pub email: String,
    /// `admin`, `user`, `limited_user` …: see [`User::role_name`].
    #[serde(default)]
    pub role: String,
    /// What the person does.
    #[serde(default)]
    pub job_title: Option<String>,
    /// IANA name.
    #[serde(default)]
    pub time_zone: String,
    /// Address of the picture, on a host of somebody's choosing: never fetched unchecked.
    #[serde(default)]
    pub avatar_url: Option<String>,
    /// The person's page in PagerDuty.
    #[serde(default)]
    pub html_url: Option<String>,
    /// Teams the person belongs to.
    #[serde(default)]
    pub teams: Vec<Reference>,
}

/// A pointer to another object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reference {
    /// `PXXXXXX`
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub summary: Option<String>,
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
    /// Also says how long it took.
    pub async fn me(&self, region: Region, token: &AccessToken) -> Result<(User, Duration), Error> {
        #[derive(Deserialize)]
        struct Wrapped {
            user: User,
        }
        let (wrapped, took): (Wrapped, _) = self.get(region, token, "users/me").await?;
        Ok((wrapped.user, took))
    }
}
