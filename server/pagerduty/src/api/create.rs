//! What an import writes: users with how they are reached, teams with who is on them, services.

use http::Method;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{Api, Ask, segment};
use crate::{
    Error, Service,
    teams::Team,
    users::{ContactMethod, NotificationRule, Person},
};

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
    /// In their own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
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

/// How somebody is to be reached.
#[derive(Clone, Debug, Serialize)]
pub struct NewContactMethod {
    /// `email_contact_method`, `phone_contact_method`, `sms_contact_method` …
    #[serde(rename = "type")]
    pub kind: String,
    /// What the person calls it.
    pub label: String,
    /// An e-mail address, or the digits of a telephone without the country's code.
    pub address: String,
    /// Of a telephone: 1 to 1999.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_code: Option<u16>,
}

/// The fields of a thing, by their names at PagerDuty.
pub type Fields = Map<String, Value>;

impl Api<'_> {
    /// Makes a user: `POST /users`. When the answer is lost ([`Error::is_ambiguous`]), look whether they are there
    /// before asking again.
    pub async fn create_user(&self, new: &NewUser) -> Result<Person, Error> {
        self.write(Method::POST, "users", "user", typed(new, "user")?).await
    }

    /// Changes these fields of a user, and no others: `PUT /users/{id}`.
    pub async fn update_user(&self, id: &str, fields: Fields) -> Result<Person, Error> {
        self.write(Method::PUT, &format!("users/{}", segment(id)?), "user", with_type(fields, "user")).await
    }

    /// Removes a user: `DELETE /users/{id}`.
    pub async fn delete_user(&self, id: &str) -> Result<(), Error> {
        self.delete(format!("users/{}", segment(id)?)).await
    }

    /// Adds a way to reach a user: `POST /users/{id}/contact_methods`.
    pub async fn create_contact_method(
        &self,
        user: &str,
        new: &NewContactMethod,
    ) -> Result<ContactMethod, Error> {
        let path = format!("users/{}/contact_methods", segment(user)?);
        self.write(Method::POST, &path, "contact_method", fields(new)?).await
    }

    /// Has a user told of incidents of an urgency (`high` or `low`) so many minutes after the assignment:
    /// `POST /users/{id}/notification_rules`.
    pub async fn create_notification_rule(
        &self,
        user: &str,
        method: &ContactMethod,
        urgency: &str,
        delay_minutes: u32,
    ) -> Result<NotificationRule, Error> {
        let path = format!("users/{}/notification_rules", segment(user)?);
        let rule = json!({
            "type": "assignment_notification_rule",
            "start_delay_in_minutes": delay_minutes,
            "urgency": urgency,
            "contact_method": { "id": method.id, "type": format!("{}_reference", method.kind()) },
        });
        self.write(Method::POST, &path, "notification_rule", fields(&rule)?).await
    }

    /// Makes a service: `POST /services`. When the answer is lost ([`Error::is_ambiguous`]), look whether it is there
    /// before asking again.
    pub async fn create_service(&self, fields: Fields) -> Result<Service, Error> {
        self.write(Method::POST, "services", "service", with_type(fields, "service")).await
    }

    /// Changes these fields of a service, and no others: `PUT /services/{id}`.
    pub async fn update_service(&self, id: &str, fields: Fields) -> Result<Service, Error> {
        let path = format!("services/{}", segment(id)?);
        self.write(Method::PUT, &path, "service", with_type(fields, "service")).await
    }

    /// Removes a service, with its incidents: `DELETE /services/{id}`.
    pub async fn delete_service(&self, id: &str) -> Result<(), Error> {
        self.delete(format!("services/{}", segment(id)?)).await
    }

    /// Makes a team: `POST /teams`. When the answer is lost ([`Error::is_ambiguous`]), look whether it is there
    /// before asking again.
    pub async fn create_team(&self, new: &NewTeam) -> Result<Team, Error> {
        self.write(Method::POST, "teams", "team", typed(new, "team")?).await
    }

    /// Puts a user on a team, with a role in it or the team's usual one: `PUT /teams/{id}/users/{user_id}`.
    pub async fn add_to_team(&self, team: &str, user: &str, role: Option<&str>) -> Result<(), Error> {
        let path = format!("teams/{}/users/{}", segment(team)?, segment(user)?);
        let body = role.map(|role| json!({ "role": role }));
        self.ask(&Ask::write(Method::PUT, path, body)).await.map(drop)
    }

    async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        key: &str,
        fields: Fields,
    ) -> Result<T, Error> {
        let ask = Ask::write(method, path, Some(json!({ key: fields }))).in_their_name();
        let (mut wrapped, _): (Fields, _) = self.read(&ask).await?;
        let made = wrapped.remove(key).unwrap_or_default();
        serde_json::from_value(made)
            .map_err(|e| Error::Unreadable(format!("the {key} that was written: {e}")))
    }

    async fn delete(&self, path: String) -> Result<(), Error> {
        self.ask(&Ask::write(Method::DELETE, path, None)).await.map(drop)
    }
}

fn typed(new: &impl Serialize, kind: &str) -> Result<Fields, Error> {
    Ok(with_type(fields(new)?, kind))
}

fn with_type(mut fields: Fields, kind: &str) -> Fields {
    fields.insert("type".to_owned(), kind.into());
    fields
}

fn fields(new: &impl Serialize) -> Result<Fields, Error> {
    match serde_json::to_value(new) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(Error::Unreadable("what was to be written is no object".to_owned())),
    }
}
