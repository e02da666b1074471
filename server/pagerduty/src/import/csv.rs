//! Writing the format that [`super::table`] reads.

use std::fmt::Write as _;

use super::{
    table::{columns, listed},
    wanted::{ContactKind, Kind, Timeout, Wanted, WantedContact, WantedService, WantedUser},
};
use crate::Urgency;

/// One line: quoted where it must be (RFC 4180), and safe to open in a spreadsheet.
pub fn line<S: AsRef<str>>(cells: impl IntoIterator<Item = S>) -> String {
    let mut line = String::new();
    for (place, cell) in cells.into_iter().enumerate() {
        let cell = cell.as_ref();
        if place > 0 {
            line.push(',');
        }
        // The space after a text is lost, and with it whatever asks for the apostrophe.
        let guard = if is_guardable(cell.trim_end()) { "'" } else { "" };
        // Writing to a String cannot fail.
        let _ = match cell.contains([',', '"', '\r', '\n']) || cell.trim() != cell {
            true => write!(line, "\"{guard}{}\"", cell.replace('"', "\"\"")),
            false => write!(line, "{guard}{cell}"),
        };
    }
    line.push_str("\r\n");
    line
}

/// Whether a spreadsheet might calculate the cell, or would once an apostrophe is taken off it. Such a cell is written
/// with one more apostrophe than it has, and read with one less: nothing is lost on the way.
pub(crate) fn is_guardable(cell: &str) -> bool {
    // OWASP's list (“CSV Injection”): white space before the sign, and signs of full width, do not stop a spreadsheet.
    for c in cell.chars() {
        match c {
            '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\t' | '\r' | '\n' | '\0' => return true,
            '\'' => {}
            _ if c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}' => {}
            _ => return false,
        }
    }
    false
}

pub use super::table::columns::is_of_a_report;

/// The columns of a file of that kind, in the order of [`cells`].
pub fn header(kind: Kind) -> Vec<&'static str> {
    columns::written(kind).collect()
}

/// What is wanted as the cells of a row, from which [`super::Table::read`] makes the same again. Only the space
/// around a text is not kept.
pub fn cells(wanted: &Wanted) -> Vec<String> {
    match wanted {
        Wanted::User(user) => user_cells(user).into(),
        Wanted::Service(service) => service_cells(service).into(),
    }
}

fn user_cells(user: &WantedUser) -> [String; 12] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let contacts = |kind| joined(user.contacts.iter().filter(|it| it.kind == kind).map(contact));
    let rules = |urgency| {
        let rules = user.rules.iter().filter(|it| it.urgency == urgency);
        joined(rules.map(|rule| format!("{}:{}", rule.by.name(), rule.delay)))
    };
    [
        user.name.clone(),
        user.email.clone(),
        text(&user.role),
        text(&user.job_title),
        text(&user.time_zone),
        text(&user.description),
        joined(user.teams.iter().map(|it| listed::team(&it.team, it.role.as_deref()))),
        contacts(ContactKind::Phone),
        contacts(ContactKind::Sms),
        contacts(ContactKind::Email),
        rules(Urgency::High),
        rules(Urgency::Low),
    ]
}

fn service_cells(service: &WantedService) -> [String; 8] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let timeout = |timeout: Option<Timeout>| match timeout {
        None => String::new(),
        Some(Timeout::Never) => "never".to_owned(),
        Some(Timeout::Seconds(seconds)) => seconds.to_string(),
    };
    [
        service.name.clone(),
        text(&service.description),
        text(&service.escalation_policy),
        joined(service.teams.iter().map(|it| listed::entry(it))),
        timeout(service.auto_resolve_timeout),
        timeout(service.acknowledgement_timeout),
        text(&service.alert_creation),
        text(&service.urgency),
    ]
}

fn contact(contact: &WantedContact) -> String {
    match (contact.kind, contact.country_code) {
        (ContactKind::Email, _) => listed::entry(&contact.address),
        (_, Some(code)) => format!("+{code} {}", contact.address),
        (_, None) => format!("+{}", contact.address),
    }
}

fn joined(entries: impl Iterator<Item = String>) -> String {
    entries.collect::<Vec<_>>().join("; ")
}

/// A file to begin with: the header and two rows to write over. Its people are invented, and their telephone numbers
/// are such as no network gives out.
pub fn template(kind: Kind) -> String {
    let rows: &[&[&str]] = match kind {
        Kind::Users => &[
            &[
                "Mira Okonjo",
                "mira.okonjo@example.com",
                "Responder",
                "Site reliability engineer",
                "Europe/London",
                "Knows the payment gateway.",
                "Payments:manager; Platform",
                "+44 20 7946 0123",
                "+44 7700 900123",
                "mira@home.example.com",
                "email; sms; phone:5",
                "email:10",
            ],
            &["Tomas Lindqvist", "tomas.lindqvist@example.com", "Manager", "", "America/New_York"],
        ],
        Kind::Services => &[
            &[
                "Checkout",
                "Takes the money.",
                "Payments on call",
                "Payments",
                "4h",
                "30m",
                "alerts and incidents",
                "high",
            ],
            &["Newsletter", "Sends the monthly letter.", "Platform on call", "", "never", "never", "", "low"],
        ],
    };
    let header = header(kind);
    let row =
        |row: &&[&str]| line(header.iter().enumerate().map(|(at, _)| row.get(at).copied().unwrap_or("")));
    line(&header) + &rows.iter().map(row).collect::<String>()
}
