//! Teams.

use serde::Deserialize;

use crate::{
    Error, Reference,
    api::{Api, segment},
    lenient::lenient,
    page::{Listed, Pages, Query},
};

/// A team.
#[derive(Clone, Debug, Deserialize)]
pub struct Team {
    /// `PXXXXXX`
    pub id: String,
    /// Anything may stand in it.
    #[serde(default, deserialize_with = "lenient")]
    pub name: String,
    /// In its members' words.
    #[serde(default, deserialize_with = "lenient")]
    pub description: Option<String>,
    /// Its page in PagerDuty.
    #[serde(default, deserialize_with = "lenient")]
    pub html_url: Option<String>,
}

impl Listed for Team {
    const LIST: &'static str = "teams";
}

/// Somebody on a team.
#[derive(Clone, Debug, Deserialize)]
pub struct Member {
    /// Who.
    pub user: Reference,
    /// `observer`, `responder` or `manager`.
    #[serde(default, deserialize_with = "lenient")]
    pub role: String,
}

impl Listed for Member {
    const LIST: &'static str = "members";
}

impl<'a> Api<'a> {
    /// Who is on a team: `GET /teams/{id}/members`.
    pub fn members(&self, team: &str) -> Result<Pages<'a, Member>, Error> {
        let path = format!("teams/{}/members", segment(team)?);
        Ok(Pages::new(self.clone(), path, Query::default()))
    }

    /// The account's teams whose name has `part` in it; all when it is empty: `GET /teams`.
    pub fn teams(&self, part: &str) -> Pages<'a, Team> {
        let mut query = Query::default();
        query.text("query", Some(part));
        self.pages(query)
    }
}
