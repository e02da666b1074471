//! Nothing is written before a person has seen what it comes to.

use pagerduty::import::{Action, Kind};
use pagerduty_connect::Filter;
use pagerduty_connect::imports::{ImportError, ImportState, RowState};

use super::Desk;
use crate::harness::{BETHANY, MARCUS, Setup};

const ONE_OF_EACH: &str = "\
E-mail;Name;Role;Job Title;Teams;Phone;Notify high
noor@acme.example;Noor Haddad;Responder;Engineer;Checkout:responder;+49 30 1234567;email:0, phone:5
priya@acme.example;Priya Raman;Global Admin;;Mobile;;
grace@acme.example;Grace Lindqvist;Observer;Support Lead;Mobile;;
lost@acme.example;Lost Soul;;;No Such Team;;
bad@acme.example;Bad Phone;;;;12345;
twice@acme.example;Twin One;;;;;
TWICE@acme.example;Twin Two;;;;;
";

#[tokio::test]
async fn each_row_comes_to_what_it_should_and_nothing_is_written() {
    let desk = Desk::new().await;
    let file = ONE_OF_EACH.replace("email:0, phone:5", "\"email:0; phone:5\"");
    let id = desk.plan(Kind::Users, &file).await;
    let action = async |key: &str| desk.row(&id, key).await.planned.unwrap();

    let noor = action("noor@acme.example").await;
    assert_eq!((noor.action, noor.calls), (Action::Create, 5), "{noor:?}");
    let priya = action("priya@acme.example").await;
    assert_eq!(priya.action, Action::Update);
    let words: Vec<_> = priya.changes_in_words();
    let row =
        |field: &str, before: &str, after: &str| (field.to_owned(), before.to_owned(), after.to_owned());
    assert_eq!(words, [row("role", "user", "admin"), row("team", "", "+ Mobile")]);
    assert_eq!(action("grace@acme.example").await.action, Action::Unchanged);
    for (key, why) in [
        ("lost@acme.example", "no team “No Such Team”"),
        ("twice@acme.example", "line 8"),
        ("TWICE@acme.example", "line 7"),
    ] {
        let planned = action(key).await;
        assert_eq!(planned.action, Action::Conflict, "{key}");
        assert!(planned.why.concat().contains(why), "{key}: {:?}", planned.why);
    }
    let bad = desk.rows(&id).await.into_iter().find(|row| row.line == 6).unwrap();
    assert_eq!(bad.planned.as_ref().unwrap().action, Action::Conflict, "{bad:?}");
    assert!(bad.planned.unwrap().why.concat().contains("Phone: "), "the column is named");

    let import = desk.import(&id).await;
    assert_eq!(import.about.scopes.split(' ').filter(|it| it.ends_with(".write")).count(), 3);
    assert_eq!((import.tally.to_do(), import.tally.calls_left()), (2, 5 + 3));
    assert_eq!(desk.writes(), 0);
    let csv = desk.connect.import_as_csv(&desk.user, &id).await.unwrap();
    assert!(csv.contains("role: user → admin; team: + Mobile"), "{csv}");
}

#[tokio::test]
async fn services_are_planned_by_the_policy_they_name() {
    let desk = Desk::new().await;
    let file = "name,escalation_policy,teams,auto_resolve_timeout,urgency\n\
                New One,Checkout,Checkout,4h,low\n\
                payments api,,,1h,\n\
                Cart,PESCAL3,,,\n\
                Wrong Team,Checkout,Mobile,,\n\
                No Policy,,,,\n\
                Other,Nobody's,,,\n";
    let id = desk.plan(Kind::Services, file).await;
    let actions: Vec<_> = desk.rows(&id).await.into_iter().map(|row| row.planned.unwrap()).collect();
    use Action::{Conflict, Create, Unchanged, Update};
    let names: Vec<_> = actions.iter().map(|it| it.action).collect();
    assert_eq!(names, [Create, Update, Unchanged, Conflict, Conflict, Conflict], "{actions:?}");
    assert!(actions[3].why[0].contains("belongs to Checkout, not to Mobile"), "{:?}", actions[3].why);
    assert!(actions[4].why[0].contains("needs an escalation policy"));
    assert!(actions[5].why[0].contains("“Nobody's”"));
    desk.apply(&id).await;
    let services = desk.services().await;
    let new = services.iter().find(|it| it.name == "New One").unwrap();
    assert_eq!((new.auto_resolve_timeout, new.teams[0].name()), (Some(14_400), "Checkout"));
    assert_eq!(new.incident_urgency_rule.as_ref().unwrap().urgency.as_deref(), Some("low"));
    let api = services.iter().find(|it| it.id == "PSERV01").unwrap();
    assert_eq!((api.name.as_str(), api.auto_resolve_timeout), ("payments api", Some(3_600)));
}

#[tokio::test]
async fn a_file_that_is_no_table_is_told_line_by_line() {
    let desk = Desk::new().await;
    for (file, said) in [
        (&b"PK\x03\x04 and so on"[..], "Excel"),
        (b"name,mail,shoe size\nA,a@b.c,4\n", "shoe size"),
        (b"name,email\nA,\"a@b.c\nB,b@b.c\n", "line 2"),
        (b"", "empty"),
    ] {
        let id = desk.connect.begin_import(&desk.user, Kind::Users, "a.csv", file.into()).await.unwrap();
        let import = desk.import(&id).await;
        assert_eq!(import.state, ImportState::Unreadable);
        let told: String =
            import.about.mistakes.iter().map(|(line, _, said)| format!("line {line}: {said} ")).collect();
        assert!(told.contains(said), "{told}");
        let error = desk.connect.apply_import(&desk.user, &id).await.unwrap_err();
        assert!(matches!(error, ImportError::TooLate(ImportState::Unreadable)), "{error}");
    }
}

#[tokio::test]
async fn what_is_left_out_is_not_done() {
    let desk = Desk::new().await;
    let id = desk.plan(Kind::Users, &super::people(3)).await;
    assert_eq!(desk.connect.choose_rows(&desk.user, &id, &[2, 3], false).await.unwrap(), 2);
    assert_eq!(desk.connect.choose_rows(&desk.user, &id, &[3], true).await.unwrap(), 1);
    desk.apply(&id).await;
    assert_eq!(
        desk.ends(&id).await.into_iter().collect::<Vec<_>>(),
        [(RowState::Excluded, 1), (RowState::Created, 2)]
    );
    assert!(desk.people().await.iter().all(|it| it.user.email != "person-2@import.example"));
    let error = desk.connect.choose_rows(&desk.user, &id, &[2], true).await.unwrap();
    assert_eq!(error, 0, "it is over");
}

#[tokio::test]
async fn sr_94_nobody_sees_or_changes_an_import_of_somebody_else() {
    let desk = Desk::new().await;
    let id = desk.plan(Kind::Users, &super::people(1)).await;
    desk.app.connected(MARCUS).await;
    let connect = &desk.connect;
    let marcus =
        connect.identities(&Filter::all().known_by(MARCUS), None, 1).await.unwrap().found.remove(0).user;
    assert!(matches!(connect.import(&marcus, &id).await, Err(ImportError::Unknown)));
    assert!(matches!(connect.import_rows(&marcus, &id, Default::default()).await, Err(ImportError::Unknown)));
    assert!(matches!(connect.choose_rows(&marcus, &id, &[1], false).await, Err(ImportError::Unknown)));
    assert!(matches!(connect.apply_import(&marcus, &id).await, Err(ImportError::Unknown)));
    assert!(matches!(connect.pause_import(&marcus, &id).await, Err(ImportError::Unknown)));
    assert!(matches!(connect.resume_import(&marcus, &id).await, Err(ImportError::Unknown)));
    assert!(matches!(connect.cancel_import(&marcus, &id).await, Err(ImportError::Unknown)));
    assert!(matches!(connect.undo_import(&marcus, &id).await, Err(ImportError::Unknown)));
    assert!(matches!(connect.import_failed_again(&marcus, &id).await, Err(ImportError::Unknown)));
    assert!(matches!(connect.import_as_csv(&marcus, &id).await, Err(ImportError::Unknown)));
    assert!(connect.imports(&marcus).await.unwrap().is_empty());
    assert_eq!(desk.import(&id).await.state, ImportState::Planned);
}

#[tokio::test]
async fn sr_95_a_hundred_are_kept_and_one_runs_at_a_time() {
    let desk = Desk::new().await;
    for _ in 0..101 {
        desk.load(Kind::Users, "").await;
    }
    assert_eq!(desk.connect.imports(&desk.user).await.unwrap().len(), 100);

    desk.app.sandbox.set_switches(|it| it.latency_ms = 500);
    let first = desk.plan(Kind::Users, &super::people(20)).await;
    let second = desk.plan(Kind::Services, "name,escalation_policy\nA,Checkout\n").await;
    desk.connect.apply_import(&desk.user, &first).await.unwrap();
    let error = desk.connect.apply_import(&desk.user, &second).await.unwrap_err();
    assert!(matches!(&error, ImportError::Busy(other) if *other == first), "{error}");
}

#[tokio::test]
async fn sr_93_an_export_loads_again_as_unchanged() {
    let desk = Desk::new().await;
    for kind in [Kind::Users, Kind::Services] {
        let file = desk.connect.export(&desk.user, kind).await.unwrap();
        let id = desk.plan(kind, &file).await;
        for row in desk.rows(&id).await {
            let planned = row.planned.unwrap();
            assert_eq!(planned.action, Action::Unchanged, "{}: {planned:?}\n{file}", row.key);
        }
        assert!(desk.import(&id).await.tally.all() >= 7);
    }
}

#[tokio::test]
async fn licences_are_counted_before_anything_is_written() {
    let desk = Desk::new().await;
    desk.app.sandbox.set_switches(|it| it.free_licenses = 2);
    let id = desk.plan(Kind::Users, &super::people(4)).await;
    let actions: Vec<_> = desk.rows(&id).await.into_iter().map(|row| row.planned.unwrap().action).collect();
    use Action::{Conflict, Create};
    assert_eq!(actions, [Create, Create, Conflict, Conflict]);
}

#[tokio::test]
async fn who_may_not_look_the_account_up_is_asked_to_and_then_it_goes_on() {
    let narrow = Setup { scopes: Some("openid users.read users.write"), ..Setup::default() };
    let desk = Desk::of(narrow, BETHANY).await;
    let id = desk.load(Kind::Users, "name,email,teams\nNoor,noor@acme.example,Checkout\n").await;
    let import = desk.until_waiting(&id).await;
    let waits = format!("{:?}", import.waits_for);
    assert!(waits.contains("teams.read") && import.state == ImportState::Planning, "{waits}");

    // Nobody agrees twice within a second.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let (browser, _) = desk.app.connected(BETHANY).await;
    let url = browser.begin_to(&[("return_to", "/welcome"), ("ask_for", "teams.read teams.write")]).await;
    let back = browser.consent(&url, BETHANY).await;
    assert_eq!(browser.callback(&back).await.status, 303);
    desk.until(&id, ImportState::Planned).await;
}
