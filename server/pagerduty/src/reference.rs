//! Pointers from one thing to another (PagerDuty docs, “Resource References”).

use serde::{Deserialize, Serialize};

use crate::lenient::lenient;

/// A pointer to another object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// `PXXXXXX`
    pub id: String,
    /// Its name.
    #[serde(default, deserialize_with = "lenient")]
    pub summary: Option<String>,
    /// `user_reference`, `schedule_reference` …
    #[serde(default, rename = "type", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its page in PagerDuty: never fetched.
    #[serde(default, deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub html_url: Option<String>,
}

impl Reference {
    /// Its name, or its id where it has none.
    pub fn name(&self) -> &str {
        self.summary.as_deref().filter(|name| !name.is_empty()).unwrap_or(&self.id)
    }
}
