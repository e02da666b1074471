//! The form that takes a file, and what a file may hold.

use leptos::prelude::*;
use pagerduty::import::Kind;

use super::{PATH, columns};

/// A plain form: the browser itself sends the file, with JavaScript and without.
pub(super) fn of(kind: Kind) -> AnyView {
    let (title, about) = match kind {
        Kind::Users => {
            ("Users", "People, their roles and teams, how they are reached and when they are told.")
        }
        Kind::Services => {
            ("Services", "What incidents are opened on, with escalation policy, timeouts and urgency.")
        }
    };
    let name = kind.name();
    let (heading, field) = (format!("load-{name}"), format!("file-{name}"));
    let (named_by, asked_by) = (heading.clone(), field.clone());
    let row = |(column, meaning): &(&'static str, &'static str)| {
        view! {
            <tr>
                <th scope="row">
                    <code>{*column}</code>
                </th>
                <td>{*meaning}</td>
            </tr>
        }
        .into_any()
    };
    view! {
        <section class="card" aria-labelledby=named_by>
            <h2 id=heading>{title}</h2>
            <p class="quiet">{about}</p>
            <form class="load-form" method="post" action=PATH enctype="multipart/form-data">
                <input type="hidden" name="kind" value=name />
                <label for=asked_by>"CSV file, up to 5 MiB and 10,000 rows"</label>
                <input type="file" id=field name="file" accept=".csv,text/csv" required />
                <button class="button" type="submit">
                    {format!("Plan these {name}")}
                </button>
            </form>
            <p class="load-ways">
                <a href=format!("{PATH}/template/{name}") rel="external" download="">
                    "Template"
                    <span class="unseen">{format!(" for {name}")}</span>
                </a>
                <a href=format!("{PATH}/export/{name}") rel="external">
                    "Export what is there now"
                    <span class="unseen">{format!(" of {name}")}</span>
                </a>
            </p>
            <details class="load-columns">
                <summary>"What the columns are"</summary>
                <table>
                    <caption class="unseen">{format!("Columns of a file of {name}")}</caption>
                    <tbody>{columns::of(kind).iter().map(row).collect::<Vec<_>>()}</tbody>
                </table>
                <p class="quiet">
                    "Their order does not matter. An empty cell says nothing: what PagerDuty has stays as it is. Several in one cell are separated by semicolons."
                </p>
            </details>
        </section>
    }
    .into_any()
}
