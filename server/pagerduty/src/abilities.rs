//! What the account's plan includes.

use serde::Deserialize;

use crate::{
    Error,
    api::{Api, Ask},
};

impl Api<'_> {
    /// The features the account has, such as `teams`: `GET /abilities`.
    pub async fn abilities(&self) -> Result<Vec<String>, Error> {
        #[derive(Deserialize)]
        struct Wrapped {
            abilities: Vec<String>,
        }
        let (wrapped, _): (Wrapped, _) = self.read(&Ask::get("abilities")).await?;
        Ok(wrapped.abilities)
    }
}
