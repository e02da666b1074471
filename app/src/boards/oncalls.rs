//! Who is on call, policy by policy: now in words, the next days as a drawing.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use leptos::prelude::*;
use pagerduty::{OnCall, Reference};

use super::timeline::{self, People, Span};
use crate::{
    board::Board,
    boards::parts,
    ssr::{asker::Asker, fields::Fields, trouble::Trouble},
};

const PATH: &str = "/on-call";
/// How far ahead one can look.
const DAYS: [(i64, &str); 4] = [(1, "A day"), (3, "Three days"), (7, "A week"), (14, "Two weeks")];
const USUAL_DAYS: i64 = 3;

/// The shifts that were fetched, and whether there are more.
pub(crate) struct Shifts {
    pub list: Vec<OnCall>,
    pub are_cut: bool,
}

/// Days to look ahead; anything unknown means the usual.
pub(crate) fn days(fields: &Fields) -> i64 {
    let asked = fields.get("days").and_then(|days| days.parse().ok());
    asked.filter(|asked| DAYS.iter().any(|(days, _)| days == asked)).unwrap_or(USUAL_DAYS)
}

/// One level of a policy.
type Levels = BTreeMap<u64, Vec<OnCall>>;

/// How the page is looked at.
struct View<'a> {
    window: Span,
    zone: TimeZone,
    fields: &'a Fields,
    /// What is said where nobody is on call now; nothing where there are shifts that are not shown.
    nobody: Option<&'static str>,
}

pub(crate) fn page(asker: &Asker, fields: &Fields, found: Result<Shifts, Trouble>) -> Board {
    let (zone, now, mine) =
        (parts::zone(&asker.about().user.time_zone), asker.now(), fields.get("mine").is_some());
    let lead =
        format!("Now, and over the next days. Times are those of {}.", zone.iana_name().unwrap_or("UTC"));
    let content = match found {
        Err(trouble) => parts::trouble(trouble, &asker.here),
        Ok(shifts) if shifts.list.is_empty() && mine => {
            parts::empty("You are not on call", "No escalation policy pages you in this time.")
        }
        Ok(shifts) if shifts.list.is_empty() => {
            parts::empty("Nobody is on call", "No escalation policy pages anybody in this time.")
        }
        Ok(Shifts { list, are_cut }) => {
            let nobody = if mine { "Not you at the moment" } else { "Nobody at the moment" };
            let window = Span { from: now, to: now + days(fields) * 86_400 };
            let view = View { window, zone, fields, nobody: (!are_cut).then_some(nobody) };
            let mut people = People::default();
            let policies =
                by_policy(list).into_iter().map(|(name, levels)| policy(name, levels, &view, &mut people));
            view! {
                {policies.collect::<Vec<_>>()}
                {are_cut
                    .then(|| {
                        view! {
                            <p class="quiet">
                                "There are more shifts than are shown here. Look at fewer days, or at one policy."
                            </p>
                        }
                    })}
            }
            .into_any()
        }
    };
    let content = view! {
        {filter(fields)}
        {content}
    };
    parts::board("On call", &lead, "", content.into_any())
}

fn filter(fields: &Fields) -> AnyView {
    let chosen = days(fields);
    let lengths = DAYS.map(|(days, label)| {
        let value = (days != USUAL_DAYS).then(|| days.to_string());
        parts::choice(label, fields.with("days", value.as_deref()).address(PATH), days == chosen)
    });
    let mine = fields.get("mine").is_some();
    let people = [("Everybody", false), ("Only me", true)].map(|(label, is_mine)| {
        parts::choice(label, fields.with("mine", is_mine.then_some("yes")).address(PATH), is_mine == mine)
    });
    let everywhere = fields.with("policy", None).address(PATH);
    view! {
        <div class="choose">
            <ul class="choices" aria-label="How far ahead">
                {lengths.into_iter().collect::<Vec<_>>()}
            </ul>
            <ul class="choices" aria-label="Whose shifts">
                {people.into_iter().collect::<Vec<_>>()}
            </ul>
            {fields.id("policy").is_some().then(|| view! { <a href=everywhere>"All policies"</a> })}
        </div>
    }
    .into_any()
}

/// In the order of names; policies of one name are told apart by id.
fn by_policy(shifts: Vec<OnCall>) -> BTreeMap<(String, String), Levels> {
    let mut policies: BTreeMap<(String, String), Levels> = BTreeMap::new();
    for shift in shifts {
        let Some(policy) = &shift.escalation_policy else { continue };
        let key = (policy.name().to_owned(), policy.id.clone());
        policies.entry(key).or_default().entry(shift.escalation_level).or_default().push(shift);
    }
    policies
}

fn policy((name, id): (String, String), levels: Levels, view: &View, people: &mut People) -> AnyView {
    let View { window, zone, fields, .. } = view;
    let alone = fields.with("policy", Some(&id)).address(PATH);
    let address = levels.values().flatten().find_map(|it| it.escalation_policy.as_ref()?.html_url.clone());
    let rows: Vec<timeline::Row> = levels
        .iter()
        .map(|(level, shifts)| timeline::Row {
            label: format!("Level {level}"),
            shifts: shifts
                .iter()
                .filter_map(|shift| Some((span(shift), person(shift)?.name().to_owned())))
                .collect(),
        })
        .collect();
    let list = levels.iter().flat_map(|(level, shifts)| {
        shifts.iter().map(|shift| listed(*level, shift, zone)).collect::<Vec<_>>()
    });
    let list = list.collect::<Vec<_>>();
    let now = levels.iter().map(|(level, shifts)| on_now(*level, shifts, view)).collect::<Vec<_>>();
    view! {
        <section class="card rota">
            <div class="rota-head">
                <h2>{parts::outward(name.clone(), address.as_deref())}</h2>
                {fields.id("policy").is_none().then(|| view! { <a href=alone>"Only this"<span class="unseen">" policy"</span></a> })}
            </div>
            <ol class="now">{now}</ol>
            {timeline::drawing(&name, &rows, *window, zone, people)}
            <details>
                <summary>"The same as a list"</summary>
                <div class="wide">
                    <table class="shifts">
                        <thead>
                            <tr>
                                <th scope="col">"Level"</th>
                                <th scope="col">"Who"</th>
                                <th scope="col">"From"</th>
                                <th scope="col">"Until"</th>
                                <th scope="col">"Schedule"</th>
                            </tr>
                        </thead>
                        <tbody>{list}</tbody>
                    </table>
                </div>
            </details>
        </section>
    }
    .into_any()
}

fn on_now(level: u64, shifts: &[OnCall], view: &View) -> AnyView {
    let people = shifts.iter().filter(|shift| span(shift).holds(view.window.from)).filter_map(|shift| {
        let who = person(shift)?;
        let until = second(shift.end.as_deref()).map(|end| format!("until {}", told(end, &view.zone)));
        Some(
            view! {
                <p>
                    <strong>{parts::reference(who)}</strong>
                    " "
                    <span class="quiet">{until.unwrap_or_else(|| "always".to_owned())}</span>
                </p>
            }
            .into_any(),
        )
    });
    let people = people.collect::<Vec<_>>();
    let nobody =
        view.nobody.filter(|_| people.is_empty()).map(|nobody| view! { <p class="quiet">{nobody}</p> });
    view! {
        <li>
            <span class="tag">"Level " {level}</span>
            {people}
            {nobody}
        </li>
    }
    .into_any()
}

fn listed(level: u64, shift: &OnCall, zone: &TimeZone) -> AnyView {
    let time = |text: Option<&str>, never: &str| second(text).map_or(never.to_owned(), |at| told(at, zone));
    let schedule = shift.schedule.as_ref().map_or("named by the policy", Reference::name).to_owned();
    view! {
        <tr>
            <td>{level}</td>
            <th scope="row">{person(shift).map(|who| who.name().to_owned())}</th>
            <td>{time(shift.start.as_deref(), "always")}</td>
            <td>{time(shift.end.as_deref(), "always")}</td>
            <td>{schedule}</td>
        </tr>
    }
    .into_any()
}

fn person(shift: &OnCall) -> Option<&Reference> {
    shift.user.as_ref()
}

fn span(shift: &OnCall) -> Span {
    Span {
        from: second(shift.start.as_deref()).unwrap_or(i64::MIN),
        to: second(shift.end.as_deref()).unwrap_or(i64::MAX),
    }
}

fn second(time: Option<&str>) -> Option<i64> {
    time?.parse::<Timestamp>().ok().map(Timestamp::as_second)
}

/// "Mon 23 Nov, 09:00"
fn told(at: i64, zone: &TimeZone) -> String {
    Timestamp::from_second(at)
        .map(|at| at.to_zoned(zone.clone()).strftime("%a %-d %b, %H:%M").to_string())
        .unwrap_or_else(|_| "unknown".to_owned())
}
