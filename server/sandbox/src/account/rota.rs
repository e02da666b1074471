//! Who is on call when. A turn's place in time follows from its layer's start alone.

use jiff::Timestamp;

use super::{Layer, Restriction, Schedule};

const DAY_SECONDS: i64 = 86_400;
/// Turns looked back for the beginning of a shift: one person's may follow each other without end.
const MAX_TURNS_BACK: usize = 60;

/// A stretch of time in which one person is on call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shift {
    pub(crate) user: String,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

impl Schedule {
    pub(crate) fn on_call(&self, at: Timestamp) -> Option<&str> {
        self.at(at.as_second())
    }

    /// The shifts that touch the time between `since` and `until`, whole.
    pub(crate) fn shifts(&self, since: Timestamp, until: Timestamp) -> Vec<Shift> {
        let mut shifts: Vec<Shift> = Vec::new();
        let mut from = self.beginning_of_shift(since.as_second());
        while from <= until.as_second() {
            let to = self.next_change(from);
            if let Some(user) = self.at(from) {
                match shifts.last_mut() {
                    Some(last) if last.user == user && last.end == second(from) => last.end = second(to),
                    _ => shifts.push(Shift { user: user.to_owned(), start: second(from), end: second(to) }),
                }
            }
            from = to;
        }
        shifts.retain(|shift| shift.end > since);
        shifts
    }

    /// The layer listed last is on top.
    fn at(&self, at: i64) -> Option<&str> {
        self.layers.iter().rev().find_map(|layer| layer.at(at))
    }

    fn next_change(&self, at: i64) -> i64 {
        let far = at + 14 * DAY_SECONDS;
        self.layers.iter().map(|layer| layer.next_change(at)).min().unwrap_or(far).min(far)
    }

    /// The last change at or before `at`; `at` itself where there was none yet.
    fn last_change(&self, at: i64) -> i64 {
        self.layers.iter().filter_map(|layer| layer.last_change(at)).max().unwrap_or(at)
    }

    fn beginning_of_shift(&self, at: i64) -> i64 {
        let user = self.at(at);
        let mut from = self.last_change(at);
        for _ in 0..MAX_TURNS_BACK {
            if user.is_none() || self.at(from - 1) != user {
                break;
            }
            from = self.last_change(from - 1);
        }
        from
    }
}

impl Layer {
    fn at(&self, at: i64) -> Option<&str> {
        let elapsed = at - self.start.as_second();
        if elapsed < 0 || !self.restriction.is_none_or(|hours| hours.hold(at)) {
            return None;
        }
        let turn = usize::try_from(elapsed / self.turn_seconds.max(1)).ok()?;
        self.users.get(turn.checked_rem(self.users.len())?).map(String::as_str)
    }

    fn next_change(&self, at: i64) -> i64 {
        let start = self.start.as_second();
        if at < start {
            return start;
        }
        let turn = self.turn_seconds.max(1);
        let handover = start + ((at - start) / turn + 1) * turn;
        self.restriction.map_or(handover, |hours| handover.min(hours.next_change(at)))
    }

    /// The last change at or before `at`.
    fn last_change(&self, at: i64) -> Option<i64> {
        let start = self.start.as_second();
        let turn = self.turn_seconds.max(1);
        let handover = start + (at - start) / turn * turn;
        let change = self.restriction.map_or(handover, |hours| handover.max(hours.last_change(at)));
        (at >= start).then_some(change)
    }
}

impl Restriction {
    fn hold(self, at: i64) -> bool {
        (at - self.from_second).rem_euclid(DAY_SECONDS) < self.seconds
    }

    fn next_change(self, at: i64) -> i64 {
        let into = (at - self.from_second).rem_euclid(DAY_SECONDS);
        at + if into < self.seconds { self.seconds - into } else { DAY_SECONDS - into }
    }

    fn last_change(self, at: i64) -> i64 {
        let into = (at - self.from_second).rem_euclid(DAY_SECONDS);
        at - if into < self.seconds { into } else { into - self.seconds }
    }
}

fn second(at: i64) -> Timestamp {
    Timestamp::from_second(at).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn schedule(layers: Vec<Layer>) -> Schedule {
        let (id, name, time_zone) = ("P1".into(), "Primary".into(), "Etc/UTC".into());
        Schedule { id, name, time_zone, description: None, layers, teams: Vec::new() }
    }

    fn weekly(users: &[&str]) -> Layer {
        Layer {
            id: "L1".into(),
            name: "Layer 1".into(),
            start: at("2026-01-05T09:00:00Z"),
            turn_seconds: 7 * DAY_SECONDS,
            users: users.iter().map(|user| (*user).to_owned()).collect(),
            restriction: None,
        }
    }

    #[test]
    fn people_take_turns_and_a_shift_is_told_whole() {
        let schedule = schedule(vec![weekly(&["ann", "bob"])]);
        assert_eq!(schedule.on_call(at("2026-01-05T08:59:59Z")), None);
        assert_eq!(schedule.on_call(at("2026-01-12T08:59:59Z")), Some("ann"));
        assert_eq!(schedule.on_call(at("2026-01-12T09:00:00Z")), Some("bob"));
        let shifts = schedule.shifts(at("2026-01-14T00:00:00Z"), at("2026-01-14T00:00:00Z"));
        let bobs =
            Shift { user: "bob".into(), start: at("2026-01-12T09:00:00Z"), end: at("2026-01-19T09:00:00Z") };
        assert_eq!(shifts, [bobs]);
    }

    #[test]
    fn a_layer_on_top_takes_its_hours_and_gives_the_rest_back() {
        let mut nights = weekly(&["eve"]);
        nights.restriction = Some(Restriction { from_second: 22 * 3600, seconds: 8 * 3600 });
        let schedule = schedule(vec![weekly(&["ann", "bob"]), nights]);
        let shifts = schedule.shifts(at("2026-01-14T12:00:00Z"), at("2026-01-15T12:00:00Z"));
        let told: Vec<_> = shifts.iter().map(|shift| (shift.user.as_str(), shift.start, shift.end)).collect();
        assert_eq!(
            told,
            [
                ("bob", at("2026-01-14T06:00:00Z"), at("2026-01-14T22:00:00Z")),
                ("eve", at("2026-01-14T22:00:00Z"), at("2026-01-15T06:00:00Z")),
                ("bob", at("2026-01-15T06:00:00Z"), at("2026-01-15T22:00:00Z")),
            ]
        );
    }

    #[test]
    fn one_person_alone_has_a_shift_without_gaps() {
        let schedule = schedule(vec![weekly(&["ann"])]);
        let shifts = schedule.shifts(at("2026-02-01T00:00:00Z"), at("2026-03-01T00:00:00Z"));
        assert_eq!(shifts.len(), 1);
        assert_eq!(shifts[0].start, at("2026-01-05T09:00:00Z"));
    }
}
