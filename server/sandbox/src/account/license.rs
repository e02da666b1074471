//! Licenses: the two kinds of seat, and how many are taken.

use crate::seed::Role;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum License {
    Full,
    Stakeholder,
}

impl License {
    pub(crate) const ALL: [Self; 2] = [Self::Full, Self::Stakeholder];

    pub(crate) fn of(role: Role) -> Self {
        match role {
            Role::ReadOnlyUser | Role::ReadOnlyLimitedUser => Self::Stakeholder,
            _ => Self::Full,
        }
    }
}

/// The seats taken since the start, counted as they are: looking through all users at each would take too long. Below
/// zero where more were given back.
#[derive(Debug, Default)]
pub(crate) struct Seats {
    full: i64,
    stakeholder: i64,
}

impl Seats {
    pub(crate) fn take(&mut self, license: License) {
        *self.of(license) += 1;
    }

    pub(crate) fn give_back(&mut self, license: License) {
        *self.of(license) -= 1;
    }

    /// How many are left of those that were free at the start.
    pub(crate) fn left(&self, license: License, free: u32) -> u32 {
        let taken = match license {
            License::Full => self.full,
            License::Stakeholder => self.stakeholder,
        };
        u32::try_from((i64::from(free) - taken).max(0)).unwrap_or(u32::MAX)
    }

    fn of(&mut self, license: License) -> &mut i64 {
        match license {
            License::Full => &mut self.full,
            License::Stakeholder => &mut self.stakeholder,
        }
    }
}
