//! What a row of a file of users asks for.

use super::{
    cell::{key, shown},
    columns::Column,
    contacts,
    fields::{Fields, text},
    listed::{Entry, role, split_role},
};
use crate::{
    Urgency,
    import::wanted::{ContactKind, WantedContact, WantedRule, WantedTeam, WantedUser},
};

/// A day: PagerDuty waits no longer before it tells somebody.
const MAX_DELAY_MINUTES: u32 = 24 * 60;
/// The most characters of a user's name and job title.
const MAX_NAME: usize = 100;
/// The most characters of what a person says of themselves.
const MAX_DESCRIPTION: usize = 1024;

pub(super) fn read(fields: &mut Fields<'_>) -> WantedUser {
    let name = name(fields);
    let email = fields.required(Column::Email, contacts::email);
    let role = fields.value(Column::Role, account_role);
    let job_title = fields.value(Column::JobTitle, text(MAX_NAME));
    let time_zone = fields.value(Column::TimeZone, time_zone);
    let description = fields.value(Column::Description, text(MAX_DESCRIPTION));
    let teams = fields.each(Column::Teams, team, |it| it.team.to_lowercase());
    let contacts = contacts(fields, &email);
    let rules = [(Column::NotifyHigh, Urgency::High), (Column::NotifyLow, Urgency::Low)];
    let rules = rules.into_iter().flat_map(|(column, urgency)| rules_of(fields, column, urgency)).collect();
    WantedUser { name, email, role, job_title, time_zone, description, teams, contacts, rules }
}

fn name(fields: &mut Fields<'_>) -> String {
    let (first, last) = (fields.has(Column::FirstName), fields.has(Column::LastName));
    if !first && !last {
        return fields.required(Column::Name, text(MAX_NAME));
    }
    let first = fields.value(Column::FirstName, text(MAX_NAME)).unwrap_or_default();
    let last = fields.value(Column::LastName, text(MAX_NAME)).unwrap_or_default();
    let name = format!("{first} {last}").trim().to_owned();
    text(MAX_NAME)(&name).unwrap_or_else(|said| {
        fields.wrong(Column::LastName, said);
        name
    })
}

/// As the API calls it.
fn account_role(text: &str) -> Result<String, String> {
    let role = match key(text).as_str() {
        "admin" | "globaladmin" => "admin",
        "user" | "manager" => "user",
        "limiteduser" | "responder" => "limited_user",
        "observer" => "observer",
        "restrictedaccess" => "restricted_access",
        "readonlyuser" | "fullstakeholder" | "stakeholder" => "read_only_user",
        "readonlylimiteduser" | "limitedstakeholder" => "read_only_limited_user",
        "owner" | "accountowner" => {
            return Err(
                "An account has one owner, who hands it over in PagerDuty. Choose another role.".to_owned()
            );
        }
        _ => {
            return Err(format!(
                "There is no role {}. The roles are: Global Admin, Manager, Responder, Observer, Restricted Access, Full \
                 Stakeholder, Limited Stakeholder.",
                shown(text)
            ));
        }
    };
    Ok(role.to_owned())
}

/// Only its form: which there are, PagerDuty knows.
fn time_zone(text: &str) -> Result<String, String> {
    let letters = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-' | '/'));
    let parts = text.split('/').all(|part| !part.is_empty());
    if letters && parts && text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "{} is not the name of a time zone. Write it as Europe/Berlin or America/New_York.",
        shown(text)
    ))
}

fn team(entry: &Entry) -> Result<WantedTeam, String> {
    let (name, role) = match &entry.after {
        None => split_role(&entry.text),
        Some(after) if after.is_empty() => (entry.text.as_str(), None),
        Some(after) => match after.strip_prefix(':').and_then(role) {
            Some(role) => (entry.text.as_str(), Some(role)),
            None => {
                return Err(format!(
                    "After the team {} stands {}. A role is written :observer, :responder or :manager.",
                    shown(&entry.text),
                    shown(after)
                ));
            }
        },
    };
    if name.is_empty() {
        return Err("A team has no name here.".to_owned());
    }
    Ok(WantedTeam { team: name.to_owned(), role: role.map(str::to_owned) })
}

fn contacts(fields: &mut Fields<'_>, email: &str) -> Vec<WantedContact> {
    let same = |it: &WantedContact| format!("{:?} {}", it.country_code, it.address.to_lowercase());
    let mut contacts = fields.each(Column::Phone, |it| contacts::telephone(ContactKind::Phone, it), same);
    contacts.extend(fields.each(Column::Sms, |it| contacts::telephone(ContactKind::Sms, it), same));
    contacts.extend(fields.each(Column::Emails, |it| contacts::further_email(it, email), same));
    contacts
}

fn rules_of(fields: &mut Fields<'_>, column: Column, urgency: Urgency) -> Vec<WantedRule> {
    let (phone, sms) = (fields.has(Column::Phone), fields.has(Column::Sms));
    let read = |entry: &Entry| {
        let rule = rule(contacts::whole(entry)?, urgency)?;
        match rule.by {
            ContactKind::Phone if !phone => Err(no_number("phone")),
            ContactKind::Sms if !sms => Err(no_number("sms")),
            _ => Ok(rule),
        }
    };
    fields.each(column, read, |it| format!("{} {}", it.by.name(), it.delay))
}

fn no_number(kind: &str) -> String {
    format!("“{kind}” needs a number, and the column {kind} has none in this line.")
}

/// `sms:5`
fn rule(text: &str, urgency: Urgency) -> Result<WantedRule, String> {
    let (by, delay) = text.split_once(':').map_or((text, "0"), |(by, delay)| (by, delay.trim()));
    let by = match key(by).as_str() {
        "email" | "mail" => ContactKind::Email,
        "phone" | "call" => ContactKind::Phone,
        "sms" | "text" => ContactKind::Sms,
        "push" | "pushnotification" => {
            return Err("Push notifications cannot be loaded from a file: PagerDuty's mobile app sets them up when the \
                        person signs in there."
                .to_owned());
        }
        _ => {
            return Err(format!(
                "{} does not say how to notify. Write email, sms or phone and after how many minutes, as in sms:5.",
                shown(text)
            ));
        }
    };
    let minutes = delay.parse().ok().filter(|_| delay.bytes().all(|b| b.is_ascii_digit()));
    match minutes.filter(|minutes| *minutes <= MAX_DELAY_MINUTES) {
        Some(delay) => Ok(WantedRule { urgency, by, delay }),
        None => Err(format!(
            "{} waits for {}. Write whole minutes from 0 to {MAX_DELAY_MINUTES}, as in sms:5.",
            shown(text),
            shown(delay)
        )),
    }
}
