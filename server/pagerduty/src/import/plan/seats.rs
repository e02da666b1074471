//! Licences.

use super::{Action, Planned};
use crate::import::{account::Account, wanted::Wanted};

/// Licences that are left, as far as the account tells.
pub(super) struct Seats(Vec<(Vec<String>, u64, String)>);

impl Seats {
    pub(super) fn of(account: &Account) -> Self {
        let told = account
            .licenses
            .iter()
            .filter_map(|it| Some((it.valid_roles.clone(), it.allocations_available?, it.name.clone())));
        Self(told.collect())
    }

    /// A new user takes one.
    pub(super) fn take(&mut self, planned: Planned, wanted: &Wanted) -> Planned {
        let (Action::Create, Wanted::User(user)) = (planned.action, wanted) else { return planned };
        let role = user.role.as_deref().unwrap_or("user");
        let mut fitting =
            self.0.iter_mut().filter(|(roles, ..)| roles.iter().any(|it| it == role)).peekable();
        let Some((.., name)) = fitting.peek() else { return planned };
        let name = name.clone();
        match fitting.find(|(_, left, _)| *left > 0) {
            Some((_, left, _)) => {
                *left -= 1;
                planned
            }
            None => Planned::conflict(vec![format!(
                "The account has no licence left for this role (“{name}”): the rows before take what there is. Add \
                 licences in PagerDuty, or load the file again with fewer rows."
            )]),
        }
    }
}
