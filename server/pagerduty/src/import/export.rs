//! What an account has, as a file that loads again as “unchanged”.

use std::collections::HashMap;

use futures_util::TryStreamExt as _;

use super::{
    csv, shown,
    wanted::{
        ContactKind, Kind, Timeout, Wanted, WantedContact, WantedRule, WantedService, WantedTeam, WantedUser,
    },
};
use crate::{
    Error, Scopes, Service, Team, Urgency,
    api::Api,
    services::FindServices,
    teams::Member,
    users::{ContactMethod, FindUsers, Person},
};

/// The scopes it takes.
pub fn scopes(kind: Kind) -> Scopes {
    Scopes::parse(match kind {
        Kind::Users => "users.read users:contact_methods.read teams.read",
        Kind::Services => "services.read",
    })
}

/// Everything of that kind, as CSV. A person's role in a team is told by the team: one call or more for each of them.
pub async fn export(api: &Api<'_>, kind: Kind) -> Result<String, Error> {
    let rows: Vec<Wanted> = match kind {
        Kind::Users => users(api).await?.into_iter().map(Wanted::User).collect(),
        Kind::Services => {
            let all: Vec<Service> = api.services(&FindServices::default()).all().try_collect().await?;
            all.iter().map(service).map(Wanted::Service).collect()
        }
    };
    let lines = rows.iter().map(|row| csv::line(csv::cells(row)));
    Ok(std::iter::once(csv::line(csv::header(kind))).chain(lines).collect())
}

async fn users(api: &Api<'_>) -> Result<Vec<WantedUser>, Error> {
    let teams: Vec<Team> = api.teams("").all().try_collect().await?;
    let mut places: HashMap<String, Vec<WantedTeam>> = HashMap::new();
    for team in teams {
        let members: Vec<Member> = api.members(&team.id)?.all().try_collect().await?;
        for member in members {
            let role =
                Some(member.role).filter(|it| ["observer", "responder", "manager"].contains(&it.as_str()));
            places.entry(member.user.id).or_default().push(WantedTeam { team: team.name.clone(), role });
        }
    }
    let people: Vec<Person> = api.people(&FindUsers::default(), true).all().try_collect().await?;
    Ok(people.into_iter().map(|it| user(it, &mut places)).collect())
}

fn user(person: Person, places: &mut HashMap<String, Vec<WantedTeam>>) -> WantedUser {
    let Person { user, description, contact_methods, notification_rules } = person;
    let is_own =
        |it: &WantedContact| it.kind == ContactKind::Email && it.address.eq_ignore_ascii_case(&user.email);
    let contacts: Vec<WantedContact> =
        contact_methods.iter().filter_map(contact).filter(|it| !is_own(it)).collect();
    // A file can only speak of the first of a kind, and for e-mail of the address to sign in with.
    let first = |kind: ContactKind| match kind {
        ContactKind::Email => Some(WantedContact { kind, address: user.email.clone(), country_code: None }),
        _ => contacts.iter().find(|it| it.kind == kind).cloned(),
    };
    let rules = notification_rules.iter().filter_map(|rule| {
        let to = rule.contact_method.as_ref()?;
        let contact = contact(contact_methods.iter().find(|it| it.id == to.id)?)?;
        let is_first = first(contact.kind).is_some_and(|it| {
            it.country_code == contact.country_code && it.address.eq_ignore_ascii_case(&contact.address)
        });
        let is_known = rule.urgency != Urgency::Unknown && rule.start_delay_in_minutes <= 1440;
        (is_first && is_known).then_some(WantedRule {
            urgency: rule.urgency,
            by: contact.kind,
            delay: rule.start_delay_in_minutes,
        })
    });
    let rules = rules.collect();
    let said = |text: String| Some(text).filter(|it| !it.is_empty());
    WantedUser {
        // An owner's role is nobody's to give.
        role: said(user.role).filter(|it| it != "owner"),
        job_title: user.job_title.and_then(said),
        time_zone: said(user.time_zone),
        description: description.and_then(said),
        teams: places.remove(&user.id).unwrap_or_default(),
        name: user.name,
        email: user.email,
        contacts,
        rules,
    }
}

/// None of a kind that a file does not speak of.
fn contact(method: &ContactMethod) -> Option<WantedContact> {
    let kinds = [ContactKind::Email, ContactKind::Phone, ContactKind::Sms];
    let kind = kinds.into_iter().find(|it| it.api_name() == method.kind())?;
    let country_code = (kind != ContactKind::Email).then(|| method.country_code.unwrap_or(1));
    Some(WantedContact { kind, address: method.address.clone(), country_code })
}

fn service(service: &Service) -> WantedService {
    let now = shown::of_service(service);
    let text = |field: &str| {
        now.iter().find(|it| it.field == field).map(|it| it.text.clone()).filter(|text| !text.is_empty())
    };
    let timeout =
        |seconds: Option<u32>| Some(seconds.filter(|it| *it > 0).map_or(Timeout::Never, Timeout::Seconds));
    WantedService {
        name: service.name.clone(),
        description: text("description"),
        // By id: names may be had twice.
        escalation_policy: service.escalation_policy.as_ref().map(|it| it.id.clone()),
        teams: Vec::new(),
        auto_resolve_timeout: timeout(service.auto_resolve_timeout),
        acknowledgement_timeout: timeout(service.acknowledgement_timeout),
        alert_creation: text("alert_creation"),
        // Support hours are nothing a file can say.
        urgency: text("urgency").filter(|it| it != "use_support_hours"),
    }
}
