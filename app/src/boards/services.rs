//! Services, page by page.

use leptos::prelude::*;
use pagerduty::{Page, Reference, Service, ServiceStatus, Team};

use crate::{
    board::Board,
    boards::parts,
    ssr::{
        asker::Asker,
        fields::{Fields, counted},
        trouble::Trouble,
    },
};

const PATH: &str = "/services";
const COLUMNS: [&str; 5] = ["Status", "Service", "Escalation policy", "Teams", "Last incident"];

pub(crate) fn page(
    asker: &Asker,
    fields: &Fields,
    teams: &[Team],
    found: Result<Page<Service>, Trouble>,
) -> Board {
    let is_narrowed = fields.get("q").is_some() || fields.id("team").is_some();
    let lead = match (found.as_ref().ok().and_then(|page| page.total), is_narrowed) {
        (Some(total), true) => counted(total, "service fits", "services fit"),
        (Some(total), false) => counted(total, "service", "services"),
        (None, _) => "What incidents are opened on.".into(),
    };
    let list = match found {
        Err(trouble) => parts::trouble(trouble, &asker.here),
        Ok(page) if page.items.is_empty() && fields.page() > 1 => parts::beyond(PATH, fields),
        Ok(page) if page.items.is_empty() && is_narrowed => {
            parts::empty("No service fits", "Search for part of a name, or choose another team.")
        }
        Ok(page) if page.items.is_empty() => {
            parts::empty("No services", "This account has none yet, or none that you may see.")
        }
        Ok(page) => {
            let rows = page.items.into_iter().map(|service| row(service, asker.now())).collect();
            let table = parts::table("Services", &COLUMNS, rows);
            view! {
                {table}
                {parts::pager(PATH, fields, page.more, page.total)}
            }
            .into_any()
        }
    };
    let content = view! {
        {filter(fields, teams)}
        {list}
    };
    parts::board("Services", &lead, "", content.into_any())
}

fn filter(fields: &Fields, teams: &[Team]) -> AnyView {
    let chosen = fields.id("team").unwrap_or_default().to_owned();
    // One that cannot be read, or stands too far down the list.
    let other = (!chosen.is_empty() && teams.iter().all(|team| team.id != chosen)).then(|| chosen.clone());
    let team = |team: &Team| {
        view! {
            <option value=team.id.clone() selected=team.id == chosen>
                {team.name.clone()}
            </option>
        }
        .into_any()
    };
    let search = fields.get("q").unwrap_or_default().to_owned();
    let is_narrowed = fields.get("q").is_some() || !chosen.is_empty();
    view! {
        <form class="filter" method="get" action=PATH role="search">
            <label>
                <span>"Name"</span>
                <input type="search" name="q" value=search placeholder="Part of a name" maxlength="100" />
            </label>
            {(!teams.is_empty() || other.is_some())
                .then(|| {
                    view! {
                        <label>
                            <span>"Team"</span>
                            <select name="team">
                                <option value="">"All teams"</option>
                                {teams.iter().map(team).collect::<Vec<_>>()}
                                {other.map(|id| view! { <option value=id.clone() selected>{id.clone()}</option> })}
                            </select>
                        </label>
                    }
                })}
            <button class="button" type="submit">
                "Search"
            </button>
            {is_narrowed.then(|| view! { <a href=PATH>"Show all"</a> })}
        </form>
    }
    .into_any()
}

fn row(service: Service, now: i64) -> AnyView {
    let (state, words) = status(service.status);
    let incidents = format!("/incidents?service={}", service.id);
    let described = service.description.filter(|it| !it.is_empty() && *it != service.name);
    view! {
        <tr>
            <td>{parts::state(state, words)}</td>
            <th scope="row">
                {parts::outward(service.name, service.html_url.as_deref())}
                {described.map(|it| view! { <p class="quiet row-more">{it}</p> })}
            </th>
            <td data-label="Escalation policy">{service.escalation_policy.as_ref().map(parts::reference)}</td>
            <td data-label="Teams">{names(&service.teams)}</td>
            <td data-label="Last incident">
                {parts::since(service.last_incident_timestamp.as_deref(), now)} " "
                <a class="row-way" href=incidents>
                    "Incidents"
                    <span class="unseen">" of this service"</span>
                </a>
            </td>
        </tr>
    }
    .into_any()
}

fn status(status: ServiceStatus) -> (&'static str, &'static str) {
    match status {
        ServiceStatus::Active => ("good", "Fine"),
        ServiceStatus::Warning => ("warning", "Acknowledged"),
        ServiceStatus::Critical => ("bad", "Triggered"),
        ServiceStatus::Maintenance => ("still", "Maintenance"),
        ServiceStatus::Disabled => ("still", "Disabled"),
        ServiceStatus::Unknown => ("still", "Unknown"),
    }
}

fn names(teams: &[Reference]) -> Option<String> {
    let names = teams.iter().map(Reference::name).collect::<Vec<_>>().join(", ");
    Some(names).filter(|names| !names.is_empty())
}
