//! One company's account as the REST API sees it: what it starts with, and what requests make of it.

mod incident;
mod license;
mod policy;
mod rota;
mod schedule;
mod service;
mod shelf;
mod team;
mod user;

use jiff::Timestamp;

use crate::options::Size;
use crate::seed::{self, Company, Region};

pub(crate) use incident::{Happened, Incident, Status, Urgency};
pub(crate) use license::{License, Seats};
pub(crate) use policy::{Level, Policy, Target};
pub(crate) use schedule::{Layer, Restriction, Schedule};
pub(crate) use service::{AlertCreation, Service};
pub(crate) use shelf::Shelf;
pub(crate) use team::Team;
pub(crate) use user::{ContactMethod, Membership, NotificationRule, TeamRole, User};

pub(crate) struct Account {
    pub(crate) users: Shelf<User>,
    pub(crate) teams: Shelf<Team>,
    pub(crate) schedules: Shelf<Schedule>,
    pub(crate) policies: Shelf<Policy>,
    pub(crate) services: Shelf<Service>,
    pub(crate) incidents: Shelf<Incident>,
    pub(crate) seats: Seats,
    made: u32,
    /// The highest incident number there ever was.
    numbered: u32,
}

impl Account {
    pub(crate) fn new(region: Region, company: &Company, size: Size, now: Timestamp) -> Self {
        let mut account = Self {
            users: Shelf::default(),
            teams: Shelf::default(),
            schedules: Shelf::default(),
            policies: Shelf::default(),
            services: Shelf::default(),
            incidents: Shelf::default(),
            seats: Seats::default(),
            made: 0,
            numbered: 0,
        };
        seed::furnish(&mut account, region, company, size, now);
        account
    }

    /// An id that nothing has yet.
    pub(crate) fn next_id(&mut self) -> String {
        self.made += 1;
        format!("PNEW{:04}", self.made)
    }

    /// The number after the highest, which may be that of an incident that is gone.
    pub(crate) fn next_incident_number(&mut self) -> u32 {
        let highest = self.incidents.all().map(|incident| incident.number).max().unwrap_or(0);
        self.numbered = self.numbered.max(highest) + 1;
        self.numbered
    }

    /// Adds somebody who was not there at the start, in a seat.
    pub(crate) fn add_user(&mut self, user: User) {
        self.seats.take(License::of(user.role));
        self.users.add(user);
    }

    /// Puts a user in the place of the one with the same id.
    pub(crate) fn change_user(&mut self, user: User) {
        if let Some(old) = self.users.get(&user.id) {
            self.seats.give_back(License::of(old.role));
            self.seats.take(License::of(user.role));
        }
        self.users.replace(user);
    }

    pub(crate) fn remove_user(&mut self, id: &str) {
        if let Some(user) = self.users.remove(id) {
            self.seats.give_back(License::of(user.role));
        }
    }

    /// Takes a service away, and its incidents with it. False where there is none.
    pub(crate) fn remove_service(&mut self, id: &str) -> bool {
        if self.services.remove(id).is_none() {
            return false;
        }
        let its = self.incidents.all().filter(|incident| incident.service == id);
        let its: Vec<String> = its.map(|incident| incident.id.clone()).collect();
        for incident in its {
            self.incidents.remove(&incident);
        }
        true
    }

    /// Who is paged first by a policy at `now`.
    pub(crate) fn first_paged(&self, policy: &str, now: Timestamp) -> Vec<String> {
        let Some(level) = self.policies.get(policy).and_then(|policy| policy.levels.first()) else {
            return Vec::new();
        };
        let on_call = level.targets.iter().filter_map(|target| match target {
            Target::User(id) => Some(id.clone()),
            Target::Schedule(id) => self.schedules.get(id)?.on_call(now).map(str::to_owned),
        });
        on_call.collect()
    }
}
