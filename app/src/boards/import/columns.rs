//! What may stand in the columns of a file, in words. The reader knows more names for each: see
//! [`pagerduty::import::Table`].

use pagerduty::import::Kind;

const USERS: [(&str, &str); 12] = [
    ("name", "Needed. Or first_name and last_name."),
    ("email", "Needed: what people sign in with, and what tells them apart."),
    ("role", "Global Admin, Manager, Responder, Observer, Restricted Access, Limited Stakeholder …"),
    ("job_title", "Up to 100 characters."),
    ("time_zone", "Such as Europe/London."),
    ("description", "What they say about themselves."),
    ("teams", "Names or IDs, with a role if you like: Payments:manager; Platform."),
    ("phone", "With the country: +44 20 7946 0123."),
    ("sms", "A number for text messages, likewise."),
    ("emails", "Further addresses to be told at."),
    (
        "notify_high",
        "How they are told of urgent incidents, and after how many minutes: email; sms; phone:5.",
    ),
    ("notify_low", "The same for those that are not urgent."),
];

const SERVICES: [(&str, &str); 8] = [
    ("name", "Needed: what tells services apart."),
    ("description", "Up to 1,024 characters."),
    ("escalation_policy", "The name or the ID of one. A new service needs it."),
    ("teams", "Must be those of the escalation policy: PagerDuty takes them from there."),
    ("auto_resolve_timeout", "When an open incident ends by itself: 4h, 14400 or never."),
    ("acknowledgement_timeout", "When an acknowledged one is triggered again: 30m or never."),
    ("alert_creation", "incidents, or alerts and incidents."),
    ("urgency", "high, low or severity_based."),
];

pub(super) fn of(kind: Kind) -> &'static [(&'static str, &'static str)] {
    match kind {
        Kind::Users => &USERS,
        Kind::Services => &SERVICES,
    }
}
