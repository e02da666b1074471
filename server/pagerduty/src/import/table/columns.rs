//! The columns a file can have, and the names they go by.

use super::{
    super::wanted::Kind,
    cell::{key, shown},
};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Column {
    Name,
    FirstName,
    LastName,
    Email,
    Role,
    JobTitle,
    TimeZone,
    Description,
    Teams,
    Phone,
    Sms,
    Emails,
    NotifyHigh,
    NotifyLow,
    EscalationPolicy,
    AutoResolveTimeout,
    AcknowledgementTimeout,
    AlertCreation,
    Urgency,
}

use Column::*;

/// A column, its name, and all it is called: as [`key`] leaves it, unless the name is that already.
type Known = (Column, &'static str, &'static [&'static str]);

/// In the order in which they are written.
const USERS: &[Known] = &[
    (Name, "name", &["fullname", "displayname", "user", "username", "person"]),
    (
        Email,
        "email",
        &[
            "emailaddress",
            "mail",
            "mailaddress",
            "login",
            "loginemail",
            "signinemail",
            "primaryemail",
            "useremail",
        ],
    ),
    (Role, "role", &["baserole", "userrole", "accountrole", "pagerdutyrole"]),
    (JobTitle, "job_title", &["jobtitle", "title", "job", "position"]),
    (TimeZone, "time_zone", &["timezone", "tz", "timezonename", "ianatimezone"]),
    (Description, "description", &["bio", "about", "aboutme"]),
    (Teams, "teams", &["team", "teammemberships"]),
    (
        Phone,
        "phone",
        &[
            "phones",
            "phonenumber",
            "phonenumbers",
            "telephone",
            "telephonenumber",
            "tel",
            "mobile",
            "mobilephone",
            "mobilenumber",
            "cell",
            "cellphone",
            "voice",
            "call",
        ],
    ),
    (Sms, "sms", &["smsnumber", "smsnumbers", "text", "textmessage", "textmessages"]),
    (
        Emails,
        "emails",
        &[
            "otheremail",
            "otheremails",
            "furtheremail",
            "furtheremails",
            "additionalemail",
            "additionalemails",
            "contactemail",
            "contactemails",
            "secondaryemail",
            "alternativeemail",
            "emailaddresses",
            "otheremailaddresses",
            "furtheremailaddresses",
        ],
    ),
    (
        NotifyHigh,
        "notify_high",
        &["notifyhigh", "highurgency", "notifyhighurgency", "highurgencynotifications", "highurgencyrules"],
    ),
    (
        NotifyLow,
        "notify_low",
        &["notifylow", "lowurgency", "notifylowurgency", "lowurgencynotifications", "lowurgencyrules"],
    ),
    (FirstName, "first_name", &["firstname", "givenname", "forename"]),
    (LastName, "last_name", &["lastname", "surname", "familyname"]),
];

const SERVICES: &[Known] = &[
    (Name, "name", &["service", "servicename"]),
    (Description, "description", &["servicedescription"]),
    (
        EscalationPolicy,
        "escalation_policy",
        &["escalationpolicy", "policy", "escalationpolicyname", "escalationpolicyid", "escalation"],
    ),
    (Teams, "teams", &["team"]),
    (
        AutoResolveTimeout,
        "auto_resolve_timeout",
        &["autoresolvetimeout", "autoresolve", "autoresolveafter", "autoresolution"],
    ),
    (
        AcknowledgementTimeout,
        "acknowledgement_timeout",
        &[
            "acknowledgementtimeout",
            "acknowledgmenttimeout",
            "acktimeout",
            "acknowledgetimeout",
            "unacknowledgeafter",
        ],
    ),
    (AlertCreation, "alert_creation", &["alertcreation", "alerts", "alertbehavior", "alertbehaviour"]),
    (Urgency, "urgency", &["incidenturgency", "urgencyrule", "incidenturgencyrule", "notificationurgency"]),
];

/// How columns begin that a plan or a report adds.
const REPORT: &str = "import_";

fn known(kind: Kind) -> &'static [Known] {
    match kind {
        Kind::Users => USERS,
        Kind::Services => SERVICES,
    }
}

/// The names of the columns that are written: a name is one of them, not two.
pub(crate) fn written(kind: Kind) -> impl Iterator<Item = &'static str> {
    let halves = |column: Column| matches!(column, FirstName | LastName);
    known(kind).iter().filter(move |(column, ..)| !halves(*column)).map(|(_, name, _)| *name)
}

/// The column a file calls so.
pub(super) fn named(kind: Kind, name: &str) -> Option<Column> {
    let wanted = key(name);
    let is_it = |(_, name, others): &&Known| *name == wanted || others.contains(&wanted.as_str());
    known(kind).iter().find(is_it).map(|(column, ..)| *column)
}

/// The name a column has at PagerDuty, and is written by.
pub(super) fn name(kind: Kind, column: Column) -> &'static str {
    known(kind).iter().find(|(it, ..)| *it == column).map_or("", |(_, name, _)| name)
}

/// Whether a plan or a report added it to somebody's file: that file can be corrected and loaded again.
pub fn is_of_a_report(name: &str) -> bool {
    name.starts_with(REPORT)
}

/// What to say of a column that nobody knows.
pub(super) fn unknown(kind: Kind, name: &str) -> String {
    if matches!(key(name).as_str(), "push" | "pushnotification" | "pushnotifications") {
        return "Push notifications cannot be loaded from a file: PagerDuty's mobile app sets them up when the person \
                signs in there. Leave this column out."
            .to_owned();
    }
    let hint = match (nearest(kind, name), named(other(kind), name)) {
        (Some(near), _) => format!(" Did you mean “{near}”?"),
        (None, Some(_)) => format!(" It belongs in a file of {}.", other(kind).name()),
        (None, None) => String::new(),
    };
    let all: Vec<_> = known(kind).iter().map(|(_, name, _)| *name).collect();
    format!(
        "There is no column {} in a file of {}.{hint} The columns are: {}.",
        shown(name),
        kind.name(),
        all.join(", ")
    )
}

fn other(kind: Kind) -> Kind {
    match kind {
        Kind::Users => Kind::Services,
        Kind::Services => Kind::Users,
    }
}

/// Of the columns, the one whose name differs in no more than every third letter.
fn nearest(kind: Kind, name: &str) -> Option<&'static str> {
    /// Nothing longer is like any of them, and comparing takes its length times theirs.
    const LONGEST: usize = 40;
    let wanted = key(name);
    if wanted.len() > LONGEST {
        return None;
    }
    let names = known(kind)
        .iter()
        .flat_map(|(_, name, others)| std::iter::once(name).chain(*others).map(move |it| (*name, *it)));
    let near = names.filter_map(|(name, it)| {
        let most = wanted.len().min(it.len()).div_ceil(3);
        let far = Some(it.len().abs_diff(wanted.len()))
            .filter(|less| *less <= most)
            .map(|_| distance(&wanted, it))?;
        (far <= most).then_some((far, name))
    });
    near.min_by_key(|(far, _)| *far).map(|(_, name)| name)
}

/// How many letters must be put in, left out or changed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (1..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let (mut diagonal, mut left) = (i, i + 1);
        for (above, y) in row.iter_mut().zip(b.chars()) {
            let least = (diagonal + usize::from(x != y)).min(left + 1).min(*above + 1);
            diagonal = *above;
            *above = least;
            left = least;
        }
    }
    row.last().copied().unwrap_or(a.chars().count())
}
