//! The pages the server writes whole: who is asking → calls of the API → the board.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use pagerduty::{
    Incident, IncidentStatus, Page, Retry, Service, Team, Urgency, incidents::FindIncidents,
    oncalls::FindOnCalls, services::FindServices,
};
use pagerduty_connect::{Identity, LocalPath};

use super::{
    asker::Asker,
    fields::{Fields, ON_A_PAGE, is_id},
    lead,
    trouble::Trouble,
};
use crate::{
    board::Board,
    boards::{
        explorer::{self as exploring, Ran},
        incidents::{self as incident_board, STATES},
        oncalls::{self as oncall_board, Shifts},
        outcome, services as service_board,
    },
    error::AppError,
};

/// Shifts fetched for one page, at most.
const MAX_SHIFTS: usize = 120;
/// Incidents changed by one press: all that a page shows.
const MAX_CHOSEN: usize = ON_A_PAGE as usize;
/// Each of several calls of one press of a button.
const SOON: Retry = Retry {
    attempts: 2,
    pause: Duration::from_millis(200),
    longest_wait: Duration::from_secs(2),
    deadline: Duration::from_secs(8),
};
/// Longest search.
const MAX_WORDS: usize = 100;

async fn asker(path: &str, fields: &Fields) -> Result<Asker, AppError> {
    Ok(Asker::at(fields.address(path)).await?)
}

pub async fn services(query: &str) -> Result<Board, AppError> {
    let fields = Fields::parse(query);
    let asker = asker("/services", &fields).await?;
    let (teams, found) = futures_util::join!(teams(&asker), find_services(&asker, &fields));
    Ok(service_board::page(&asker, &fields, &teams, found))
}

async fn find_services(asker: &Asker, fields: &Fields) -> Result<Page<Service>, Trouble> {
    asker.need("services.read")?;
    let find = FindServices {
        query: fields.get("q").map(shortened),
        team_ids: fields.id("team").map(str::to_owned).into_iter().collect(),
        ..FindServices::default()
    };
    let (client, find) = (asker.client(), &find);
    let page = |it: Identity| async move {
        it.api(client).services(find).counted().of_size(ON_A_PAGE).page(fields.offset()).await
    };
    asker.ask(page).await
}

/// The first hundred, to choose from; none where they cannot be read, since the page does without.
async fn teams(asker: &Asker) -> Vec<Team> {
    if !asker.may("teams.read") {
        return Vec::new();
    }
    let client = asker.client();
    let teams = asker.ask(|it| async move { it.api(client).teams("").page(0).await }).await;
    teams.map(|page| page.items).unwrap_or_default()
}

pub async fn incidents(query: &str) -> Result<Board, AppError> {
    let fields = Fields::parse(query);
    let asker = asker("/incidents", &fields).await?;
    let found = find_incidents(&asker, &fields).await;
    Ok(incident_board::page(&asker, &fields, found))
}

async fn find_incidents(asker: &Asker, fields: &Fields) -> Result<Page<Incident>, Trouble> {
    asker.need("incidents.read")?;
    let state = fields.get("state").unwrap_or_default();
    let statuses = STATES.iter().find(|(name, ..)| *name == state).map_or(STATES[0].2, |(_, _, is)| is);
    let urgency =
        [Urgency::High, Urgency::Low].into_iter().find(|it| Some(it.name()) == fields.get("urgency"));
    let find = FindIncidents {
        statuses: statuses.to_vec(),
        urgencies: urgency.into_iter().collect(),
        service_ids: fields.id("service").map(str::to_owned).into_iter().collect(),
        user_ids: fields.get("mine").map(|_| asker.about().user.id.clone()).into_iter().collect(),
        // What is open is shown however old it is; what is over, of the last month.
        of_any_age: !statuses.is_empty() && !statuses.contains(&IncidentStatus::Resolved),
        newest_first: true,
        ..FindIncidents::default()
    };
    let (client, find) = (asker.client(), &find);
    let page = |it: Identity| async move {
        it.api(client).incidents(find).counted().of_size(ON_A_PAGE).page(fields.offset()).await
    };
    asker.ask(page).await
}

pub async fn change_incidents(ids: Vec<String>, to: &str, return_to: &str) -> Result<(), AppError> {
    let change = async || {
        let back = LocalPath::parse(return_to);
        let query = back.as_ref().and_then(|it| it.as_str().strip_prefix("/incidents?")).unwrap_or_default();
        let fields = outcome::plain(&Fields::parse(query));
        let place = fields.address("/incidents");
        let Some(to) = outcome::status(to) else { return Ok(place) };
        let asker = match Asker::at(place.clone()).await {
            Ok(asker) => asker,
            // The page itself says so, and offers to come back.
            Err(e) if e.is_reconnect_required() => return Ok(place),
            Err(e) => return Err(e),
        };
        let ids: Vec<String> = ids.into_iter().filter(|id| is_id(id)).take(MAX_CHOSEN).collect();
        if asker.need(incident_board::WRITE).is_err() {
            return Ok(outcome::write_all(fields, to, &ids, "scope").address("/incidents"));
        }
        let (client, chosen) = (asker.client(), &ids);
        let changed =
            asker.ask(|it| async move { it.api(client).retry(SOON).change_each(chosen, to).await }).await;
        Ok(match changed {
            Ok(changes) => outcome::write(fields, to, &changes),
            Err(_) => outcome::write_all(fields, to, &ids, "unknown"),
        }
        .address("/incidents"))
    };
    lead(change().await)
}

pub async fn on_call(query: &str) -> Result<Board, AppError> {
    let fields = Fields::parse(query);
    let asker = asker("/on-call", &fields).await?;
    let found = find_shifts(&asker, &fields).await;
    Ok(oncall_board::page(&asker, &fields, found))
}

async fn find_shifts(asker: &Asker, fields: &Fields) -> Result<Shifts, Trouble> {
    asker.need("oncalls.read")?;
    let iso = |at: i64| jiff::Timestamp::from_second(at).map(|at| at.to_string()).ok();
    let find = FindOnCalls {
        since: iso(asker.now()),
        until: iso(asker.now() + oncall_board::days(fields) * 86_400),
        user_ids: fields.get("mine").map(|_| asker.about().user.id.clone()).into_iter().collect(),
        escalation_policy_ids: fields.id("policy").map(str::to_owned).into_iter().collect(),
        ..FindOnCalls::default()
    };
    let (client, find) = (asker.client(), &find);
    let all = |it: Identity| async move {
        let api = it.api(client);
        let shifts = futures_util::StreamExt::take(api.oncalls(find).all(), MAX_SHIFTS + 1);
        shifts.try_collect::<Vec<_>>().await
    };
    let mut list = asker.ask(all).await?;
    let are_cut = list.len() > MAX_SHIFTS;
    list.truncate(MAX_SHIFTS);
    Ok(Shifts { list, are_cut })
}

pub async fn explorer(query: &str) -> Result<Board, AppError> {
    let fields = Fields::parse(query);
    let asker = asker("/explorer", &fields).await?;
    let ran = run(&asker, &fields).await;
    let left = match ran {
        Ran::Told(..) => asker.left(),
        _ => None,
    };
    Ok(exploring::page(&asker, &fields, ran, left))
}

async fn run(asker: &Asker, fields: &Fields) -> Ran {
    let chosen = exploring::chosen(fields).filter(|it| it.is_read() && fields.get("run").is_some());
    let Some(operation) = chosen else { return Ran::Not };
    let read = match exploring::filled(operation, fields) {
        Ok(read) => read,
        Err(why) => return Ran::Failed(Trouble::not_sent(&why)),
    };
    if let Some(Err(trouble)) = operation.scope.map(|scope| asker.need(scope)) {
        return Ran::Failed(trouble);
    }
    let (client, asked) = (asker.client(), &read);
    match asker.ask(|it| async move { it.api(client).tell(asked).await }).await {
        Ok(told) => Ran::Told(Box::new(read), told),
        Err(trouble) => Ran::Failed(trouble),
    }
}

fn shortened(words: &str) -> String {
    words.chars().take(MAX_WORDS).collect()
}
