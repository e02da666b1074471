//! What rows are compared by.

use std::collections::{BTreeSet, HashMap};

use crate::{EscalationPolicy, Team, import::account::Account};

/// Where a key stands: some of the lines, and how many there are.
#[derive(Default)]
pub(super) struct Lines {
    first: Vec<u64>,
    count: usize,
}

impl Lines {
    /// Named in one sentence.
    const NAMED: usize = 5;

    pub(super) fn add(&mut self, line: u64) {
        self.count += 1;
        if self.first.len() <= Self::NAMED {
            self.first.push(line);
        }
    }

    /// The others than `line`, in words; none where it stands alone.
    pub(super) fn others(&self, line: u64) -> Option<String> {
        let named: Vec<String> =
            self.first.iter().filter(|it| **it != line).take(Self::NAMED).map(u64::to_string).collect();
        let more = self.count.saturating_sub(1 + named.len());
        let lines = if self.count == 2 { "line" } else { "lines" };
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!named.is_empty()).then(|| format!("{lines} {}{rest}", named.join(", ")))
    }
}

/// Teams and policies by their names and their ids, in small letters.
pub(super) struct Index<'a> {
    pub(super) teams: HashMap<String, Vec<&'a Team>>,
    pub(super) policies: HashMap<String, Vec<&'a EscalationPolicy>>,
}

impl<'a> Index<'a> {
    pub(super) fn of(account: &'a Account) -> Self {
        let mut index = Self { teams: HashMap::new(), policies: HashMap::new() };
        for team in &account.teams {
            for key in BTreeSet::from([team.id.to_lowercase(), team.name.to_lowercase()]) {
                index.teams.entry(key).or_default().push(team);
            }
        }
        for policy in &account.policies {
            for key in BTreeSet::from([policy.id.to_lowercase(), policy.name.to_lowercase()]) {
                index.policies.entry(key).or_default().push(policy);
            }
        }
        index
    }
}
