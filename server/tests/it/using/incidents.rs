//! Incidents acknowledged and resolved from a page.

use pagerduty_sandbox::Fault;

use super::app_that_may;
use crate::harness::{App, BETHANY, Browser, Reply};

/// Of the seed: triggered.
const TRIGGERED: [&str; 2] = ["Pods of payments-api", "TLS handshakes"];

async fn ids(browser: &Browser) -> Vec<String> {
    let page = browser.get("/incidents?state=triggered").await;
    let boxes = page.body.split("name=\"ids[]\" value=\"").skip(1);
    boxes.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

async fn change(browser: &Browser, ids: &[&str], to: &str) -> Reply {
    let mut fields: Vec<(&str, &str)> = ids.iter().map(|id| ("ids[]", *id)).collect();
    fields.extend([("to", to), ("return_to", "/incidents?state=triggered&done=x")]);
    browser.post("/api/change_incidents", &fields).await
}

fn writes(app: &App) -> usize {
    app.sandbox.requests().iter().filter(|call| call.method == "PUT" && call.path == "/incidents").count()
}

#[tokio::test]
async fn what_is_chosen_is_changed_and_the_rest_is_not() {
    let app = app_that_may().await;
    let (browser, _) = app.connected(BETHANY).await;
    let all = ids(&browser).await;
    assert!(all.len() >= 4, "{all:?}");
    let reply = change(&browser, &[&all[0], &all[1]], "acknowledged").await;
    assert_eq!((reply.status, reply.location()), (303, "/incidents?state=triggered&done=acknowledged&ok=2"));
    assert_eq!(ids(&browser).await, all[2..]);
    assert_eq!(writes(&app), 1, "both at once");
    let sent = app.sandbox.requests().into_iter().find(|call| call.method == "PUT").unwrap();
    assert!(sent.headers.contains(&("from".into(), BETHANY.into())), "SR-65: {:?}", sent.headers);
    browser.get("/incidents").await.assert_shows(&TRIGGERED);
}

#[tokio::test]
async fn one_that_is_over_is_not_opened_again_and_the_others_are_changed() {
    let app = app_that_may().await;
    let (browser, _) = app.connected(BETHANY).await;
    let all = ids(&browser).await;
    assert!(change(&browser, &[&all[0]], "resolved").await.location().ends_with("done=resolved&ok=1"));
    let reply = change(&browser, &[&all[0], &all[1]], "acknowledged").await;
    let told = format!("/incidents?state=triggered&done=acknowledged&ok=1&failed={}%7Eover", all[0]);
    assert_eq!(reply.location(), told);
    let page = browser.get(&told).await;
    page.assert_shows(&["1 incident was acknowledged.", "It was resolved by then"]);
    assert_eq!(ids(&browser).await, all[2..]);
    let acknowledged = browser.get("/incidents?state=acknowledged").await;
    assert!(
        acknowledged.main().contains(&all[1]) && !acknowledged.main().contains(&all[0]),
        "it was opened again"
    );
}

#[tokio::test]
async fn rf_01_an_answer_that_is_lost_changes_nothing_twice_and_tells_the_truth() {
    let app = app_that_may().await;
    let (browser, _) = app.connected(BETHANY).await;
    let all = ids(&browser).await;
    app.sandbox.fault(Fault::on("PUT", "/incidents").after_the_effect().status(502));
    let reply = change(&browser, &[&all[0], &all[1]], "resolved").await;
    assert_eq!(reply.location(), "/incidents?state=triggered&done=resolved&ok=2");
    assert_eq!(ids(&browser).await, all[2..]);
}

#[tokio::test]
async fn nonsense_changes_nothing_and_leads_back() {
    let app = app_that_may().await;
    let (browser, _) = app.connected(BETHANY).await;
    for (ids, to) in [
        (&[][..], "acknowledged"),
        (&["../users", "P/1", "", "p1"][..], "acknowledged"),
        (&["PXXXXXX"][..], "deleted"),
    ] {
        let reply = change(&browser, ids, to).await;
        assert_eq!(reply.status, 303);
        assert!(reply.location().starts_with("/incidents?state=triggered"), "{}", reply.location());
    }
    assert_eq!(writes(&app), 0);
    let gone = change(&browser, &["QNOSUCHINCIDENT"], "resolved").await;
    assert!(gone.location().ends_with("ok=0&failed=QNOSUCHINCIDENT%7Egone"), "{}", gone.location());
    // Nobody can be sent elsewhere.
    let fields = [("to", "resolved"), ("return_to", "https://evil.example/incidents?")];
    assert!(browser.post("/api/change_incidents", &fields).await.location().starts_with("/incidents"));
    let nobody = app.browser();
    assert_eq!(change(&nobody, &["PXXXXXX"], "resolved").await.location(), "/incidents?state=triggered");
}
