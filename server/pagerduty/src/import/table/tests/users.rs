use super::*;
use crate::{
    Urgency,
    import::wanted::{ContactKind, WantedContact, WantedRule, WantedTeam},
};

fn telephone(kind: ContactKind, country_code: u16, address: &str) -> WantedContact {
    WantedContact { kind, address: address.to_owned(), country_code: Some(country_code) }
}

#[test]
fn an_empty_cell_says_nothing() {
    let table = users(&format!("{}Ann,a@b\n", csv::line(csv::header(Kind::Users))));
    let expected = WantedUser { name: "Ann".to_owned(), email: "a@b".to_owned(), ..WantedUser::default() };
    assert_eq!(user(&table.rows[0]), &expected);
}

#[test]
fn a_role_goes_by_the_name_of_the_api_or_of_the_pages() {
    for (written, role) in [
        ("admin", "admin"),
        ("Global Admin", "admin"),
        ("user", "user"),
        ("MANAGER", "user"),
        ("limited_user", "limited_user"),
        ("Responder", "limited_user"),
        ("Observer", "observer"),
        ("restricted access", "restricted_access"),
        ("read_only_user", "read_only_user"),
        ("Full Stakeholder", "read_only_user"),
        ("stakeholder", "read_only_user"),
        ("read_only_limited_user", "read_only_limited_user"),
        ("Limited Stakeholder", "read_only_limited_user"),
    ] {
        assert_eq!(with("role", written).unwrap().role.as_deref(), Some(role), "{written}");
    }
    assert!(refusal("role", "king").contains("Global Admin, Manager"));
    assert!(refusal("role", "Owner").contains("one owner"));
    assert!(refusal("role", "Account Owner").contains("one owner"));
}

#[test]
fn an_email_address_has_the_form_of_one() {
    let row = |email: &str| {
        let table = users(&format!("name,email\nAnn,{}", csv::line([email]).trim_end()));
        table.rows[0].wanted.clone().map_err(|mistakes| mistakes[0].said.clone())
    };
    for good in ["a@b", "a.b+c@d-e.example.com", "ünï@exämple.com", "o'b|x@example.com", "-a@b"] {
        assert!(row(good).is_ok(), "{good}");
    }
    let long = format!("{}@b", "a".repeat(99));
    for (bad, why) in [
        ("ann", "no @"),
        ("a@b@c", "more than one @"),
        ("@b", "before the @"),
        ("a@", "after the @"),
        ("a@b..c", "dot"),
        ("a@.b", "dot"),
        ("a@b.", "dot"),
        ("a b@c", "space"),
        ("Ann <a@b>", "space"),
        ("<a@b>", "“<”"),
        ("a@b;c@d", "“;”"),
        ("a@b\u{200b}", "U+200B"),
        (long.as_str(), "101 characters"),
    ] {
        let said = row(bad).unwrap_err();
        assert!(said.contains(why), "{bad}: {said}");
    }
}

#[test]
fn texts_are_measured_in_characters() {
    let hundred = "é".repeat(100);
    assert_eq!(with("job_title", &hundred).unwrap().job_title, Some(hundred.clone()));
    assert!(refusal("job_title", &format!("{hundred}x")).contains("101 characters"));
    let table = users(&format!("name,email\n{hundred}x,a@b\n"));
    assert!(table.rows[0].wanted.as_ref().unwrap_err()[0].said.contains("up to 100"));
}

#[test]
fn a_time_zone_looks_like_one() {
    for good in
        ["Europe/Berlin", "UTC", "Etc/GMT+1", "America/Argentina/Buenos_Aires", "America/Port-au-Prince"]
    {
        assert_eq!(with("time_zone", good).unwrap().time_zone.as_deref(), Some(good));
    }
    for bad in ["Eastern Time (US & Canada)", "Europe\\Berlin", "/UTC", "Europe/", "+1", "Zürich"] {
        assert!(refusal("time_zone", bad).contains("Europe/Berlin"), "{bad}");
    }
}

#[test]
fn teams_have_roles_after_their_last_colon() {
    let team =
        |team: &str, role: Option<&str>| WantedTeam { team: team.to_owned(), role: role.map(str::to_owned) };
    for (cell, expected) in [
        ("Platform", vec![team("Platform", None)]),
        (
            "A; B:manager |C:Responder\nD",
            vec![team("A", None), team("B", Some("manager")), team("C", Some("responder")), team("D", None)],
        ),
        ("EU: Payments", vec![team("EU: Payments", None)]),
        ("EU: Payments : observer", vec![team("EU: Payments", Some("observer"))]),
        ("A:owner", vec![team("A:owner", None)]),
        (";; A ;", vec![team("A", None)]),
        (
            "\"A; \"\"B\"\"\":manager; \"C:manager\"",
            vec![team("A; \"B\"", Some("manager")), team("C:manager", None)],
        ),
    ] {
        assert_eq!(with("teams", cell).unwrap().teams, expected, "{cell}");
    }
    assert!(refusal("teams", "A;B;a:manager").contains("twice"));
    assert!(refusal("teams", ":manager").contains("no name"));
    assert!(refusal("teams", "\"A").contains("closed"));
    assert!(refusal("teams", "\"A\" B").contains("“B”"));
    assert!(refusal("teams", &"x;y;".repeat(26)).contains("More than 50"));
}

#[test]
fn a_telephone_number_is_split_after_the_country() {
    for (written, code, address) in [
        ("+49 30 1234567", 49, "301234567"),
        ("0049 (30) 123-45.67", 49, "301234567"),
        ("+1 212 555 0123", 1, "2125550123"),
        ("+7 495 1234567", 7, "4951234567"),
        ("+44\u{a0}20 7946 0123", 44, "2079460123"),
        ("+353 1 234 5678", 353, "12345678"),
        ("+420 123456789", 420, "123456789"),
        ("+971 4 1234567", 971, "41234567"),
        ("\u{202a}+49 30 1234567\u{202c}", 49, "301234567"),
    ] {
        for (column, kind) in [("phone", ContactKind::Phone), ("sms", ContactKind::Sms)] {
            assert_eq!(
                with(column, written).unwrap().contacts,
                [telephone(kind, code, address)],
                "{written}"
            );
        }
    }
    let both = with("phone", "+49 30 1234567; +1 212 555 0123").unwrap().contacts;
    assert_eq!(both.len(), 2);
}

#[test]
fn a_telephone_number_that_nobody_could_dial_is_refused() {
    for (written, why) in [
        ("030 1234567", "does not begin with +"),
        ("4930 1234567", "+49 30 1234567"),
        ("+49 (0)30 1234567", "(0)"),
        ("+49 30 12x4567", "“x”"),
        ("+49 1", "3 digits"),
        ("+49 1234567890123456", "18 digits"),
        ("+049 30 1234567", "none begins with 0"),
        ("00", "0 digits"),
        ("4.91522E+12", "Excel"),
        ("4,91522e+12", "as text"),
        ("+4.9E12", "last digits are lost"),
        ("\"+49 30 1234567\" x", "quotation marks"),
    ] {
        let said = refusal("phone", written);
        assert!(said.contains(why), "{written}: {said}");
    }
    assert!(refusal("sms", "+49 30 1234567; 0049301234567").contains("twice"));
}

#[test]
fn further_addresses_are_not_the_one_to_sign_in_with() {
    let contacts = with("emails", "x@example.com; y@example.com").unwrap().contacts;
    let email = |address: &str| WantedContact {
        kind: ContactKind::Email,
        address: address.to_owned(),
        country_code: None,
    };
    assert_eq!(contacts, [email("x@example.com"), email("y@example.com")]);
    assert!(refusal("emails", "ANN@example.com").contains("sign in"));
    assert!(refusal("emails", "x@y;X@y").contains("twice"));
}

#[test]
fn rules_say_by_what_and_after_how_many_minutes() {
    let row = "Ann,a@b,+1 212 555 0123,+1 212 555 0123";
    let file = format!(
        "name,email,phone,sms,notify_high,notify_low\n{row},E-mail; sms:5;phone: 10;sms,email:1440\n"
    );
    let table = users(&file);
    let rule = |urgency, by, delay| WantedRule { urgency, by, delay };
    assert_eq!(
        user(&table.rows[0]).rules,
        [
            rule(Urgency::High, ContactKind::Email, 0),
            rule(Urgency::High, ContactKind::Sms, 5),
            rule(Urgency::High, ContactKind::Phone, 10),
            rule(Urgency::High, ContactKind::Sms, 0),
            rule(Urgency::Low, ContactKind::Email, 1440),
        ]
    );
    for (written, why) in [
        ("email:1441", "from 0 to 1440"),
        ("email:-1", "from 0 to 1440"),
        ("email:+1", "from 0 to 1440"),
        ("email:", "from 0 to 1440"),
        ("email:99999999999", "from 0 to 1440"),
        ("fax", "email, sms or phone"),
        ("push:1", "mobile app"),
        ("sms:5", "column sms has none"),
        ("phone", "column phone has none"),
        ("email; email:0", "twice"),
    ] {
        for column in ["notify_high", "notify_low"] {
            let said = refusal(column, written);
            assert!(said.contains(why), "{written}: {said}");
        }
    }
}

#[test]
fn a_number_that_is_wrong_is_told_once_and_not_again_by_its_rule() {
    let table = users("name,email,phone,notify_high\nAnn,a@b,123,phone\n");
    let mistakes = table.rows[0].wanted.as_ref().unwrap_err();
    assert_eq!((mistakes.len(), mistakes[0].column.as_deref()), (1, Some("phone")));
}
