//! What a company works with, as tables, and how it is put into an account.

use jiff::{Timestamp, ToSpan as _};
use serde_json::json;

use super::{Person, incidents};
use crate::account::{
    Account, AlertCreation, Layer, Level, Membership, Policy, Restriction, Schedule, Service, Target, Team,
    TeamRole, User,
};
use crate::seed::Role;

const DAY_SECONDS: i64 = 86_400;
/// Turns of every schedule are counted from here, a Monday, so that the same moment always has the same people.
const FIRST_MONDAY: i64 = 1_767_603_600; // 2026-01-05T09:00:00Z

pub(super) struct Furniture {
    pub(super) teams: &'static [TeamRow],
    pub(super) schedules: &'static [ScheduleRow],
    pub(super) policies: &'static [PolicyRow],
    pub(super) services: &'static [ServiceRow],
    pub(super) incidents: &'static [incidents::Row],
}

pub(super) struct TeamRow {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) description: Option<&'static str>,
}

pub(super) struct ScheduleRow {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) time_zone: &'static str,
    pub(super) team: &'static str,
    /// The one listed last is on top.
    pub(super) layers: &'static [LayerRow],
}

pub(super) struct LayerRow {
    pub(super) name: &'static str,
    pub(super) turn_days: i64,
    pub(super) users: &'static [&'static str],
    /// From this hour of the day, UTC, for so many hours.
    pub(super) hours: Option<(i64, i64)>,
}

pub(super) struct PolicyRow {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) description: Option<&'static str>,
    pub(super) team: Option<&'static str>,
    /// Minutes, and who is paged: ids of users and of schedules.
    pub(super) levels: &'static [(u64, &'static [&'static str])],
}

pub(super) struct ServiceRow {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) description: Option<&'static str>,
    pub(super) policy: &'static str,
    pub(super) team: Option<&'static str>,
    pub(super) set_status: Option<&'static str>,
}

pub(super) fn people<'a>(account: &mut Account, people: impl Iterator<Item = &'a Person>, now: Timestamp) {
    let since = ago(now, 400 * 24 * 60);
    for person in people {
        let role = match person.role {
            Role::Admin | Role::User => TeamRole::Manager,
            Role::Observer => TeamRole::Observer,
            _ => TeamRole::Responder,
        };
        let teams = person.teams.iter().map(|team| Membership { team: (*team).to_owned(), role });
        let user = User {
            id: person.id.clone(),
            name: person.name.clone(),
            email: person.email.clone(),
            role: person.role,
            time_zone: person.time_zone.to_owned(),
            color: person.color.to_owned(),
            job_title: person.job_title.map(str::to_owned),
            description: person.description.map(str::to_owned),
            teams: teams.collect(),
            has_avatar: person.has_avatar,
            invited: false,
            since,
            contact_methods: Vec::new(),
            rules: Vec::new(),
        };
        account.users.add(user.with_email_contact());
    }
}

pub(super) fn place(account: &mut Account, furniture: &Furniture, now: Timestamp) {
    for row in furniture.teams {
        account.teams.add(Team {
            id: row.id.to_owned(),
            name: row.name.to_owned(),
            description: row.description.map(str::to_owned),
            default_role: "manager".to_owned(),
        });
    }
    for row in furniture.schedules {
        account.schedules.add(schedule(row));
    }
    for row in furniture.policies {
        let policy = policy(account, row);
        account.policies.add(policy);
    }
    for (age, row) in furniture.services.iter().enumerate() {
        let days = 700 - i64::try_from(age).unwrap_or(0) * 23;
        account.services.add(service(row, ago(now, days * 24 * 60)));
    }
    for (place, row) in furniture.incidents.iter().enumerate() {
        incidents::happen(account, row, place, now);
    }
}

fn schedule(row: &ScheduleRow) -> Schedule {
    let start = Timestamp::from_second(FIRST_MONDAY).unwrap_or(Timestamp::UNIX_EPOCH);
    let layers = row.layers.iter().enumerate().map(|(place, layer)| Layer {
        id: format!("{}L{}", row.id, place + 1),
        name: layer.name.to_owned(),
        start,
        turn_seconds: layer.turn_days * DAY_SECONDS,
        users: layer.users.iter().map(|user| (*user).to_owned()).collect(),
        restriction: layer
            .hours
            .map(|(from, hours)| Restriction { from_second: from * 3600, seconds: hours * 3600 }),
    });
    Schedule {
        id: row.id.to_owned(),
        name: row.name.to_owned(),
        description: Some(row.description.to_owned()),
        time_zone: row.time_zone.to_owned(),
        layers: layers.collect(),
        teams: vec![row.team.to_owned()],
    }
}

fn policy(account: &Account, row: &PolicyRow) -> Policy {
    let target = |id: &&str| {
        let id = (*id).to_owned();
        if account.schedules.has(&id) { Target::Schedule(id) } else { Target::User(id) }
    };
    let levels = row.levels.iter().enumerate().map(|(place, (delay, targets))| Level {
        id: format!("{}R{}", row.id, place + 1),
        delay_minutes: *delay,
        targets: targets.iter().map(target).collect(),
    });
    Policy {
        id: row.id.to_owned(),
        name: row.name.to_owned(),
        description: row.description.map(str::to_owned),
        levels: levels.collect(),
        loops: 2,
        teams: row.team.into_iter().map(str::to_owned).collect(),
    }
}

fn service(row: &ServiceRow, created_at: Timestamp) -> Service {
    Service {
        id: row.id.to_owned(),
        name: row.name.to_owned(),
        description: row.description.map(str::to_owned),
        policy: row.policy.to_owned(),
        teams: row.team.into_iter().map(str::to_owned).collect(),
        created_at,
        set_status: row.set_status,
        auto_resolve_timeout: Some(14_400),
        acknowledgement_timeout: Some(1_800),
        alert_creation: AlertCreation::CreateAlertsAndIncidents,
        urgency_rule: json!({ "type": "constant", "urgency": "high" }),
    }
}

pub(super) fn ago(now: Timestamp, minutes: i64) -> Timestamp {
    let whole = Timestamp::from_second(now.as_second()).unwrap_or(now);
    whole.checked_sub(minutes.minutes()).unwrap_or(whole)
}
