//! What each row comes to, before anything is written.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{
    account::Account,
    shown::{self, Change, Shown},
    table::Record,
    wanted::{Wanted, WantedContact, WantedRule, WantedService, WantedTeam, WantedUser},
};
use crate::{
    EscalationPolicy, Scopes, Team,
    users::{Person, User},
};

mod index;
mod reach;
mod seats;

use index::{Index, Lines};
use seats::Seats;

/// What is to be done for a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// There is no such user or service.
    Create,
    /// It is there, otherwise than the row has it.
    Update,
    /// It is there as the row has it.
    Unchanged,
    /// The row cannot be done as it stands.
    Conflict,
    /// A run made it, and that is to be undone.
    Delete,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Create, Self::Update, Self::Delete, Self::Unchanged, Self::Conflict];

    /// `create`, `update` …
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Unchanged => "unchanged",
            Self::Conflict => "conflict",
            Self::Delete => "delete",
        }
    }

    /// The action of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Whether PagerDuty is asked to change something.
    pub fn writes(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Delete)
    }
}

/// What a row comes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// What is to be done.
    pub action: Action,
    /// Of what is there already.
    pub id: Option<String>,
    /// Its page in PagerDuty.
    pub url: Option<String>,
    /// Field by field.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// Ways to be reached that are to be added.
    #[serde(default)]
    pub contacts: Vec<WantedContact>,
    /// Rules that are to be added.
    #[serde(default)]
    pub rules: Vec<WantedRule>,
    /// Teams to be put on.
    #[serde(default)]
    pub teams: Vec<Place>,
    /// Why it cannot be done, or what should be known about it; finished sentences.
    #[serde(default)]
    pub why: Vec<String>,
    /// Calls it takes, at least.
    pub calls: u32,
}

/// A place on a team that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// PagerDuty's id.
    pub id: String,
    /// As it is called there.
    pub name: String,
    /// The team's usual one where nothing is said.
    pub role: Option<String>,
}

impl Planned {
    pub(super) fn new(action: Action) -> Self {
        Self {
            action,
            id: None,
            url: None,
            changes: Vec::new(),
            contacts: Vec::new(),
            rules: Vec::new(),
            teams: Vec::new(),
            why: Vec::new(),
            calls: 0,
        }
    }

    /// A row that cannot be done.
    pub fn conflict(why: Vec<String>) -> Self {
        Self { why, ..Self::new(Action::Conflict) }
    }

    /// The scopes it takes.
    pub fn scopes(&self, wanted: &Wanted) -> Scopes {
        let is_user = matches!(wanted, Wanted::User(_));
        let reach = !(self.contacts.is_empty() && self.rules.is_empty());
        let each = [
            ("users.read", is_user),
            ("users.write", is_user),
            ("users:contact_methods.read", is_user && reach),
            ("users:contact_methods.write", is_user && reach),
            ("teams.write", !self.teams.is_empty() && self.action != Action::Delete),
            ("services.read", !is_user),
            ("services.write", !is_user),
        ];
        let needed: Vec<&str> =
            each.into_iter().filter(|(_, is)| *is && self.action.writes()).map(|(scope, _)| scope).collect();
        Scopes::parse(&needed.join(" "))
    }
}

/// Plans every row of a file, in order. `by` is who will be the one that writes.
pub fn plan(rows: &[Record], account: &Account, by: &User) -> Vec<Planned> {
    let mut lines: HashMap<String, Lines> = HashMap::new();
    for row in rows {
        if let Ok(wanted) = &row.wanted {
            lines.entry(wanted.key()).or_default().add(row.line);
        }
    }
    let index = Index::of(account);
    let mut seats = Seats::of(account);
    let plan_row = |row: &Record| match &row.wanted {
        Err(mistakes) => Planned::conflict(mistakes.iter().map(|it| it.in_its_row()).collect()),
        Ok(wanted) => {
            if let Some(others) = lines.get(&wanted.key()).and_then(|it| it.others(row.line)) {
                let what = if matches!(wanted, Wanted::User(_)) { "e-mail address" } else { "name" };
                let why = format!(
                    "The same {what} stands in {others}. Keep one of them: only you know which is right."
                );
                return Planned::conflict(vec![why]);
            }
            let planned = match wanted {
                Wanted::User(user) => plan_user(user, account, &index, by),
                Wanted::Service(service) => plan_service(service, account, &index),
            };
            seats.take(planned, wanted)
        }
    };
    rows.iter().map(plan_row).collect()
}

fn plan_user(wanted: &WantedUser, account: &Account, index: &Index<'_>, by: &User) -> Planned {
    let there = account.people.get(&wanted.email.to_lowercase());
    let mut why = Vec::new();
    let role = wanted.role.as_deref().or(there.map(|it| it.user.role.as_str())).unwrap_or_default();
    let current = there.map(|it| it.user.role.as_str());
    if wanted.role.as_deref().is_some_and(|role| Some(role) != current) {
        if current == Some("owner") {
            why.push(
                "This is the account's owner, whose role cannot be changed. Leave the role empty.".to_owned(),
            );
        }
        if role == "admin" && !matches!(by.role.as_str(), "admin" | "owner") {
            why.push(format!(
                "Only a Global Admin can make one, and you are {}. Choose another role.",
                by.role_name()
            ));
        }
    }
    if role.starts_with("read_only") && !wanted.teams.is_empty() {
        why.push(
            "A stakeholder cannot be on a team. Leave the teams empty, or choose another role.".to_owned(),
        );
    }
    let mut teams = Vec::new();
    for team in &wanted.teams {
        match find_team(team, index) {
            Ok(found) => teams.extend(place(found, team, there, account)),
            Err(sentence) => why.push(sentence),
        }
    }
    if !why.is_empty() {
        return Planned::conflict(why);
    }
    let known = there.map(|it| it.contact_methods.as_slice()).unwrap_or_default();
    let contacts =
        wanted.contacts.iter().filter(|it| !known.iter().any(|method| it.is(method))).cloned().collect();
    let has_rule = |rule: &&WantedRule| there.is_some_and(|person| rule.is_there(person, wanted));
    let rules = wanted.rules.iter().filter(|rule| !has_rule(rule)).cloned().collect();
    let said = shown::of_wanted_user(wanted);
    let planned = Planned { contacts, rules, teams, ..Planned::new(Action::Create) };
    finish(
        planned,
        said,
        there.map(|it| (it.user.id.as_str(), it.user.html_url.as_deref(), shown::of_person(it))),
    )
}

fn plan_service(wanted: &WantedService, account: &Account, index: &Index<'_>) -> Planned {
    let there = account.services.get(&wanted.name.to_lowercase());
    let mut why = Vec::new();
    let policy = match wanted.escalation_policy.as_deref().map(|name| find_policy(name, index)) {
        Some(Ok(policy)) => Some(policy),
        Some(Err(sentence)) => {
            why.push(sentence);
            None
        }
        None => {
            if there.is_none() {
                why.push(
                    "A new service needs an escalation policy: write the name or the ID of one into the column \
                     escalation_policy."
                        .to_owned(),
                );
            }
            let id = there.and_then(|it| it.escalation_policy.as_ref()).map(|it| it.id.as_str());
            account.policies.iter().find(|it| Some(it.id.as_str()) == id)
        }
    };
    if let (false, Some(policy)) = (wanted.teams.is_empty(), policy) {
        let has = |name: &String| {
            policy.teams.iter().any(|it| it.id == *name || it.name().to_lowercase() == name.to_lowercase())
        };
        let missing: Vec<&str> = wanted.teams.iter().filter(|name| !has(name)).map(String::as_str).collect();
        if !missing.is_empty() {
            let of = policy.teams.iter().map(|it| it.name()).collect::<Vec<_>>().join(", ");
            why.push(format!(
                "A service belongs to the teams of its escalation policy, and “{}” belongs to {}, not to {}. Choose \
                 another policy, or leave the teams empty.",
                policy.name,
                if of.is_empty() { "no team" } else { &of },
                missing.join(", ")
            ));
        }
    }
    if !why.is_empty() {
        return Planned::conflict(why);
    }
    let policy = policy.filter(|_| wanted.escalation_policy.is_some()).map(|it| Shown {
        field: "escalation_policy".to_owned(),
        text: it.name.clone(),
        id: Some(it.id.clone()),
    });
    let said = shown::of_wanted_service(wanted, policy);
    let there = there.map(|it| (it.id.as_str(), it.html_url.as_deref(), shown::of_service(it)));
    finish(Planned::new(Action::Create), said, there)
}

/// Compares, names the action and counts the calls.
fn finish(
    mut planned: Planned,
    said: Vec<Shown>,
    there: Option<(&str, Option<&str>, Vec<Shown>)>,
) -> Planned {
    let more = planned.contacts.len() + planned.rules.len() + planned.teams.len();
    let own = match there {
        None => {
            planned.changes = said.into_iter().map(|after| Change { before: None, after }).collect();
            1
        }
        Some((id, url, fields)) => {
            (planned.id, planned.url) = (Some(id.to_owned()), url.map(str::to_owned));
            planned.changes = shown::changes(&fields, said);
            let nothing = planned.changes.is_empty() && more == 0;
            planned.action = if nothing { Action::Unchanged } else { Action::Update };
            // It is looked at once more before it is changed.
            if nothing { 0 } else { 1 + usize::from(!planned.changes.is_empty()) }
        }
    };
    planned.calls = u32::try_from(own + more).unwrap_or(u32::MAX);
    planned
}

fn find_team<'a>(wanted: &WantedTeam, index: &Index<'a>) -> Result<&'a Team, String> {
    match index.teams.get(&wanted.team.to_lowercase()).map_or(&[][..], Vec::as_slice) {
        [one] => Ok(one),
        [] => Err(format!(
            "There is no team “{}” in the account. Make it first, or correct the name.",
            wanted.team
        )),
        several => {
            let ids = several.iter().map(|it| it.id.as_str()).collect::<Vec<_>>().join(", ");
            Err(format!("Several teams are called “{}”. Write the ID of the right one: {ids}.", wanted.team))
        }
    }
}

fn find_policy<'a>(name: &str, index: &Index<'a>) -> Result<&'a EscalationPolicy, String> {
    match index.policies.get(&name.to_lowercase()).map_or(&[][..], Vec::as_slice) {
        [one] => Ok(one),
        [] => Err(format!(
            "There is no escalation policy “{name}” in the account. Make it first, or correct the name."
        )),
        several => {
            let ids = several.iter().map(|it| it.id.as_str()).collect::<Vec<_>>().join(", ");
            Err(format!(
                "Several escalation policies are called “{name}”. Write the ID of the right one: {ids}."
            ))
        }
    }
}

/// None where somebody is on the team already, with that role.
fn place(team: &Team, wanted: &WantedTeam, there: Option<&Person>, account: &Account) -> Option<Place> {
    let is_on = there.is_some_and(|person| {
        person.user.teams.iter().any(|it| it.id == team.id)
            && wanted.role.as_ref().is_none_or(|role| {
                account.members.get(&(team.id.clone(), person.user.id.clone())).is_some_and(|is| is == role)
            })
    });
    (!is_on).then(|| Place { id: team.id.clone(), name: team.name.clone(), role: wanted.role.clone() })
}

impl super::Mistake {
    /// Beside its row, where the line is plain.
    pub(super) fn in_its_row(&self) -> String {
        match &self.column {
            Some(column) => format!("{column}: {}", self.said),
            None => self.said.clone(),
        }
    }
}

impl Planned {
    /// What becomes of each field, and what is added: column, before, after.
    pub fn changes_in_words(&self) -> Vec<(String, String, String)> {
        let before = |it: &Change| it.before.as_ref().map(|it| it.text.clone()).unwrap_or_default();
        let fields =
            self.changes.iter().map(|it| (it.after.field.clone(), before(it), it.after.text.clone()));
        let contacts = self.contacts.iter().map(|it| {
            let country = it.country_code.map(|code| format!("+{code} ")).unwrap_or_default();
            (it.kind.name().to_owned(), String::new(), format!("+ {country}{}", it.address))
        });
        let rules = self.rules.iter().map(|it| {
            let urgency = format!("notify_{}", it.urgency.name());
            (urgency, String::new(), format!("+ {} after {} min", it.by.name(), it.delay))
        });
        let teams = self.teams.iter().map(|it| {
            let role = it.role.as_ref().map(|role| format!(" ({role})")).unwrap_or_default();
            ("team".to_owned(), String::new(), format!("+ {}{role}", it.name))
        });
        fields.chain(contacts).chain(rules).chain(teams).collect()
    }
}
