//! A schedule: layers in which people take turns.

use jiff::Timestamp;

#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) time_zone: String,
    pub(crate) layers: Vec<Layer>,
    pub(crate) teams: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The first turn begins here.
    pub(crate) start: Timestamp,
    pub(crate) turn_seconds: i64,
    /// In the order of their turns.
    pub(crate) users: Vec<String>,
    pub(crate) restriction: Option<Restriction>,
}

/// The hours of each day, in UTC, in which a layer is worked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Restriction {
    pub(crate) from_second: i64,
    pub(crate) seconds: i64,
}

impl Schedule {
    /// Everybody who has turns, each once.
    pub(crate) fn users(&self) -> Vec<&str> {
        let mut users: Vec<&str> = Vec::new();
        for user in self.layers.iter().flat_map(|layer| &layer.users) {
            if !users.contains(&user.as_str()) {
                users.push(user);
            }
        }
        users
    }
}
