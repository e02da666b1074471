//! Shifts drawn over time, in SVG. Lengths along the time are in per cent, so
//! that the drawing is as wide as its place and its letters keep their size.

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use leptos::prelude::*;

/// Height of the line with the days, of a row's name, of a lane and the bar in it, in pixels.
const HEAD: usize = 28;
const NAME: usize = 22;
const LANE: usize = 32;
const BAR: usize = 28;
/// Colours there are for people.
const COLOURS: usize = 6;
/// A bar narrower than this many per cent has no room for letters.
const ROOM_FOR_A_NAME: f64 = 4.0;

/// Per cent that rounding may make of nothing.
const NO_TIME: f64 = 1e-9;

/// A stretch of time, in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub from: i64,
    pub to: i64,
}

/// One line of the drawing.
pub(super) struct Row {
    pub label: String,
    /// When, and who.
    pub shifts: Vec<(Span, String)>,
}

impl Span {
    pub(super) fn holds(self, at: i64) -> bool {
        (self.from..self.to).contains(&at)
    }

    /// Where it begins in `window` and how long it is there, in per cent of it.
    fn within(self, window: Self) -> Option<(f64, f64)> {
        let (from, to) = (self.from.max(window.from), self.to.min(window.to));
        let whole = (window.to - window.from) as f64;
        (from < to).then(|| ((from - window.from) as f64 / whole * 100.0, (to - from) as f64 / whole * 100.0))
    }
}

/// Who was drawn so far on this page: a person has one colour.
#[derive(Default)]
pub(super) struct People(Vec<String>);

impl People {
    fn colour(&mut self, who: &str) -> usize {
        let known = self.0.iter().position(|it| it == who);
        known.unwrap_or_else(|| {
            self.0.push(who.to_owned());
            self.0.len() - 1
        }) % COLOURS
    }
}

pub(super) fn drawing(
    name: &str,
    rows: &[Row],
    window: Span,
    zone: &TimeZone,
    people: &mut People,
) -> AnyView {
    let (mut drawn, mut y) = (Vec::new(), HEAD);
    for row in rows {
        drawn.push(name_of(&row.label, y));
        y += NAME;
        for lane in lanes(&row.shifts, window) {
            for (x, width, who) in lane {
                drawn.push(bar(x, width, y, people.colour(who), who, &row.label));
            }
            y += LANE;
        }
    }
    let height = y;
    let days = midnights(window, zone).into_iter().map(|(at, label)| day(at, label, height));
    view! {
        <svg class="timeline-drawing" width="100%" height=height role="img" aria-label=described(name, rows, window)>
            {days.collect::<Vec<_>>()}
            {drawn}
        </svg>
    }
    .into_any()
}

/// Shifts side by side in time stand in one lane; those at the same time, in several. Where each begins, how long it
/// is, in per cent, and whose it is.
fn lanes(shifts: &[(Span, String)], window: Span) -> Vec<Vec<(f64, f64, &str)>> {
    let mut lanes: Vec<Vec<(f64, f64, &str)>> = Vec::new();
    for (span, who) in shifts {
        let Some((x, width)) = span.within(window) else { continue };
        let is_free = |lane: &&mut Vec<(f64, f64, &str)>| {
            lane.iter().all(|(from, long, _)| x + width <= *from + NO_TIME || *from + *long <= x + NO_TIME)
        };
        match lanes.iter_mut().find(is_free) {
            Some(lane) => lane.push((x, width, who)),
            None => lanes.push(vec![(x, width, who)]),
        }
    }
    lanes
}

fn name_of(label: &str, y: usize) -> AnyView {
    view! {
        <text x="8" y=y + NAME - 7>
            {label.to_owned()}
        </text>
    }
    .into_any()
}

fn bar(x: f64, width: f64, y: usize, colour: usize, who: &str, level: &str) -> AnyView {
    let name = (width >= ROOM_FOR_A_NAME).then(|| {
        view! {
            <text x="8" y=BAR / 2 + 5>
                {who.to_owned()}
            </text>
        }
    });
    // A drawing in the drawing: what does not fit into it is cut off.
    view! {
        <svg x=percent(x) y=y width=percent(width) height=BAR class=format!("shift shift-{colour}")>
            <title>{format!("{level}: {who}")}</title>
            <rect width="100%" height="100%" rx="4" />
            {name}
        </svg>
    }
    .into_any()
}

fn day(at: f64, label: String, height: usize) -> AnyView {
    view! {
        <line x1=percent(at) x2=percent(at) y1="0" y2=height />
        <svg x=percent(at) y="0" height=HEAD overflow="visible">
            <text x="6" y="16">
                {label}
            </text>
        </svg>
    }
    .into_any()
}

fn percent(share: f64) -> String {
    format!("{share:.3}%")
}

/// The beginnings of days in the window, where they are in per cent of it, and their names.
fn midnights(window: Span, zone: &TimeZone) -> Vec<(f64, String)> {
    let Ok(first) = Timestamp::from_second(window.from) else { return Vec::new() };
    let Ok(today) = first.to_zoned(zone.clone()).start_of_day() else { return Vec::new() };
    let mut found = Vec::new();
    // Each from today's, so that a day of 23 hours shifts none of the others.
    for days in 1.. {
        let Ok(midnight) = today.checked_add(days.days()) else { break };
        let at = midnight.timestamp().as_second();
        if at >= window.to {
            break;
        }
        let (x, _) = Span { from: at, to: window.to }.within(window).unwrap_or_default();
        found.push((x, midnight.strftime("%a %-d").to_string()));
    }
    let step = found.len().div_ceil(7).max(1);
    found.into_iter().step_by(step).collect()
}

/// The drawing in a sentence; the list below it has every shift.
fn described(name: &str, rows: &[Row], window: Span) -> String {
    let hours = (window.to - window.from) / 3_600;
    let shifts: usize = rows
        .iter()
        .map(|row| row.shifts.iter().filter(|(span, _)| span.within(window).is_some()).count())
        .sum();
    format!(
        "Shifts of {name} over the next {}: {shifts} on {} {}. The list below has each.",
        if hours > 24 { format!("{} days", hours / 24) } else { "day".to_owned() },
        rows.len(),
        if rows.len() == 1 { "level" } else { "levels" },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Span = Span { from: 1_000, to: 2_000 };

    #[test]
    fn a_shift_is_cut_to_the_window() {
        let at = |from, to| Span { from, to }.within(WINDOW);
        assert_eq!(at(0, 1_500), Some((0.0, 50.0)));
        assert_eq!(at(1_250, 9_999), Some((25.0, 75.0)));
        assert_eq!(at(i64::MIN, i64::MAX), Some((0.0, 100.0)));
        assert_eq!((at(0, 1_000), at(2_000, 3_000), at(1_500, 1_500)), (None, None, None));
    }

    #[test]
    fn who_is_on_call_at_the_same_time_stands_in_another_lane() {
        let shift = |from, to, who: &str| (Span { from, to }, who.to_owned());
        let shifts = [
            shift(0, i64::MAX, "always"),
            shift(1_000, 1_500, "first"),
            shift(1_500, 2_000, "second"),
            shift(2_000, 3_000, "later"),
        ];
        let drawn = lanes(&shifts, WINDOW);
        let names: Vec<Vec<&str>> =
            drawn.iter().map(|lane| lane.iter().map(|(.., who)| *who).collect()).collect();
        assert_eq!(names, [vec!["always"], vec!["first", "second"]]);
    }

    #[test]
    fn days_begin_at_the_persons_own_midnight() {
        // 21 November 2026, 12:00 UTC.
        let from = 1_795_262_400;
        let zone = TimeZone::get("America/Chicago").unwrap();
        let days = midnights(Span { from, to: from + 3 * 86_400 }, &zone);
        let names: Vec<_> = days.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["Sun 22", "Mon 23", "Tue 24"]);
        assert!((days[0].0 - 25.0).abs() < 0.001, "18 of 72 hours: {}", days[0].0);
        let weeks = midnights(Span { from, to: from + 14 * 86_400 }, &zone);
        assert_eq!(weeks.len(), 7, "every other day has room for its name");
    }
}
