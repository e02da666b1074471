//! The same from the terminal, beside a program that serves.

use pagerduty_sandbox::{Fault, Options};
use serde_json::Value;

use super::{EVERYTHING, people};
use crate::harness::{
    BETHANY, Browser,
    program::{Ended, Place, browser},
};

async fn connected() -> (Place, pagerduty_sandbox::Sandbox, crate::harness::program::Running, Browser) {
    let (place, sandbox, port) = Place::with_sandbox(Options::default()).await;
    let place = place.env("PD_SCOPES", EVERYTHING);
    let running = place.serve(&["serve"], port);
    let bethany = browser(port);
    assert_eq!(bethany.connect_as(BETHANY).await.location(), "/welcome");
    (place, sandbox, running, bethany)
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|e| panic!("{e}: {ended:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_a_run_a_report_and_an_undo() {
    let (place, sandbox, _running, bethany) = connected().await;
    let place = place.file("people.csv", &(people(3) + "Lost,lost@import.example,x\n"));
    let broken = place.run(&["import", "users", "people.csv"]);
    assert!(broken.code == Some(2) && broken.out.contains("conflict"), "{broken:?}");

    let place = place.file("people.csv", &people(3));
    let plan = place.run(&["import", "users", "people.csv", "--plan-only"]);
    assert!(
        plan.ok && plan.out.contains("3 to create") && plan.out.contains("person-2@import.example"),
        "{plan:?}"
    );
    assert!(!sandbox.requests().iter().any(|it| it.method == "POST" && it.path == "/users"));

    let done = place.run(&["import", "users", "people.csv", "--user", BETHANY, "--apply", "--json"]);
    assert!(done.ok, "{done:?}");
    let told = json(&done);
    assert_eq!((&told["state"], &told["rows_at"]["created"]), (&"done".into(), &3.into()), "{told}");
    let id = told["id"].as_str().unwrap();
    let report = place.run(&["import", "report", id]);
    assert!(
        report.out.starts_with("name,email,import_line") && report.out.matches(",made,").count() == 3,
        "{report:?}"
    );

    // To the last byte what the browser is given, but for the mark that a spreadsheet knows the letters by.
    let page = bethany.get(&format!("/import/{id}/report.csv")).await;
    assert!(
        page.status == 200 && report.out == page.body.trim_start_matches('\u{feff}'),
        "{report:?} {page:?}"
    );

    let undo = place.run(&["import", "undo", id, "--json"]);
    let undo_id = json(&undo)["id"].as_str().unwrap().to_owned();
    let taken_back = place.run(&["import", "apply", &undo_id]);
    assert!(taken_back.ok && taken_back.out.contains("3 removed"), "{taken_back:?}");
    let list = place.run(&["import", "list"]);
    assert!(list.out.contains(id) && list.out.contains("undo"), "{list:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_told_and_a_script_can_tell_it_apart() {
    let (place, _sandbox, running, _) = connected().await;
    let missing = place.run(&["import", "users", "nowhere.csv"]);
    assert!(missing.code == Some(1) && missing.err.contains("nowhere.csv"), "{missing:?}");
    let place = place.file("book.csv", "PK\u{3}\u{4}…");
    let book = place.run(&["import", "users", "book.csv", "--apply"]);
    assert!(book.code == Some(2) && book.out.contains("Excel"), "{book:?}");
    let unknown = place.run(&["import", "apply", "nothing"]);
    assert!(unknown.code == Some(1) && unknown.err.contains("no such import"), "{unknown:?}");
    let template = place.run(&["import", "template", "users"]);
    assert!(template.ok && template.out.starts_with("name,email"), "{template:?}");
    let (_, log) = running.terminate();
    assert!(!log.contains("import.example"), "an address was logged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_about_no_line_of_the_file_names_none() {
    let (place, sandbox, _running, _) = connected().await;
    let place = place.file("people.csv", &people(2));
    sandbox.fault(Fault::on("GET", "/users*").status(400).body("{}").always());
    let refused = place.run(&["import", "users", "people.csv"]);
    assert!(refused.code == Some(2) && refused.out.contains("could not be looked up"), "{refused:?}");
    assert!(!refused.out.contains("line "), "{refused:?}");
    let told = place.run(&["import", "users", "people.csv", "--json"]);
    let told: Value = serde_json::from_str(&told.out).unwrap();
    assert!(told["mistakes"][0]["line"].is_null(), "{told}");
}
