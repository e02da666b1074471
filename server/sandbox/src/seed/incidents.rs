//! How the incidents of a company came about.

use jiff::Timestamp;

use super::furniture::ago;
use crate::account::{Account, Happened, Incident, Status, Urgency};

/// The lowest incident number.
const FIRST_NUMBER: u32 = 1001;

pub(super) struct Row {
    pub(super) service: &'static str,
    pub(super) title: &'static str,
    pub(super) urgency: Urgency,
    pub(super) status: Status,
    /// How long ago it began.
    pub(super) minutes_ago: i64,
    pub(super) priority: Option<&'static str>,
}

pub(super) const fn row(
    service: &'static str,
    urgency: Urgency,
    status: Status,
    minutes_ago: i64,
    title: &'static str,
) -> Row {
    Row { service, title, urgency, status, minutes_ago, priority: None }
}

impl Row {
    pub(super) const fn priority(mut self, priority: &'static str) -> Self {
        self.priority = Some(priority);
        self
    }
}

pub(super) fn happen(account: &mut Account, row: &Row, place: usize, now: Timestamp) {
    let begun = Begun {
        place: u32::try_from(place).unwrap_or(u32::MAX),
        service: row.service.to_owned(),
        title: row.title.to_owned(),
        urgency: row.urgency,
        status: row.status,
        minutes_ago: row.minutes_ago,
        priority: row.priority,
    };
    begun.happen(account, now);
}

/// An incident that began, and went as far as its status says.
pub(super) struct Begun {
    pub(super) place: u32,
    pub(super) service: String,
    pub(super) title: String,
    pub(super) urgency: Urgency,
    pub(super) status: Status,
    pub(super) minutes_ago: i64,
    pub(super) priority: Option<&'static str>,
}

impl Begun {
    pub(super) fn happen(self, account: &mut Account, now: Timestamp) {
        let created_at = ago(now, self.minutes_ago);
        let Some(service) = account.services.get(&self.service) else { return };
        let policy = service.policy.clone();
        let paged = account.first_paged(&policy, created_at);
        let mut incident = Incident {
            id: format!("Q0INC{:08}", self.place + 1),
            number: FIRST_NUMBER.saturating_add(self.place),
            title: self.title,
            details: None,
            status: Status::Triggered,
            urgency: self.urgency,
            service: self.service,
            policy,
            key: format!("{:032x}", 0x5eed_0000_u64 + u64::from(self.place)),
            created_at,
            updated_at: created_at,
            resolved_at: None,
            assigned: paged.iter().map(|user| Happened { at: created_at, user: user.clone() }).collect(),
            acknowledged: Vec::new(),
            changed_by: None,
            priority: self.priority,
        };
        let responder = paged.first().map(String::as_str);
        let answered = ago(now, self.minutes_ago - (self.minutes_ago / 8).min(4));
        if self.status != Status::Triggered {
            incident.acknowledge(responder, answered);
        }
        if self.status == Status::Resolved {
            let mended =
                ago(now, self.minutes_ago - (self.minutes_ago / 3).min(50 + i64::from(self.place % 7) * 13));
            incident.acknowledged.clear();
            incident.resolve(responder, mended);
        }
        account.incidents.add(incident);
    }
}
