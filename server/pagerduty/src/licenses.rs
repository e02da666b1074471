//! Licences: how many users of which roles an account may have.

use serde::Deserialize;

use crate::{
    Error,
    api::{Api, Ask},
    lenient::{lenient, list},
};

/// A kind of licence the account has.
#[derive(Clone, Debug, Deserialize)]
pub struct License {
    /// What it is called.
    #[serde(default, deserialize_with = "lenient")]
    pub name: String,
    /// Roles that take one, as the API calls them.
    #[serde(default, deserialize_with = "list")]
    pub valid_roles: Vec<String>,
    /// How many more users may have one; none where there is no limit, or it is not told.
    #[serde(default, deserialize_with = "lenient")]
    pub allocations_available: Option<u64>,
}

impl Api<'_> {
    /// The account's licences: `GET /licenses`.
    pub async fn licenses(&self) -> Result<Vec<License>, Error> {
        #[derive(Deserialize)]
        struct Wrapped {
            #[serde(deserialize_with = "list")]
            licenses: Vec<License>,
        }
        let (wrapped, _): (Wrapped, _) = self.read(&Ask::get("licenses")).await?;
        Ok(wrapped.licenses)
    }
}
