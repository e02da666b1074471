//! What imports and their rows can be at.

use pagerduty::{
    Scopes,
    import::{Outcome, run::End},
};

/// What an import is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImportState {
    /// The file is not what it should be; nothing of it is used.
    Unreadable,
    /// The account is being looked up.
    Planning,
    /// It waits for a person to look and to apply it.
    Planned,
    /// Rows are being sent.
    Running,
    /// A person has stopped it for a while.
    Paused,
    /// Every row has come to something.
    Done,
    /// A person has ended it.
    Cancelled,
}

impl ImportState {
    const ALL: [Self; 7] = [
        Self::Unreadable,
        Self::Planning,
        Self::Planned,
        Self::Running,
        Self::Paused,
        Self::Done,
        Self::Cancelled,
    ];

    /// A stable word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Planning => "planning",
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    pub(super) fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|it| it.name() == name).unwrap_or(Self::Unreadable)
    }

    /// Whether it was applied and has not ended.
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }

    /// Whether it has ended.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Unreadable)
    }
}

/// What an import waits for a person to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// To agree to more scopes.
    Scopes(Scopes),
    /// To connect again.
    Connect,
    /// To free a licence, or to buy one.
    Licence,
    /// To look at what PagerDuty refuses to do at all, and to go on when it does; a finished sentence.
    Refused(String),
    /// Nothing helps: what is stored of it does not open.
    Altered,
}

impl WaitsFor {
    /// With when the person had connected last: what they do about it is to connect again.
    pub(super) fn write(&self, connected_at: i64) -> String {
        match self {
            Self::Scopes(scopes) => format!("scopes {connected_at} {scopes}"),
            Self::Connect => format!("connect {connected_at}"),
            Self::Licence => "licence".to_owned(),
            Self::Refused(said) => format!("refused {said}"),
            Self::Altered => "altered".to_owned(),
        }
    }

    pub(super) fn read(text: &str) -> Self {
        let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
        match kind {
            "scopes" => Self::Scopes(Scopes::parse(rest.split_once(' ').map_or("", |(_, scopes)| scopes))),
            "connect" => Self::Connect,
            "licence" => Self::Licence,
            "refused" => Self::Refused(rest.to_owned()),
            _ => Self::Altered,
        }
    }

    /// When the person had connected last, of what connecting again may mend.
    pub(super) fn connected_at(text: &str) -> Option<i64> {
        let mut words = text.split(' ');
        let kind = words.next().filter(|kind| ["scopes", "connect"].contains(kind));
        kind.and(words.next())?.parse().ok()
    }
}

/// What a row is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowState {
    /// It was not done, or not all of it.
    Failed,
    /// Somebody else made it meanwhile.
    Exists,
    /// It may have been sent.
    Sent,
    /// It will be.
    Pending,
    /// A person left it out.
    Excluded,
    /// There is nothing to do, or nothing that can be done: see its plan.
    Left,
    /// It was made, …
    Created,
    /// … most likely: the answer was lost.
    Probably,
    /// It was changed.
    Updated,
    /// It was removed.
    Deleted,
    /// It was gone by then.
    Gone,
}

impl RowState {
    /// Those to be looked at first, first.
    pub const ALL: [Self; 11] = [
        Self::Failed,
        Self::Exists,
        Self::Sent,
        Self::Pending,
        Self::Excluded,
        Self::Left,
        Self::Created,
        Self::Probably,
        Self::Updated,
        Self::Deleted,
        Self::Gone,
    ];

    /// A stable word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Exists => "exists",
            Self::Sent => "sent",
            Self::Pending => "pending",
            Self::Excluded => "excluded",
            Self::Left => "left",
            Self::Created => "created",
            Self::Probably => "probably",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Gone => "gone",
        }
    }

    /// The state of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Whether it has come to something.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Sent | Self::Pending | Self::Excluded | Self::Left)
    }

    pub(super) fn of(outcome: &Outcome) -> Self {
        match outcome.end {
            _ if outcome.end == End::Failed
                || (!outcome.problems.is_empty() && outcome.end != End::Exists) =>
            {
                Self::Failed
            }
            End::Created => Self::Created,
            End::Probably => Self::Probably,
            End::Updated => Self::Updated,
            End::Exists => Self::Exists,
            End::Unchanged => Self::Left,
            End::Deleted => Self::Deleted,
            End::Gone => Self::Gone,
            End::Failed => Self::Failed,
        }
    }
}
