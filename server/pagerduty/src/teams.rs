//! Teams.

use serde::Deserialize;

use crate::{
    api::Api,
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

impl<'a> Api<'a> {
    /// The account's teams whose name has `part` in it; all when it is empty: `GET /teams`.
    pub fn teams(&self, part: &str) -> Pages<'a, Team> {
        let mut query = Query::default();
        query.text("query", Some(part));
        self.pages(query)
    }
}
