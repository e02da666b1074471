//! An escalation policy: who is paged, and who next when nobody answers.

#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) levels: Vec<Level>,
    pub(crate) loops: u64,
    pub(crate) teams: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Level {
    pub(crate) id: String,
    pub(crate) delay_minutes: u64,
    pub(crate) targets: Vec<Target>,
}

#[derive(Clone, Debug)]
pub(crate) enum Target {
    User(String),
    Schedule(String),
}

impl Policy {
    /// Whether a person stands in it by name.
    pub(crate) fn names_user(&self, user: &str) -> bool {
        let mut targets = self.levels.iter().flat_map(|level| &level.targets);
        targets.any(|target| matches!(target, Target::User(id) if id == user))
    }
}
