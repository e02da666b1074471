//! Operations found and picked.

use std::collections::BTreeMap;

use leptos::prelude::*;
use pagerduty::{
    Operation, Read, Scopes,
    api::Told,
    operations::{self, OPERATIONS},
    scope,
};

use crate::{
    board::Board,
    boards::parts,
    ssr::{
        asker::Asker,
        fields::{Fields, counted},
        trouble::Trouble,
    },
};

mod call;

pub(crate) use call::{curl_of_me, filled};

const PATH: &str = "/explorer";
/// Operations that can be picked.
const MAX_PICKED: usize = 50;

/// The operation the address names, as `GET /users/{id}`.
pub(crate) fn chosen(fields: &Fields) -> Option<&'static Operation> {
    named(fields.get("op")?)
}

fn name_of(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.path)
}

fn named(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| name_of(operation) == name)
}

/// What came of running an operation.
pub(crate) enum Ran {
    Not,
    Failed(Trouble),
    Told(Box<Read>, Told),
}

pub(crate) fn page(asker: &Asker, fields: &Fields, ran: Ran, left: Option<(u32, u64)>) -> Board {
    let picked: Vec<&Operation> = fields.all("pick").filter_map(named).take(MAX_PICKED).collect();
    let said = match &ran {
        Ran::Not => String::new(),
        Ran::Failed(trouble) => trouble.title.clone(),
        Ran::Told(..) => "Here is the answer".to_owned(),
    };
    let content = view! {
        {search_form(fields)}
        {(!picked.is_empty()).then(|| basket(asker, fields, &picked))}
        {match chosen(fields) {
            Some(operation) => call::detail(asker, fields, operation, ran, left),
            None => found(asker, fields),
        }}
    };
    let lead =
        "Every operation of PagerDuty’s API: which scope it needs, whether you have it, and what it answers.";
    parts::board("Explorer", lead, &said, content.into_any())
}

fn search_form(fields: &Fields) -> AnyView {
    let words = fields.get("q").unwrap_or_default().to_owned();
    view! {
        <form class="filter" method="get" action=PATH role="search">
            {kept(fields, &["pick"])}
            <label class="filter-wide">
                <span>"Operation, path or scope"</span>
                <input type="search" name="q" value=words placeholder="who is on call, /users, incidents.write" maxlength="100" />
            </label>
            <button class="button" type="submit">
                "Search"
            </button>
        </form>
    }
    .into_any()
}

/// The scopes of what was picked: to tick at PagerDuty, and to configure here.
fn basket(asker: &Asker, fields: &Fields, picked: &[&Operation]) -> AnyView {
    let needed = operations::scopes_for(picked);
    let missing = needed.missing_from(&asker.about().granted());
    let line = format!("PD_SCOPES=\"{}\"", Scopes::parse("openid users.read").with(&needed));
    let items = picked.iter().map(|operation| {
        let name = name_of(operation);
        let rest = fields.all("pick").filter(|pick| *pick != name);
        let address = rest.fold(fields.without(&["pick"]), |rest, pick| rest.and("pick", pick)).address(PATH);
        view! {
            <li>
                {label(operation)}
                <a href=address>
                    "Remove"<span class="unseen">" " {name}</span>
                </a>
            </li>
        }
        .into_any()
    });
    view! {
        <section class="card basket">
            <h2>"Which scopes do these need?"</h2>
            <ul class="picked">{items.collect::<Vec<_>>()}</ul>
            <p>"Tick these in PagerDuty, under Integrations → App Registration → your app → Scoped OAuth:"</p>
            <ul class="scopes">{needed.iter().map(|scope| scope_line(asker, scope)).collect::<Vec<_>>()}</ul>
            <p>"And ask for them with this setting:"</p>
            <pre class="tape" tabindex="0">{line}</pre>
        </section>
        {(!missing.is_empty())
            .then(|| parts::hindrance(Trouble::scopes(&missing, asker.about()), &asker.here))}
    }
    .into_any()
}

fn scope_line(asker: &Asker, name: &str) -> AnyView {
    view! {
        <li>
            {standing(asker, name)}
            <span class="quiet">{scope::words(name)}</span>
        </li>
    }
    .into_any()
}

/// A scope, and whether this connection has it.
fn standing(asker: &Asker, scope: &str) -> AnyView {
    let (state, said) = if asker.may(scope) { ("good", "granted") } else { ("still", "not granted") };
    view! {
        <code>{scope.to_owned()}</code>
        {parts::state(state, said)}
    }
    .into_any()
}

/// Fields of the address that a form leaves as they are.
fn kept(fields: &Fields, names: &[&str]) -> Vec<AnyView> {
    let kept = fields.pairs().filter(|(name, _)| names.contains(name));
    let input = |(name, value): (&str, &str)| {
        view! { <input type="hidden" name=name.to_owned() value=value.to_owned() /> }.into_any()
    };
    kept.map(input).collect()
}

fn label(operation: &Operation) -> AnyView {
    view! {
        <span class="operation">
            <span class="method" data-method=operation.method>
                {operation.method}
            </span>
            <code>{operation.path}</code>
        </span>
    }
    .into_any()
}

fn found(asker: &Asker, fields: &Fields) -> AnyView {
    let Some(words) = fields.get("q") else { return groups(fields) };
    let list = of_group(words).unwrap_or_else(|| operations::search(words));
    if list.is_empty() {
        return parts::empty("No operation fits", "Try one word, such as “users” or “schedules.write”.");
    }
    let said = counted(list.len() as u64, "operation", "operations, the closest first");
    let rows = list.into_iter().map(|operation| result(asker, fields, operation));
    view! {
        <p class="quiet">{said}</p>
        <ul class="operations">{rows.collect::<Vec<_>>()}</ul>
    }
    .into_any()
}

/// What an operation is about: the first part of its path that says so.
fn thing(operation: &Operation) -> &str {
    // A version, or a thing of any kind, says nothing.
    let mut parts = operation.path.split('/').filter(|part| !part.is_empty() && *part != "v3");
    parts.find(|part| !part.starts_with('{')).unwrap_or_default()
}

/// All of what the index calls by this name.
fn of_group(words: &str) -> Option<Vec<&'static Operation>> {
    let name = words.strip_prefix('/')?;
    let list: Vec<_> = OPERATIONS.iter().filter(|operation| thing(operation) == name).collect();
    (!list.is_empty()).then_some(list)
}

fn result(asker: &Asker, fields: &Fields, operation: &'static Operation) -> AnyView {
    let name = name_of(operation);
    let address = fields.with("op", Some(&name)).address(PATH);
    let is_picked = fields.all("pick").any(|pick| pick == name);
    let pick = fields.and("pick", &name).address(PATH);
    view! {
        <li>
            <a class="operation-way" href=address>
                {label(operation)}
            </a>
            <p>
                {operation.words}
                {operation.deprecated.then(|| view! { <span class="tag">"Deprecated"</span> })}
            </p>
            <p class="operation-scope">{need(asker, operation)}</p>
            {(!is_picked)
                .then(|| {
                    view! {
                        <a class="operation-pick" href=pick>
                            "Pick"<span class="unseen">" " {name}</span>
                        </a>
                    }
                })}
        </li>
    }
    .into_any()
}

fn need(asker: &Asker, operation: &Operation) -> AnyView {
    match operation.scope {
        None => view! { <span class="quiet">"PagerDuty names no scope for it"</span> }.into_any(),
        Some(scope) => standing(asker, scope),
    }
}

/// Where to begin: the things PagerDuty has operations for.
fn groups(fields: &Fields) -> AnyView {
    let mut groups: BTreeMap<&str, u64> = BTreeMap::new();
    for operation in OPERATIONS {
        *groups.entry(thing(operation)).or_default() += 1;
    }
    let links = groups.into_iter().map(|(thing, count)| {
        let address = fields.with("q", Some(&format!("/{thing}"))).address(PATH);
        view! {
            <li>
                <a href=address>{thing.replace('_', " ")}</a>
                " "
                <span class="quiet">{count}</span>
            </li>
        }
        .into_any()
    });
    view! {
        <section class="card">
            <h2>{counted(OPERATIONS.len() as u64, "operation", "operations")} ", by what they are about"</h2>
            <ul class="groups">{links.collect::<Vec<_>>()}</ul>
        </section>
    }
    .into_any()
}
