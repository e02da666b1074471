//! What an import makes: users, teams, and who is on which.

use http::Method;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Api, Ask, segment};
use crate::{Error, teams::Team, users::User};

/// A user to be made.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NewUser {
    /// Up to 100 characters.
    pub name: String,
    /// Sign-in address, which nobody in the account has yet.
    pub email: String,
    /// `limited_user`, `observer` …; what PagerDuty gives when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Up to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_title: Option<String>,
    /// IANA name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// A team to be made.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NewTeam {
    /// Up to 100 characters.
    pub name: String,
    /// Up to 1,024 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Api<'_> {
    /// Makes a user: `POST /users`. When the answer is lost ([`Error::is_ambiguous`]), look whether they are there
    /// before asking again.
    pub async fn create_user(&self, new: &NewUser) -> Result<User, Error> {
        self.create("users", "user", new).await
    }

    /// Makes a team: `POST /teams`. When the answer is lost ([`Error::is_ambiguous`]), look whether it is there
    /// before asking again.
    pub async fn create_team(&self, new: &NewTeam) -> Result<Team, Error> {
        self.create("teams", "team", new).await
    }

    /// Puts a user on a team, with a role in it or the team's usual one: `PUT /teams/{id}/users/{user_id}`.
    pub async fn add_to_team(&self, team: &str, user: &str, role: Option<&str>) -> Result<(), Error> {
        let path = format!("teams/{}/users/{}", segment(team)?, segment(user)?);
        let body = role.map(|role| json!({ "role": role }));
        self.ask(&Ask::write(Method::PUT, path, body)).await.map(drop)
    }

    async fn create<T: DeserializeOwned>(
        &self,
        path: &str,
        key: &str,
        new: &impl Serialize,
    ) -> Result<T, Error> {
        let unwritable = |e: serde_json::Error| Error::Unreadable(format!("a new {key}: {e}"));
        let mut fields = serde_json::to_value(new).map_err(unwritable)?;
        if let Value::Object(fields) = &mut fields {
            fields.insert("type".to_owned(), key.into());
        }
        #[derive(Deserialize)]
        struct Wrapped<T> {
            #[serde(alias = "user", alias = "team")]
            made: T,
        }
        let ask = Ask::write(Method::POST, path, Some(json!({ key: fields }))).in_their_name();
        let (wrapped, _): (Wrapped<T>, _) = self.read(&ask).await?;
        Ok(wrapped.made)
    }
}
