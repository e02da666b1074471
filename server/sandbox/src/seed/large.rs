//! A company with more than paging reaches: every thing follows from its number, so two starts agree.

use jiff::Timestamp;
use serde_json::json;

use super::Role;
use super::furniture::ago;
use super::incidents::Begun;
use crate::account::{
    Account, AlertCreation, Level, Membership, Policy, Service, Status, Target, TeamRole, Urgency, User,
};

const USERS: usize = 5_000;
const SERVICES: usize = 12_000;
const INCIDENTS: usize = 2_000;
const POLICIES: usize = 240;

const FIRST_NAMES: [&str; 16] = [
    "Ada", "Bruno", "Chiara", "Dmitri", "Esra", "Femi", "Greta", "Hiro", "Ingrid", "João", "Kavya", "Liam",
    "Mei", "Nadia", "Omar", "Paula",
];
const LAST_NAMES: [&str; 16] = [
    "Adeyemi",
    "Brandt",
    "Castillo",
    "Demir",
    "Eriksen",
    "Fontaine",
    "Grünwald",
    "Haddad",
    "Ito",
    "Jovanović",
    "Kaya",
    "Lindgren",
    "Mbeki",
    "Nguyen",
    "O’Brien",
    "Petrov",
];
const SYSTEMS: [&str; 20] = [
    "billing",
    "catalog",
    "checkout",
    "delivery",
    "email",
    "fraud",
    "identity",
    "inventory",
    "ledger",
    "media",
    "orders",
    "payments",
    "pricing",
    "profile",
    "returns",
    "search",
    "sessions",
    "shipping",
    "tax",
    "wallet",
];
const PARTS: [&str; 12] = [
    "api", "cache", "consumer", "cron", "database", "export", "gateway", "indexer", "proxy", "queue", "web",
    "worker",
];
const SYMPTOMS: [&str; 8] = [
    "p99 latency above its limit",
    "error rate above 2 %",
    "disk 90 % full",
    "no metrics for 10 minutes",
    "certificate expires in 7 days",
    "restarted 5 times in an hour",
    "queue grows and is not read",
    "health check fails in one zone",
];
const TEAMS: [&str; 4] = ["PTEAM01", "PTEAM02", "PTEAM03", "PTEAM04"];

pub(super) fn grow(account: &mut Account, now: Timestamp) {
    let since = ago(now, 200 * 24 * 60);
    for number in account.users.all().len()..USERS {
        account.users.add(user(number, since).with_email_contact());
    }
    for number in 0..POLICIES {
        account.policies.add(policy(number));
    }
    for number in account.services.all().len()..SERVICES {
        account.services.add(service(number, since));
    }
    for number in account.incidents.all().len()..INCIDENTS {
        incident(number).happen(account, now);
    }
}

fn user(number: usize, since: Timestamp) -> User {
    let (first, last) = (pick(&FIRST_NAMES, number), pick(&LAST_NAMES, number / FIRST_NAMES.len()));
    let role = if number.is_multiple_of(9) { Role::Observer } else { Role::LimitedUser };
    User {
        id: format!("PU{number:05}"),
        name: format!("{first} {last} {number:04}"),
        email: format!("colleague-{number:04}@acme.example"),
        role,
        time_zone: "Etc/UTC".to_owned(),
        color: "gray".to_owned(),
        job_title: None,
        description: None,
        teams: vec![Membership { team: pick(&TEAMS, number).to_owned(), role: TeamRole::Responder }],
        has_avatar: false,
        invited: false,
        since,
        contact_methods: Vec::new(),
        rules: Vec::new(),
    }
}

fn policy(number: usize) -> Policy {
    let id = format!("PE{number:05}");
    let targets = |first: usize| vec![Target::User(format!("PU{:05}", 100 + (number * 20 + first) % 4_000))];
    let level =
        |place: usize| Level { id: format!("{id}R{place}"), delay_minutes: 15, targets: targets(place) };
    Policy {
        levels: vec![level(1), level(2)],
        name: format!("{} {:03}", pick(&SYSTEMS, number), number),
        description: None,
        loops: 1,
        teams: vec![pick(&TEAMS, number).to_owned()],
        id,
    }
}

fn service(number: usize, created_at: Timestamp) -> Service {
    let (system, part) = (pick(&SYSTEMS, number), pick(&PARTS, number / SYSTEMS.len()));
    Service {
        id: format!("PS{number:05}"),
        name: format!("{system}-{part}-{number:05}"),
        description: None,
        policy: format!("PE{:05}", number % POLICIES),
        teams: vec![pick(&TEAMS, number / 3).to_owned()],
        created_at,
        set_status: None,
        auto_resolve_timeout: None,
        acknowledgement_timeout: None,
        alert_creation: AlertCreation::CreateAlertsAndIncidents,
        urgency_rule: json!({ "type": "constant", "urgency": "high" }),
    }
}

fn incident(number: usize) -> Begun {
    // A stride that shares no factor with the number of services spreads them out.
    let service = 100 + number * 7 % (SERVICES - 100);
    let place = u32::try_from(number).unwrap_or(u32::MAX);
    Begun {
        place,
        service: format!("PS{service:05}"),
        title: format!("{}-{}: {}", pick(&SYSTEMS, service), service, pick(&SYMPTOMS, number)),
        urgency: if number.is_multiple_of(3) { Urgency::Low } else { Urgency::High },
        status: match number % 20 {
            0 => Status::Triggered,
            1 | 2 => Status::Acknowledged,
            _ => Status::Resolved,
        },
        // All within the month that is listed unless asked otherwise.
        minutes_ago: 10 + i64::from(place) * 20,
        priority: None,
    }
}

fn pick<'a>(from: &[&'a str], number: usize) -> &'a str {
    from.get(number % from.len()).copied().unwrap_or_default()
}
