//! The plan: what would be done, row by row, before anything is.

use leptos::{prelude::*, server_fn::ServerFn};
use pagerduty::{
    Scopes,
    import::{Action, Kind},
    rate::Share,
};
use pagerduty_connect::imports::{ImportRow, RowState};

use super::{
    AT_ONCE, Shown, TOLD, act, acts, address, download, row, tabs,
    tabs::{Tab, current},
    things,
};
use crate::{
    board::Board,
    boards::parts,
    import::ChooseRows,
    ssr::{
        fields::{counted, grouped},
        permissions,
        trouble::Trouble,
    },
    ui::{fact::fact, icon::Icon},
};

/// Calls a minute that PagerDuty lets a person make, where it has not said otherwise.
const PER_MINUTE: u64 = 960;

pub(crate) fn page(shown: &Shown<'_>, share: Share, tabs: &[Tab], rows: Vec<ImportRow>) -> Board {
    let import = shown.import;
    let to_do = import.tally.at(RowState::Pending);
    let missing = Scopes::parse(&import.about.scopes).missing_from(&shown.asker.about().granted());
    let said = match to_do {
        0 => "There is nothing to do.".to_owned(),
        _ => format!("{} would be sent.", counted(to_do, "row", "rows")),
    };
    let content = view! {
        {tabs::view(import, tabs, shown.fields)}
        {summary(shown, share, to_do, &missing)}
        {(!missing.is_empty() && to_do > 0)
            .then(|| parts::hindrance(Trouble::scopes(&missing, shown.asker.about()), &shown.asker.here))}
        {list(shown, tabs, rows)}
    };
    let title = if import.about.undoes { "What would be undone" } else { "What would be done" };
    shown.board(title, &said, content.into_any())
}

fn summary(shown: &Shown<'_>, share: Share, to_do: u64, missing: &Scopes) -> AnyView {
    let import = shown.import;
    let about = &import.about;
    let is_hindered = !missing.is_empty() && to_do > 0;
    let apply = match (about.undoes, to_do) {
        (true, _) => format!("Remove {}", things(about.kind, to_do)),
        (false, _) => format!("Apply {}", counted(to_do, "row", "rows")),
    };
    let class = if about.undoes { "button button-danger" } else { "button" };
    let why_not = match (to_do, is_hindered) {
        (0, _) => Some("There is nothing to apply: every row is unchanged, left out or in conflict."),
        (_, true) => Some("It can be applied once you have given the permission below."),
        _ => None,
    };
    let button = match why_not {
        None => act("apply", apply, class),
        Some(_) => view! {
            <button class=class type="button" disabled aria-describedby="why-not">
                {apply}
            </button>
        }
        .into_any(),
    };
    let buttons = view! {
        {button}
        {download(format!("{}/report.csv", address(&import.id)), "Download plan")}
        {act("discard", "Discard", "button button-quiet")}
    };
    view! {
        <section class="card plan" aria-label="What it takes">
            {warning(shown)}
            <dl class="facts">
                {fact("Calls to PagerDuty", calls(import.tally.calls_left(), share))}
                {fact("Time", time(shown, share))}
            </dl>
            {scopes(&about.scopes, missing)}
            {acts(import, buttons.into_any())}
            {why_not.map(|why| view! { <p id="why-not" class="row-why">{why}</p> })}
        </section>
    }
    .into_any()
}

/// What cannot be taken back, and what will not be.
fn warning(shown: &Shown<'_>) -> Option<AnyView> {
    let import = shown.import;
    let said = if import.about.undoes {
        let removed = things(import.about.kind, import.tally.at(RowState::Pending));
        format!(
            "This removes {removed} that the run made and that nobody has changed since. Changes to {} that were \
             there before are not taken back.",
            import.about.kind.name()
        )
    } else {
        let new = mailed(shown);
        if new == 0 {
            return None;
        }
        format!(
            "PagerDuty sends an e-mail to {} as soon as they are made. That cannot be taken back.",
            counted(new, "new user", "new users")
        )
    };
    let view = view! {
        <p class="warning">
            <Icon name="#broken" />
            <span>{said}</span>
        </p>
    };
    Some(view.into_any())
}

/// New users that are not left out.
fn mailed(shown: &Shown<'_>) -> u64 {
    match shown.import.about.kind {
        Kind::Users => shown.import.tally.at_planned(Action::Create, RowState::Pending),
        Kind::Services => 0,
    }
}

fn calls(calls: u64, share: Share) -> String {
    let share = share.as_percent();
    match calls {
        0 => "None".to_owned(),
        _ => format!(
            "At least {}; an import spends up to {share} % of your {PER_MINUTE} a minute, the rest is left to whatever \
             else you do",
            grouped(calls)
        ),
    }
}

fn time(shown: &Shown<'_>, share: Share) -> String {
    let per_minute = (PER_MINUTE * u64::from(share.as_percent()) / 100).max(1);
    let seconds = shown.import.tally.calls_left() * 60 / per_minute;
    let least = match seconds {
        0..60 => "Less than a minute".to_owned(),
        _ => format!("At least {}", counted(seconds.div_ceil(60), "minute", "minutes")),
    };
    match shown.asker.left() {
        Some((left, resets)) => {
            format!(
                "{least}; PagerDuty allows {} for the next {resets} s",
                counted(left.into(), "call", "calls")
            )
        }
        None => least,
    }
}

/// What it may do, and whether that was granted.
fn scopes(needed: &str, missing: &Scopes) -> Option<AnyView> {
    let scope = |it: crate::permission::Permission| {
        let is_missing = missing.iter().any(|scope| scope == it.scope);
        view! {
            <li data-missing=is_missing.then_some("")>
                <Icon name=if is_missing { "#lock" } else { "#check" } />
                <span>
                    <code>{it.scope}</code>
                    " "
                    {if is_missing { "not granted yet" } else { "granted" }}
                </span>
            </li>
        }
        .into_any()
    };
    let all = permissions(&Scopes::parse(needed));
    let view = view! {
        <ul class="scopes" aria-label="Permissions it needs">
            {all.into_iter().map(scope).collect::<Vec<_>>()}
        </ul>
    };
    (!needed.is_empty()).then(|| view.into_any())
}

fn list(shown: &Shown<'_>, tabs: &[Tab], rows: Vec<ImportRow>) -> AnyView {
    let (import, fields) = (shown.import, shown.fields.without(&TOLD));
    let (here, total) = (address(&import.id), current(tabs, &fields).rows);
    if rows.is_empty() && fields.page() > 1 {
        return parts::beyond(&here, &fields);
    }
    if rows.is_empty() {
        return parts::empty("No such row", "None of the rows comes to this.");
    }
    let can_choose = rows.iter().any(|row| row.planned.as_ref().is_some_and(|it| it.action.writes()));
    let who = if import.about.kind == Kind::Users { "User" } else { "Service" };
    let columns = ["Choose", "Line", "Plan", who, "Changes"];
    let columns = if can_choose { columns.to_vec() } else { columns.into_iter().skip(1).collect() };
    let more = fields.offset_by(AT_ONCE).saturating_add(AT_ONCE) < total;
    let rows = rows.into_iter().map(|it| row::planned(it, can_choose, import.about.undoes)).collect();
    let choose = can_choose.then(|| {
        view! {
            <div class="actions">
                <p id="chosen">"The chosen rows:"</p>
                <button class="button button-quiet" type="submit" name="to" value="out" aria-describedby="chosen">
                    "Leave out"
                </button>
                <button class="button button-quiet" type="submit" name="to" value="in" aria-describedby="chosen">
                    "Take in"
                </button>
                <p class="actions-lost" role="alert">
                    "No answer from this app. Reload the page to see what is left out."
                </p>
            </div>
        }
    });
    view! {
        <form class="changes" method="post" action=ChooseRows::PATH data-live="">
            <input type="hidden" name="id" value=import.id.clone() />
            <input type="hidden" name="return_to" value=fields.address(&here) />
            {parts::table("Rows", &columns, rows)}
            {choose}
        </form>
        {parts::pager_by(AT_ONCE, &here, &fields, more, Some(total))}
    }
    .into_any()
}
