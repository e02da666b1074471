//! One operation: filled in, run, and written down for a terminal.

use leptos::prelude::*;
use pagerduty::{NoRead, Operation, Read, operations};

use super::{PATH, Ran, kept, label, need};
use crate::{
    boards::parts,
    ssr::{
        asker::Asker,
        fields::{Fields, counted},
    },
    ui::{fact::fact, icon::Icon},
};

/// JSON shown of an answer, in bytes; a page with more is slow to look at.
const MAX_SHOWN: usize = 100_000;

/// The read that the form of an operation describes. Path parameters stand in
/// fields `p.`, the others in `v.`; a parameter that can come several times takes
/// its values with commas between them.
pub(crate) fn filled(operation: &Operation, fields: &Fields) -> Result<Read, NoRead> {
    // Two parts in one field would lead to another operation.
    let two_parts = |name| part(fields, name).filter(|value| value.contains('/'));
    if let Some(bad) = operation.path_parameters().find_map(two_parts) {
        return Err(NoRead::Part(bad.to_owned()));
    }
    let parameters = parameters(operation, fields);
    Read::parse(&path(operation, fields), parameters.iter().map(|(key, value)| (*key, value.as_str())))
}

fn part<'f>(fields: &'f Fields, name: &str) -> Option<&'f str> {
    fields.get(&format!("p.{name}"))
}

/// The path, filled in as far as the form is.
fn path(operation: &Operation, fields: &Fields) -> String {
    let given = operation.path_parameters().filter_map(|name| Some((name, part(fields, name)?)));
    given.fold(operation.path.to_owned(), |path, (name, value)| path.replace(&format!("{{{name}}}"), value))
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

pub(super) fn detail(
    asker: &Asker,
    fields: &Fields,
    operation: &'static Operation,
    ran: Ran,
    left: Option<(u32, u64)>,
) -> AnyView {
    let back = fields.with("op", None).without(&["run"]).address(PATH);
    let offer = match (&ran, operation.scope) {
        (Ran::Not, Some(scope)) => asker.need(scope).err().map(|why| parts::hindrance(why, &asker.here)),
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
            {if operation.is_read() {
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
            {kept(fields, &["q", "op", "pick"])}
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
    let base =
        asker.client().endpoints().api(asker.about().region()).as_str().trim_end_matches('/').to_owned();
    let path = path(operation, fields);
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
        quoted(&asker.about().user.email)
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
    let headers = told.headers.into_iter().map(|(name, value)| fact(name, value));
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
    use super::{super::chosen, *};

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
