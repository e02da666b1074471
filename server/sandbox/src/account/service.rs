//! A service: what incidents are opened on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) policy: String,
    pub(crate) teams: Vec<String>,
    pub(crate) created_at: Timestamp,
    /// `None` while its incidents say how it is.
    pub(crate) set_status: Option<&'static str>,
    /// Seconds.
    pub(crate) auto_resolve_timeout: Option<u64>,
    /// Seconds.
    pub(crate) acknowledgement_timeout: Option<u64>,
    pub(crate) alert_creation: AlertCreation,
    /// As it was sent, or the constant rule.
    pub(crate) urgency_rule: Value,
}

/// What an event becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AlertCreation {
    CreateIncidents,
    CreateAlertsAndIncidents,
}
