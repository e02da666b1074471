//! Incidents, page by page, and what became of those that were changed.

use leptos::{prelude::*, server_fn::ServerFn};
use pagerduty::{Incident, IncidentStatus, Page, Reference, Urgency};

use crate::{
    board::Board,
    boards::{
        outcome::{Outcome, plain},
        parts,
    },
    incidents::ChangeIncidents,
    ssr::{
        asker::Asker,
        fields::{Fields, counted},
        trouble::Trouble,
    },
};

const PATH: &str = "/incidents";
pub(crate) const WRITE: &str = "incidents.write";
/// The first only where something can be chosen.
const COLUMNS: [&str; 6] = ["Choose", "Status", "Incident", "Service", "Assigned to", "Opened"];

/// What `state` in the address can say, and how it is called.
pub(crate) const STATES: [(&str, &str, &[IncidentStatus]); 5] = [
    ("", "Open", &[IncidentStatus::Triggered, IncidentStatus::Acknowledged]),
    ("triggered", "Triggered", &[IncidentStatus::Triggered]),
    ("acknowledged", "Acknowledged", &[IncidentStatus::Acknowledged]),
    ("resolved", "Resolved", &[IncidentStatus::Resolved]),
    ("all", "All", &[]),
];

pub(crate) fn page(asker: &Asker, fields: &Fields, found: Result<Page<Incident>, Trouble>) -> Board {
    let lead = match &found {
        Ok(Page { total: Some(total), .. }) => counted(*total, "incident fits", "incidents fit"),
        _ => "What somebody was or is paged for.".into(),
    };
    let outcome = Outcome::read(fields);
    let list = match found {
        Err(trouble) => parts::trouble(trouble, &asker.here),
        Ok(page) if page.items.is_empty() && fields.page() > 1 => parts::beyond(PATH, &plain(fields)),
        Ok(page) if page.items.is_empty() => {
            parts::empty("Nothing here", "No incident fits. With “Open” chosen that is good news.")
        }
        Ok(page) => list(asker, fields, page, &outcome),
    };
    let said = outcome.said();
    let aloud = said.as_ref().map(|(_, said)| said.clone()).unwrap_or_default();
    let content = view! {
        {said.map(|(code, said)| parts::note(code, code == "done", said))}
        {filter(fields)}
        {list}
    };
    parts::board("Incidents", &lead, &aloud, content.into_any())
}

fn filter(fields: &Fields) -> AnyView {
    let fields = plain(fields).without(&["page"]);
    let state = fields.get("state").unwrap_or_default().to_owned();
    let states = STATES.map(|(name, label, _)| {
        let address = fields.with("state", Some(name).filter(|it| !it.is_empty())).address(PATH);
        parts::choice(label, address, name == state)
    });
    let urgency = fields.get("urgency").unwrap_or_default().to_owned();
    let option = |value: &'static str, label: &'static str| {
        view! {
            <option value=value selected=value == urgency>
                {label}
            </option>
        }
        .into_any()
    };
    let service = fields.id("service").map(str::to_owned);
    let everywhere = fields.with("service", None).address(PATH);
    view! {
        <ul class="choices" aria-label="Status">
            {states.into_iter().collect::<Vec<_>>()}
        </ul>
        <form class="filter" method="get" action=PATH>
            {(!state.is_empty()).then(|| view! { <input type="hidden" name="state" value=state.clone() /> })}
            <label>
                <span>"Urgency"</span>
                <select name="urgency">
                    {[option("", "Any"), option("high", "High"), option("low", "Low")].into_iter().collect::<Vec<_>>()}
                </select>
            </label>
            <label class="filter-check">
                <input type="checkbox" name="mine" value="yes" checked=fields.get("mine").is_some() />
                <span>"Only mine"</span>
            </label>
            {service
                .map(|service| {
                    view! {
                        <input type="hidden" name="service" value=service.clone() />
                        <p>
                            "Of service " <code>{service}</code> " · " <a href=everywhere>"of all services"</a>
                        </p>
                    }
                })}
            <button class="button" type="submit">
                "Show"
            </button>
            <p class="quiet">{about_time(&state)}</p>
        </form>
    }
    .into_any()
}

/// How far back the list goes, as PagerDuty has it.
fn about_time(state: &str) -> &'static str {
    match state {
        "resolved" => "Of the last month. Resolved incidents are assigned to nobody.",
        "all" => "Opened in the last month.",
        _ => "Of any age.",
    }
}

fn list(asker: &Asker, fields: &Fields, page: Page<Incident>, outcome: &Outcome) -> AnyView {
    let can_change = asker.may(WRITE) && page.items.iter().any(|it| it.status != IncidentStatus::Resolved);
    let here = plain(fields).address(PATH);
    let (more, total) = (page.more, page.total);
    let rows = page.items.into_iter().map(|it| row(it, can_change, outcome, asker.now())).collect();
    let columns = if can_change { &COLUMNS[..] } else { &COLUMNS[1..] };
    let table = parts::table("Incidents", columns, rows);
    let change = can_change.then(|| {
        view! {
            <div class="actions">
                <p id="chosen">"With the chosen incidents:"</p>
                <button class="button" type="submit" name="to" value="acknowledged" aria-describedby="chosen">
                    "Acknowledge"
                </button>
                <button class="button button-quiet" type="submit" name="to" value="resolved" aria-describedby="chosen">
                    "Resolve"
                </button>
                <p class="actions-lost" role="alert">
                    "No answer from this app. What became of them is not known: reload the page to see."
                </p>
            </div>
        }
    });
    view! {
        <form class="changes" method="post" action=ChangeIncidents::PATH data-live="">
            <input type="hidden" name="return_to" value=here.clone() />
            {table}
            {change}
        </form>
        {parts::pager(PATH, &plain(fields), more, total)}
        {asker.need(WRITE).err().map(|why| parts::hindrance(why, &here))}
    }
    .into_any()
}

fn row(incident: Incident, can_change: bool, outcome: &Outcome, now: i64) -> AnyView {
    let is_open = incident.status != IncidentStatus::Resolved;
    let (state, words) = match incident.status {
        IncidentStatus::Triggered => ("bad", "Triggered"),
        IncidentStatus::Acknowledged => ("warning", "Acknowledged"),
        IncidentStatus::Resolved => ("good", "Resolved"),
        IncidentStatus::Unknown => ("still", "Unknown"),
    };
    let failed = outcome.of(&incident.id);
    let label = format!("Choose #{} {}", incident.number, incident.title);
    let choose = is_open.then(|| {
        view! { <input type="checkbox" name="ids[]" value=incident.id.clone() aria-label=label checked=failed.is_some() /> }
    });
    let people = incident.assignees.iter().map(Reference::name).collect::<Vec<_>>().join(", ");
    view! {
        <tr class=failed.is_some().then_some("row-failed")>
            {can_change.then(|| view! { <td class="row-choose">{choose}</td> })}
            <td>{parts::state(state, words)}</td>
            <th scope="row">
                <span class="quiet">"#" {incident.number} " "</span>
                {parts::outward(incident.title, incident.html_url.as_deref())}
                {(incident.urgency == Urgency::Low).then(|| view! { <span class="tag">"Low urgency"</span> })}
                {incident.priority.map(|it| view! { <span class="tag">{it.name().to_owned()}</span> })}
                {failed.map(|why| view! { <p class="row-why">{why}</p> })}
            </th>
            <td data-label="Service">
                {incident.service.as_ref().map(parts::reference)}
            </td>
            <td data-label="Assigned to">{if is_open && people.is_empty() { "Nobody".to_owned() } else { people }}</td>
            <td data-label="Opened">{parts::since(incident.created_at.as_deref(), now)}</td>
        </tr>
    }
    .into_any()
}
