//! Operations found, picked, filled in and run.

use std::collections::BTreeMap;

use leptos::prelude::*;
use pagerduty::{
    NoRead, Operation, Read, Scopes,
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
    ui::icon::Icon,
};

const PATH: &str = "/explorer";
/// JSON shown of an answer, in bytes; a page with more is slow to look at.
const MAX_SHOWN: usize = 100_000;
/// Operations that can be picked.
const MAX_PICKED: usize = 50;

/// The operation the address names, as `GET /users/{id}`.
pub(crate) fn chosen(fields: &Fields) -> Option<&'static Operation> {
    named(fields.get("op")?)
}

fn named(name: &str) -> Option<&'static Operation> {
    let (method, path) = name.split_once(' ')?;
    OPERATIONS.iter().find(|it| it.method == method && it.path == path)
}

/// The read that the form of an operation describes. Path parameters stand in
/// fields `p.`, the others in `v.`; a parameter that can come several times takes
/// its values with commas between them.
pub(crate) fn filled(operation: &Operation, fields: &Fields) -> Result<Read, NoRead> {
    let mut path = operation.path.to_owned();
    for name in operation.path_parameters() {
        let value = fields.get(&format!("p.{name}")).unwrap_or_default();
        // Each by itself, or two parts in one field would lead to another operation.
        if !Read::may_stand_in_a_path(value) {
            return Err(NoRead::Part(value.to_owned()));
        }
        path = path.replace(&format!("{{{name}}}"), value);
    }
    Read::parse(&path, parameters(operation, fields).iter().map(|(key, value)| (*key, value.as_str())))
}

fn parameters(operation: &Operation, fields: &Fields) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for key in operation.query {
        let Some(value) = fields.get(&format!("v.{key}")) else { continue };
        if key.ends_with("[]") {
            found.extend(value.split(',').map(|one| (*key, one.trim().to_owned())));
        } else {
            found.push((*key, value.to_owned()));
        }
    }
    found
}

/// What came of running an operation.
pub(crate) enum Ran {
    Not,
    Wrongly(NoRead),
    Failed(Trouble),
    Told(Box<Read>, Told),
}

pub(crate) fn page(asker: &Asker, fields: &Fields, ran: Ran, left: Option<(u32, u64)>) -> Board {
    let picked: Vec<&Operation> = fields.all("pick").filter_map(named).take(MAX_PICKED).collect();
    let said = match &ran {
        Ran::Not => String::new(),
        Ran::Wrongly(_) => "It was not sent".to_owned(),
        Ran::Failed(trouble) => trouble.title.clone(),
        Ran::Told(..) => "Here is the answer".to_owned(),
    };
    let content = view! {
        {search_form(fields)}
        {(!picked.is_empty()).then(|| basket(asker, fields, &picked))}
        {match chosen(fields) {
            Some(operation) => detail(asker, fields, operation, ran, left),
            None => found(asker, fields),
        }}
    };
    let lead =
        "Every operation of PagerDuty’s API: which scope it needs, whether you have it, and what it answers.";
    parts::board("Explorer", lead, &said, content.into_any())
}

fn search_form(fields: &Fields) -> AnyView {
    let words = fields.get("q").unwrap_or_default().to_owned();
    let picks = fields
        .all("pick")
        .map(|pick| view! { <input type="hidden" name="pick" value=pick.to_owned() /> }.into_any());
    view! {
        <form class="filter" method="get" action=PATH role="search">
            {picks.collect::<Vec<_>>()}
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
    let missing = needed.missing_from(&asker.about.granted());
    let line = format!("PD_SCOPES=\"{}\"", Scopes::parse("openid users.read").with(&needed));
    let items = picked.iter().map(|operation| {
        let name = format!("{} {}", operation.method, operation.path);
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
            .then(|| parts::hindrance(Trouble::scopes(&missing, &asker.about), &asker.here))}
    }
    .into_any()
}

fn scope_line(asker: &Asker, name: &str) -> AnyView {
    let (state, said) = if asker.may(name) { ("good", "granted") } else { ("still", "not granted") };
    view! {
        <li>
            <code>{name.to_owned()}</code>
            <span class="state" data-state=state>
                {said}
            </span>
            <span class="quiet">{scope::words(name)}</span>
        </li>
    }
    .into_any()
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
    let name = format!("{} {}", operation.method, operation.path);
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

/// The scope of an operation, and whether this connection has it.
fn need(asker: &Asker, operation: &Operation) -> AnyView {
    match operation.scope {
        None => view! { <span class="quiet">"PagerDuty names no scope for it"</span> }.into_any(),
        Some(scope) => {
            let (state, said) = if asker.may(scope) { ("good", "granted") } else { ("still", "not granted") };
            view! {
                <code>{scope}</code>
                <span class="state" data-state=state>
                    {said}
                </span>
            }
            .into_any()
        }
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

fn detail(
    asker: &Asker,
    fields: &Fields,
    operation: &'static Operation,
    ran: Ran,
    left: Option<(u32, u64)>,
) -> AnyView {
    let back = fields.with("op", None).without(&["run"]).address(PATH);
    let is_read = operation.is_read();
    let offer = match (&ran, operation.scope) {
        (Ran::Not, Some(scope)) => asker.need(&[scope]).err().map(|why| parts::hindrance(why, &asker.here)),
        _ => None,
    };
    view! {
        <section class="card detail">
            <p>
                <a href=back>"← All that was found"</a>
            </p>
            <h2>{label(operation)}</h2>
            <p>{operation.words}</p>
            <p class="operation-scope">{need(asker, operation)}</p>
            {if is_read {
                form(fields, operation)
            } else {
                view! { <p class="quiet">"It changes something, so it is not run here. The line below shows how it is called."</p> }
                    .into_any()
            }}
            <h3>"From a terminal"</h3>
            <pre class="tape" tabindex="0">{curl(asker, fields, operation)}</pre>
        </section>
        {offer}
        {answer(asker, fields, ran, left)}
    }
    .into_any()
}

fn form(fields: &Fields, operation: &'static Operation) -> AnyView {
    let kept = fields.pairs().filter(|(key, _)| matches!(*key, "q" | "op" | "pick"));
    let kept = kept.map(|(key, value)| {
        view! { <input type="hidden" name=key.to_owned() value=value.to_owned() /> }.into_any()
    });
    let input = |field: String, name: &'static str, hint: &'static str, is_needed: bool| {
        let value = fields.get(&field).unwrap_or_default().to_owned();
        view! {
            <label>
                <span>
                    <code>{name}</code>
                    {hint}
                </span>
                <input type="text" name=field value=value required=is_needed maxlength="1024" />
            </label>
        }
        .into_any()
    };
    let path = operation.path_parameters().map(|name| input(format!("p.{name}"), name, " in the path", true));
    let query = operation.query.iter().map(|key| {
        let hint = if key.ends_with("[]") { " commas between several" } else { "" };
        input(format!("v.{key}"), key, hint, false)
    });
    view! {
        <form class="filter parameters-form" method="get" action=PATH>
            {kept.collect::<Vec<_>>()}
            <input type="hidden" name="run" value="1" />
            {path.chain(query).collect::<Vec<_>>()}
            <button class="button" type="submit">
                "Run it"
                <Icon name="#arrow" />
            </button>
        </form>
    }
    .into_any()
}

/// The same call for a terminal. The token comes from this program, not from the page.
fn curl(asker: &Asker, fields: &Fields, operation: &Operation) -> String {
    let base = asker.client().endpoints().api(asker.about.region()).as_str().trim_end_matches('/').to_owned();
    let mut path = operation.path.to_owned();
    for name in operation.path_parameters() {
        if let Some(value) = fields.get(&format!("p.{name}")) {
            path = path.replace(&format!("{{{name}}}"), value);
        }
    }
    let query =
        form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters(operation, fields)).finish();
    let query = if query.is_empty() { query } else { format!("?{query}") };
    let address = quoted(&format!("{base}{path}{query}"));
    let method = if operation.is_read() { String::new() } else { format!(" -X {}", operation.method) };
    let body = match operation.method {
        "POST" | "PUT" | "PATCH" => " \\\n  -H 'Content-Type: application/json' -d @body.json",
        _ => "",
    };
    format!(
        "curl{method} {address} \\\n  -H 'Accept: application/vnd.pagerduty+json;version=2' \\\n  \
         -H \"Authorization: Bearer $(pdconnect token --user {})\"{body}",
        quoted(&asker.about.user.email)
    )
}

/// The shortest call there is.
pub(crate) fn curl_of_me(asker: &Asker) -> String {
    let me = operations::find("GET", "/users/me");
    me.map(|me| curl(asker, &Fields::default(), me)).unwrap_or_default()
}

/// For a shell: nothing in it means anything.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn answer(asker: &Asker, fields: &Fields, ran: Ran, left: Option<(u32, u64)>) -> AnyView {
    let (read, told) = match ran {
        Ran::Not => return ().into_any(),
        Ran::Wrongly(why) => {
            crate::ssr::answer(400);
            return view! {
                <section class="trouble" data-code="not-sent">
                    <Icon name="#broken" />
                    <div>
                        <h2>"It was not sent"</h2>
                        <p>{why.to_string()} "."</p>
                    </div>
                </section>
            }
            .into_any();
        }
        Ran::Failed(trouble) => return parts::trouble(trouble, &asker.here),
        Ran::Told(read, told) => (read, told),
    };
    let mut json = serde_json::to_string_pretty(&told.body).unwrap_or_default();
    let is_cut = json.len() > MAX_SHOWN;
    json.truncate(json.floor_char_boundary(MAX_SHOWN));
    let [before, after] = read.neighbours(&told.body);
    let turn = |to: Option<(&str, String)>, label: &'static str, rel: &'static str| {
        let (key, value) = to?;
        let address = fields.with(&format!("v.{key}"), Some(&value)).address(PATH);
        Some(view! {
            <a class="button button-quiet" href=address rel=rel>
                {label}
            </a>
        })
    };
    let headers = told.headers.into_iter().map(|(name, value)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
        .into_any()
    });
    view! {
        <section class="card answer" aria-label="Answer">
            <div class="answer-head">
                <h2>{if told.status == 200 { "200 OK".to_owned() } else { told.status.to_string() }}</h2>
                <p class="quiet">{told.took.as_millis()} " ms"</p>
                {left
                    .map(|(left, seconds)| {
                        view! {
                            <p class="quiet">
                                {counted(left.into(), "call", "calls")} " left for the next " {seconds} " s"
                            </p>
                        }
                    })}
            </div>
            <details>
                <summary>"Headers"</summary>
                <dl class="facts">{headers.collect::<Vec<_>>()}</dl>
            </details>
            <pre class="tape json" tabindex="0" aria-label="JSON">
                {json}
            </pre>
            {is_cut.then(|| view! { <p class="quiet">"It goes on: ask for fewer with " <code>"limit"</code> "."</p> })}
            <nav class="pager" aria-label="Pages of the answer">
                {turn(before, "Before", "prev")}
                {turn(after, "Next", "next")}
            </nav>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sr_63_a_form_becomes_a_checked_read() {
        let read = |query: &str| {
            let fields = Fields::parse(query);
            filled(chosen(&fields).unwrap(), &fields)
        };
        assert_eq!(read("op=GET+/users/{id}&p.id=P1").unwrap().operation().path, "/users/{id}");
        assert!(matches!(read("op=GET+/users/{id}"), Err(NoRead::Part(_))), "nothing was filled in");
        assert!(matches!(read("op=GET+/users/{id}&p.id=../teams"), Err(NoRead::Part(_))));
        assert!(
            read("op=GET+/services&v.team_ids[]=P1,+P2&v.nonsense=x").is_ok(),
            "unknown fields are not sent"
        );
        assert!(chosen(&Fields::parse("op=GET+/unicorns")).is_none());
    }

    #[test]
    fn a_shell_sees_text_and_nothing_else() {
        assert_eq!(quoted("it's $(x) `y`"), r"'it'\''s $(x) `y`'");
    }
}
