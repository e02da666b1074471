//! What is written reads back the same.

use std::collections::HashSet;

use proptest::{
    collection::vec,
    option::of,
    prelude::*,
    sample::{select, subsequence},
};

use super::*;
use crate::{
    Urgency,
    import::wanted::{ContactKind, Timeout, WantedContact, WantedRule, WantedTeam},
};

#[test]
fn a_line_is_quoted_where_it_must_be() {
    assert_eq!(csv::line(["a", "b c", ""]), "a,b c,\r\n");
    assert_eq!(csv::line(["a,b", "c\"d", "e\nf", " g"]), "\"a,b\",\"c\"\"d\",\"e\nf\",\" g\"\r\n");
    assert_eq!(csv::line(Vec::<String>::new()), "\r\n");
}

#[test]
fn a_cell_that_a_spreadsheet_would_calculate_is_guarded() {
    for cell in ["=1+1", "+49", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠x", "\0x"] {
        assert_eq!(csv::line([cell]), format!("'{cell}\r\n"));
        assert_eq!(csv::line([format!("'{cell}")]), format!("''{cell}\r\n"));
        assert_eq!(csv::line([format!(" \u{a0}{cell}")]), format!("\"' \u{a0}{cell}\"\r\n"));
    }
    assert_eq!(csv::line(["\tx", "\rx", "\nx"]), "\"'\tx\",\"'\rx\",\"'\nx\"\r\n");
    assert_eq!(csv::line(["'tis", "a=b", "'", " "]), "'tis,a=b,',\" \"\r\n");
}

#[test]
fn a_template_reads_without_mistakes() {
    for kind in Kind::ALL {
        let template = csv::template(kind);
        let table = Table::read(kind, template.as_bytes()).unwrap();
        assert_eq!(table.header, csv::header(kind));
        assert_eq!(table.rows.len(), 2);
        for row in &table.rows {
            assert!(row.wanted.is_ok(), "{row:?}");
        }
    }
}

#[test]
fn a_telephone_number_is_written_so_that_it_stays_one() {
    let table = users(&csv::template(Kind::Users));
    let cells = csv::cells(table.rows[0].wanted.as_ref().unwrap());
    assert_eq!(cells[7], "+44 2079460123");
    assert!(csv::line(&cells).contains(",'+44 2079460123,"));
}

const HOSTILE: &[&str] = &[
    "a", "B", "é", "日", "🦀", "0", " ", "\u{a0}", ",", ";", "|", "\t", "\"", "\"\"", "'", "=", "+", "-",
    "@", "＝", "\r", "\n", "\r\n", ":", ":manager", "=\"", "\u{200b}", "\u{feff}", "“", "sep=", "never",
];

/// A text as a cell holds one: there is something, and no space around it.
fn hostile(most: usize) -> impl Strategy<Value = String> {
    let text = vec(select(HOSTILE), 1..=most).prop_map(|parts| parts.concat().trim().to_owned());
    text.prop_map(|text| if text.is_empty() { "x".to_owned() } else { text })
}

fn email() -> impl Strategy<Value = String> {
    let local = vec(select(vec!["a", "é", "=", "+", "-", "'", "|", "\"", ":", "x"]), 1..6);
    (local, select(vec!["b", "example.com"]))
        .prop_map(|(local, domain)| format!("{}@{domain}", local.concat()))
}

fn telephone(kind: ContactKind) -> impl Strategy<Value = WantedContact> {
    (select(vec![1_u16, 7, 20, 44, 49, 98, 353, 420, 999]), "[0-9]{5,12}")
        .prop_map(move |(code, address)| WantedContact { kind, address, country_code: Some(code) })
}

/// Of those that are one but for their case, the first.
fn distinct<T>(things: Vec<T>, name: impl Fn(&T) -> &str) -> Vec<T> {
    let mut seen = HashSet::new();
    things.into_iter().filter(|it| seen.insert(name(it).to_lowercase())).collect()
}

fn rules(urgency: Urgency) -> impl Strategy<Value = Vec<WantedRule>> {
    let all = [ContactKind::Email, ContactKind::Phone, ContactKind::Sms];
    let all = all.into_iter().flat_map(|by| [0, 5, 1440].map(|delay| WantedRule { urgency, by, delay }));
    let all: Vec<_> = all.collect();
    subsequence(all, 0..=9).prop_shuffle()
}

fn contacts() -> impl Strategy<Value = Vec<WantedContact>> {
    let email =
        email().prop_map(|address| WantedContact { kind: ContactKind::Email, address, country_code: None });
    let kinds =
        (vec(telephone(ContactKind::Phone), 0..3), vec(telephone(ContactKind::Sms), 0..3), vec(email, 0..3));
    kinds.prop_map(|(phone, sms, emails)| {
        let each = [phone, sms, emails].map(|of_kind| distinct(of_kind, |it| &it.address));
        each.into_iter().flatten().collect()
    })
}

fn any_user() -> impl Strategy<Value = Wanted> {
    let role =
        select(vec!["admin", "user", "limited_user", "observer", "restricted_access", "read_only_user"]);
    let team_role = of(select(vec!["observer", "responder", "manager"]).prop_map(str::to_owned));
    let team = (hostile(6), team_role).prop_map(|(team, role)| WantedTeam { team, role });
    let teams = vec(team, 0..4).prop_map(|teams| distinct(teams, |it| &it.team));
    let said = (hostile(20), email(), of(role.prop_map(str::to_owned)), of(hostile(20)), of(hostile(60)));
    let zone = of(select(vec!["UTC", "Etc/GMT+1"]).prop_map(str::to_owned));
    (said, zone, teams, contacts(), rules(Urgency::High), rules(Urgency::Low)).prop_map(
        |((name, email, role, job_title, description), time_zone, teams, mut contacts, high, low)| {
            contacts.retain(|it| it.address.to_lowercase() != email.to_lowercase());
            let has = |by| by == ContactKind::Email || contacts.iter().any(|it| it.kind == by);
            let rules = [high, low].concat().into_iter().filter(|rule| has(rule.by)).collect();
            let user = (name, email, role, job_title, time_zone, description);
            let (name, email, role, job_title, time_zone, description) = user;
            let user =
                WantedUser { name, email, role, job_title, time_zone, description, teams, contacts, rules };
            Wanted::User(user)
        },
    )
}

fn any_service() -> impl Strategy<Value = Wanted> {
    let timeout = || of(prop_oneof![Just(Timeout::Never), (1..=2_592_000_u32).prop_map(Timeout::Seconds)]);
    let one_of = |words: [&'static str; 2]| of(select(words.to_vec()).prop_map(str::to_owned));
    let teams = vec(hostile(6), 0..4).prop_map(|teams| distinct(teams, |it| it));
    let alerts = one_of(["create_incidents", "create_alerts_and_incidents"]);
    let urgency = one_of(["high", "severity_based"]);
    (hostile(40), of(hostile(60)), of(hostile(20)), teams, timeout(), timeout(), alerts, urgency).prop_map(
        |it| {
            Wanted::Service(WantedService {
                name: it.0,
                description: it.1,
                escalation_policy: it.2,
                teams: it.3,
                auto_resolve_timeout: it.4,
                acknowledgement_timeout: it.5,
                alert_creation: it.6,
                urgency: it.7,
            })
        },
    )
}

fn reads_back(kind: Kind, wanted: &[Wanted]) {
    let rows: String = wanted.iter().map(|it| csv::line(csv::cells(it))).collect();
    let file = csv::line(csv::header(kind)) + &rows;
    let table = Table::read(kind, file.as_bytes()).unwrap();
    let read: Vec<_> = table.rows.iter().map(|row| row.wanted.clone().unwrap()).collect();
    assert_eq!(read, wanted, "{file:?}");
    // A report repeats the cells of a file: they too come out as they went in.
    let again: String = table.rows.iter().map(|row| csv::line(&row.cells)).collect();
    assert_eq!(again, rows);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_wanted_of_users_reads_back_the_same(wanted in vec(any_user(), 1..4)) {
        reads_back(Kind::Users, &wanted);
    }

    #[test]
    fn whatever_is_wanted_of_services_reads_back_the_same(wanted in vec(any_service(), 1..4)) {
        reads_back(Kind::Services, &wanted);
    }

    #[test]
    fn any_text_reads_back_but_for_the_space_around_it(text in vec(select(HOSTILE), 0..12)) {
        let text = text.concat();
        let line = csv::line([text.as_str(), "x"]);
        let row = lex::Lexer::new(&line, 1, ',').next().unwrap();
        prop_assert!(row.faults.is_empty());
        prop_assert_eq!(cell::clean(&row.cells[0].text), text.trim());
    }

    #[test]
    fn any_row_reads_back_with_each_separator(
        texts in vec(hostile(8), 1..5),
        separator in select(lex::SEPARATORS.to_vec()),
    ) {
        let quoted = texts.iter().map(|text| format!("\"{}\"", text.replace('"', "\"\"")));
        let line = quoted.collect::<Vec<_>>().join(&separator.to_string());
        let row = lex::Lexer::new(&line, 1, separator).next().unwrap();
        let read: Vec<_> = row.cells.iter().map(|it| &it.text).collect();
        prop_assert_eq!(read, texts.iter().collect::<Vec<_>>());
        prop_assert!(row.faults.is_empty());
    }
}
