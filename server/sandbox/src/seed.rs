//! The two companies that live in the sandbox.

mod acme;
mod acme_eu;
mod furniture;
mod incidents;
mod large;
mod people;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::options::Size;

/// A PagerDuty service region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Region {
    Us,
    Eu,
}

impl Region {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Eu => "eu",
        }
    }

    /// The name people know it by.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Us => "US",
            Self::Eu => "EU",
        }
    }

    /// The API that stands in the audience of an id_token: the real address, whatever port the sandbox has.
    pub(crate) fn audience(self) -> &'static str {
        match self {
            Self::Us => "https://api.pagerduty.com",
            Self::Eu => "https://api.eu.pagerduty.com",
        }
    }

    pub(crate) fn account_id(self) -> &'static str {
        match self {
            Self::Us => "PACME01",
            Self::Eu => "PACMEU1",
        }
    }

    pub(crate) fn subdomain(self) -> &'static str {
        match self {
            Self::Us => "acme",
            Self::Eu => "acme-eu",
        }
    }

    /// The company's web address.
    pub(crate) fn web_url(self) -> String {
        match self {
            Self::Us => format!("https://{}.pagerduty.com", self.subdomain()),
            Self::Eu => format!("https://{}.eu.pagerduty.com", self.subdomain()),
        }
    }
}

/// A person's base role, by the API's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Owner,
    Admin,
    /// A manager.
    User,
    /// A responder.
    LimitedUser,
    Observer,
    RestrictedAccess,
    /// A full stakeholder.
    ReadOnlyUser,
    /// A limited stakeholder.
    ReadOnlyLimitedUser,
}

impl Role {
    pub(crate) fn api_name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::User => "user",
            Self::LimitedUser => "limited_user",
            Self::Observer => "observer",
            Self::RestrictedAccess => "restricted_access",
            Self::ReadOnlyUser => "read_only_user",
            Self::ReadOnlyLimitedUser => "read_only_limited_user",
        }
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Owner => "Account Owner",
            Self::Admin => "Global Admin",
            Self::User => "Manager",
            Self::LimitedUser => "Responder",
            Self::Observer => "Observer",
            Self::RestrictedAccess => "Restricted Access",
            Self::ReadOnlyUser => "Full Stakeholder",
            Self::ReadOnlyLimitedUser => "Limited Stakeholder",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) region: Region,
    pub(crate) role: Role,
    pub(crate) time_zone: &'static str,
    pub(crate) color: &'static str,
    pub(crate) job_title: Option<&'static str>,
    pub(crate) description: Option<&'static str>,
    /// By id.
    pub(crate) teams: Vec<&'static str>,
    pub(crate) has_avatar: bool,
}

#[derive(Debug)]
pub(crate) struct Company {
    people: Vec<Person>,
    seeded: usize,
}

impl Company {
    /// The seeded people, and `crowd` more.
    pub(crate) fn new(crowd: u32) -> Self {
        let mut people = people::seeded();
        let seeded = people.len();
        people.extend((1..=crowd).map(people::one_of_the_crowd));
        Self { people, seeded }
    }

    /// The people worth showing: all but the crowd.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().take(self.seeded)
    }

    /// Everybody of one company.
    pub(crate) fn of(&self, region: Region) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(move |person| person.region == region)
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }
}

/// Fills an account with what its company works with.
pub(crate) fn furnish(account: &mut Account, region: Region, company: &Company, size: Size, now: Timestamp) {
    furniture::people(account, company.of(region), now);
    match region {
        Region::Us => furniture::place(account, &acme::ACME, now),
        Region::Eu => furniture::place(account, &acme_eu::ACME_EU, now),
    }
    if size == Size::Large && region == Region::Us {
        large::grow(account, now);
    }
}
