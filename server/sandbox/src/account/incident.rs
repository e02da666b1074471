//! An incident.

use jiff::Timestamp;

#[derive(Clone, Debug)]
pub(crate) struct Incident {
    pub(crate) id: String,
    pub(crate) number: u32,
    pub(crate) title: String,
    pub(crate) details: Option<String>,
    pub(crate) status: Status,
    pub(crate) urgency: Urgency,
    pub(crate) service: String,
    pub(crate) policy: String,
    pub(crate) key: String,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) resolved_at: Option<Timestamp>,
    pub(crate) assigned: Vec<Happened>,
    pub(crate) acknowledged: Vec<Happened>,
    /// Who changed the status last; the service itself when nobody has.
    pub(crate) changed_by: Option<String>,
    pub(crate) priority: Option<&'static str>,
}

/// Something that came to one person, or was done by them.
#[derive(Clone, Debug)]
pub(crate) struct Happened {
    pub(crate) at: Timestamp,
    pub(crate) user: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Triggered,
    Acknowledged,
    Resolved,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Triggered => "triggered",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Triggered, Self::Acknowledged, Self::Resolved].into_iter().find(|status| status.name() == name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    Low,
    High,
}

impl Urgency {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::High => "high",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Low, Self::High].into_iter().find(|urgency| urgency.name() == name)
    }
}

impl Incident {
    pub(crate) fn acknowledge(&mut self, by: Option<&str>, now: Timestamp) {
        if let Some(user) = by {
            self.acknowledged.retain(|earlier| earlier.user != user);
            self.acknowledged.push(Happened { at: now, user: user.to_owned() });
        }
        self.change(Status::Acknowledged, by, now);
    }

    pub(crate) fn resolve(&mut self, by: Option<&str>, now: Timestamp) {
        self.assigned.clear();
        self.resolved_at = Some(now);
        self.change(Status::Resolved, by, now);
    }

    pub(crate) fn reopen(&mut self) {
        self.resolved_at = None;
        self.acknowledged.clear();
    }

    pub(crate) fn change(&mut self, status: Status, by: Option<&str>, now: Timestamp) {
        self.status = status;
        self.updated_at = now;
        self.changed_by = by.map(str::to_owned);
    }
}
