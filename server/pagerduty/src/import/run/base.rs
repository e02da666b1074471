//! Who or what a row is about, once it is there.

use super::{End, Outcome, Problem};
use crate::{
    Error, Service,
    api::NewContactMethod,
    import::{
        plan::Planned,
        shown::{self, Shown},
        undo,
        wanted::WantedContact,
    },
    users::{ContactMethod, Person},
};

/// Who or what a row is about, once it is there.
pub(super) struct Base {
    pub end: End,
    pub id: String,
    pub url: Option<String>,
    pub made: Vec<Shown>,
    /// None where PagerDuty must be asked for them.
    pub methods: Option<Vec<ContactMethod>>,
}

pub(super) fn of_person(person: Person, end: End) -> Base {
    let made = shown::of_person(&person);
    let Person { user, contact_methods, .. } = person;
    let methods = Some(contact_methods).filter(|it| !it.is_empty());
    Base { end, id: user.id, url: user.html_url, made, methods }
}

pub(super) fn of_found_person(person: Person) -> Base {
    Base { methods: None, ..of_person(person, End::Unchanged) }
}

pub(super) fn of_service(service: Service, end: End) -> Base {
    let made = shown::of_service(&service);
    Base { end, id: service.id, url: service.html_url, made, methods: None }
}

/// After a lost answer: this run's where it is as this run would have made it.
pub(super) fn found(base: Base, planned: &Planned) -> Result<Base, Outcome> {
    if undo::is_as_wanted(&base.made, planned) {
        Ok(Base { methods: None, ..base })
    } else {
        Err(others(base))
    }
}

pub(super) fn others(base: Base) -> Outcome {
    Outcome {
        id: Some(base.id),
        url: base.url,
        problems: vec![Problem::made_by_others()],
        ..Outcome::of(End::Exists)
    }
}

/// PagerDuty's word for an address or a name that is in use.
pub(super) fn is_taken(error: &Error) -> bool {
    error.invalid_input().is_some_and(|said| said.iter().any(|it| it.contains("already been taken")))
}

impl WantedContact {
    pub(super) fn to_be_made(&self) -> NewContactMethod {
        let label = match self.kind.name() {
            "sms" => "SMS",
            "phone" => "Phone",
            _ => "Email",
        };
        NewContactMethod {
            kind: self.kind.api_name().to_owned(),
            label: label.to_owned(),
            address: self.address.clone(),
            country_code: self.country_code,
        }
    }
}
