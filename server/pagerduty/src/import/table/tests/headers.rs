use super::*;

/// Which of the canonical columns a header names.
fn same(kind: Kind, name: &str) -> Option<&'static str> {
    columns::named(kind, name).map(|column| columns::name(kind, column))
}

#[test]
fn columns_stand_in_any_order_and_go_by_many_names() {
    for (name, canonical) in [
        ("E-mail", "email"),
        ("Email Address", "email"),
        ("EMAIL_ADDRESS", "email"),
        ("Job Title", "job_title"),
        ("title", "job_title"),
        ("Time Zone", "time_zone"),
        ("timezone", "time_zone"),
        ("tz", "time_zone"),
        ("Phone", "phone"),
        ("mobile", "phone"),
        ("Other E-mails", "emails"),
        ("further e-mail", "emails"),
        ("Notify-High", "notify_high"),
        ("Base Role", "role"),
    ] {
        assert_eq!(same(Kind::Users, name), Some(canonical), "{name}");
    }
    assert_eq!(same(Kind::Services, "Acknowledgement Timeout"), Some("acknowledgement_timeout"));
    assert_eq!(same(Kind::Services, "Escalation Policy"), Some("escalation_policy"));
    let table = users("Job Title, E-mail ,NAME\nChemist,ann@example.com,Ann\n");
    assert_eq!(table.header, ["Job Title", "E-mail", "NAME"]);
    assert_eq!(table.rows[0].cells, ["Chemist", "ann@example.com", "Ann"]);
    assert_eq!(user(&table.rows[0]).job_title.as_deref(), Some("Chemist"));
}

#[test]
fn no_two_columns_go_by_the_same_name() {
    for kind in Kind::ALL {
        let columns: Vec<_> = columns::written(kind).collect();
        for name in &columns {
            assert_eq!(same(kind, name), Some(*name));
        }
        assert_eq!(columns.len(), if kind == Kind::Users { 12 } else { 8 });
    }
}

#[test]
fn a_column_nobody_knows_names_those_that_are_known_and_the_nearest() {
    let (line, column, said) = only("name,email,tilte\nAnn,ann@example.com,x\n");
    assert_eq!((line, column.as_deref()), (1, Some("tilte")));
    assert!(said.contains("Did you mean “job_title”?") && said.contains("name, email, role,"), "{said}");
    let (_, _, said) = only("name,email,shoe size\nAnn,ann@example.com,42\n");
    assert!(!said.contains("Did you mean"), "{said}");
    let (_, _, said) = only("name,email,escalation_policy\nAnn,ann@example.com,x\n");
    assert!(said.contains("belongs in a file of services"), "{said}");
}

#[test]
fn push_is_refused_with_the_reason() {
    for name in ["push", "Push Notification"] {
        let (_, column, said) = only(format!("name,email,{name}\nAnn,ann@example.com,x\n"));
        assert_eq!(column.as_deref(), Some(name));
        assert!(said.contains("mobile app") && said.contains("signs in"), "{said}");
    }
}

#[test]
fn two_columns_of_one_meaning_are_refused() {
    let (_, column, said) = only("name,email,phone,Mobile\nAnn,ann@example.com,,\n");
    assert_eq!(column.as_deref(), Some("Mobile"));
    assert!(said.contains("“phone” and “Mobile”") && said.contains("separated by “;”"), "{said}");
    let (_, column, _) = only("name,email,surname\nAnn,ann@example.com,\n");
    assert_eq!(column.as_deref(), Some("surname"));
}

#[test]
fn a_column_that_must_be_there_is_missed() {
    let missing = |file: &str| only(file).2;
    assert!(missing("name,role\nAnn,admin\n").contains("“email” is missing"));
    assert!(missing("email\nann@example.com\n").contains("“name” is missing"));
    assert!(missing("first name,email\nAnn,ann@example.com\n").contains("“last_name” is missing"));
    let error = Table::read(Kind::Services, b"description\nx\n").unwrap_err();
    assert!(error.mistakes[0].said.contains("“name” is missing"));
}

#[test]
fn first_and_last_name_make_a_name() {
    let table =
        users("Surname,first_name,email\nBell,Ann,ann@example.com\n,Ann,a@example.com\n,,b@example.com\n");
    assert_eq!(user(&table.rows[0]).name, "Ann Bell");
    assert_eq!(user(&table.rows[1]).name, "Ann");
    assert!(table.rows[2].wanted.as_ref().unwrap_err()[0].said.contains("empty"));
}

#[test]
fn an_empty_name_above_an_empty_column_is_ignored() {
    let table = users("name,,email,,\nAnn,,ann@example.com\nBo,,bo@example.com,,\n");
    assert_eq!(table.header, ["name", "email"]);
    assert_eq!(table.rows[1].cells, ["Bo", "bo@example.com"]);
    let table = users("name,,email\nAnn,x,ann@example.com\nBo,,bo@example.com\n");
    let mistakes = table.rows[0].wanted.as_ref().unwrap_err();
    assert!(mistakes[0].said.contains("column 2, which has no name"), "{mistakes:?}");
    assert!(table.rows[1].wanted.is_ok());
}

#[test]
fn more_columns_than_can_be_read_are_refused() {
    let (_, _, said) = only(format!("{}name\nx\n", "name,".repeat(64)));
    assert!(said.contains("65 columns"), "{said}");
}

#[test]
fn the_separator_is_the_one_that_makes_the_most_known_columns() {
    for separator in [',', ';', '\t', '|'] {
        let file =
            "name#email#job, title; or | so\nAnn#ann@example.com#x\n".replace('#', &separator.to_string());
        let file = file.replace("job, title; or | so", "\"job_title\"");
        assert_eq!(user(&users(&file).rows[0]).job_title.as_deref(), Some("x"), "{separator:?}");
    }
    // Commas in a name do not make it separated by commas.
    let table = services("name;teams\n\"Doe, Ann\";A\nBell, Bo;B\n");
    assert_eq!(service(&table.rows[1]).name, "Bell, Bo");
}

#[test]
fn excels_own_first_line_is_honoured_and_counted() {
    for first in ["sep=;", "SEP=;", "\"sep=;\""] {
        let table = users(&format!("{first}\r\nname;email\r\nAnn;ann@example.com\r\n"));
        assert_eq!((table.rows[0].line, &*user(&table.rows[0]).name), (3, "Ann"));
    }
    let table = users("sep=\t\nname\temail\nAnn\tann@example.com");
    assert_eq!(user(&table.rows[0]).name, "Ann");
    assert!(only("sep=:\nname:email\n").2.contains("separated by “:”"));
}

#[test]
fn everything_wrong_with_a_file_is_told_at_once() {
    let error = unreadable("nmae,email,push\nAnn,a\"b,\n\"x\"y,b\nz,\"open\n");
    let lines: Vec<_> = error.mistakes.iter().map(|it| (it.line, it.column.as_deref())).collect();
    let expected = [
        (1, Some("nmae")),
        (1, Some("push")),
        (1, None),
        (2, Some("email")),
        (3, Some("nmae")),
        (4, Some("email")),
    ];
    assert_eq!(lines, expected);
    assert_finished(&error.mistakes);
}

#[test]
fn a_thousand_mistakes_are_kept_and_the_rest_counted() {
    let error = unreadable(format!("name,email\n{}", "x\"y,z\n".repeat(1234)));
    assert_eq!((error.mistakes.len(), error.more), (1000, 234));
    assert_eq!(error.mistakes.last().unwrap().line, 1001);
}
