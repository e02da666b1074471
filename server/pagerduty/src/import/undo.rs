//! Taking back what a run made: only what nobody has touched since.

use super::{
    plan::{Action, Planned},
    run::{End, Outcome},
    shown::{self, Change, Shown},
    wanted::{ContactKind, Wanted, WantedContact, WantedUser},
};
use crate::{Service, users::Person};

impl Planned {
    /// The plan to take back what `self` came to; none where nothing was made.
    pub fn undone(&self, outcome: &Outcome) -> Option<Self> {
        // Never what somebody else made, nor what nobody knows the making of.
        let is_made = matches!(outcome.end, End::Created | End::Probably) && !outcome.made.is_empty();
        let id = outcome.id.clone().filter(|_| self.action == Action::Create && is_made)?;
        let as_made = |it: &Shown| Change { before: None, after: it.clone() };
        Some(Self {
            action: Action::Delete,
            id: Some(id),
            url: outcome.url.clone(),
            changes: outcome.made.iter().map(as_made).collect(),
            why: Vec::new(),
            // It is looked at first.
            calls: 2,
            ..self.clone()
        })
    }

    /// The same plan to take something back, after a look at whether it is still as it was made.
    pub fn looked_at(self, wanted: &Wanted, account: &super::Account) -> Self {
        let key = wanted.key();
        let is_it = |id: &str| self.id.as_deref() == Some(id);
        let changed = match wanted {
            Wanted::User(user) => account
                .people
                .get(&key)
                .filter(|it| is_it(&it.user.id))
                .map(|person| of_person(person, user, &self)),
            Wanted::Service(_) => {
                account.services.get(&key).filter(|it| is_it(&it.id)).map(|it| of_service(it, &self))
            }
        };
        match changed {
            Some(why) if !why.is_empty() => Self { action: Action::Conflict, why, calls: 0, ..self },
            // Not to be found by that name: the run itself looks by the id.
            _ => self,
        }
    }

    fn made(&self) -> impl Iterator<Item = &Shown> {
        self.changes.iter().map(|it| &it.after)
    }
}

/// What of a user is not as it was made; finished sentences.
pub(super) fn of_person(person: &Person, wanted: &WantedUser, planned: &Planned) -> Vec<String> {
    let mut said = differences(planned, &shown::of_person(person));
    if !person.user.email.eq_ignore_ascii_case(&wanted.email) {
        said.push(format!("email is now “{}”.", person.user.email));
    }
    let other_team = person.user.teams.iter().find(|it| !planned.teams.iter().any(|place| place.id == it.id));
    said.extend(other_team.map(|it| format!("They are on the team “{}” by now.", it.name())));
    let sign_in =
        WantedContact { kind: ContactKind::Email, address: wanted.email.clone(), country_code: None };
    let known = |method: &&crate::users::ContactMethod| {
        sign_in.is(method) || planned.contacts.iter().any(|it| it.is(method))
    };
    // Where PagerDuty was not asked for them it tells ids alone.
    if person.contact_methods.iter().any(|it| !it.address.is_empty() && !known(&it)) {
        said.push("They have added a way to be reached.".to_owned());
    }
    // PagerDuty makes one rule of its own: by e-mail, at once.
    let is_own = |rule: &crate::users::NotificationRule| rule.start_delay_in_minutes == 0;
    let is_planned = |rule: &crate::users::NotificationRule| {
        planned.rules.iter().any(|it| it.urgency == rule.urgency && it.delay == rule.start_delay_in_minutes)
    };
    if person.notification_rules.iter().any(|it| !is_own(it) && !is_planned(it)) {
        said.push("They have changed when they are told of incidents.".to_owned());
    }
    said
}

/// What of a service is not as it was made.
pub(super) fn of_service(service: &Service, planned: &Planned) -> Vec<String> {
    let mut said = differences(planned, &shown::of_service(service));
    if service.last_incident_timestamp.is_some() {
        said.push("Incidents were opened on it, and would be deleted with it.".to_owned());
    }
    said
}

fn differences(planned: &Planned, now: &[Shown]) -> Vec<String> {
    let differs = |made: &Shown| {
        let now = now.iter().find(|it| it.field == made.field && *it != made)?;
        Some(format!("{} is now “{}”; it was made as “{}”.", made.field, now.text, made.text))
    };
    planned.made().filter_map(differs).collect()
}

/// Whether what is there is what a row would have made.
pub(super) fn is_as_wanted(now: &[Shown], planned: &Planned) -> bool {
    planned.made().all(|made| now.iter().any(|it| it == made))
}
