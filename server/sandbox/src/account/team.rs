//! A team. Who belongs to it stands with the users.

#[derive(Clone, Debug)]
pub(crate) struct Team {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// `manager` or `none`: what a new member may do.
    pub(crate) default_role: String,
}
