//! What is written down, by whom it is found, and what it never holds.

use pagerduty_sandbox::Fault;
use serde_json::json;

use super::{Watched, names};
use crate::harness::{App, BETHANY, DAY, MARCUS, eventually, log_lines, program::browser};

/// Of the seed: incidents that are triggered.
async fn an_incident(of: &Watched) -> String {
    let page = of.person.get("/incidents?state=triggered").await;
    page.body.split("name=\"ids[]\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_to_a_connection_is_told_in_order() {
    let it = Watched::in_a_file().await;
    assert_eq!(it.person.connect_as(BETHANY).await.location(), "/welcome");
    let id = an_incident(&it).await;
    let fields = [("ids[]", id.as_str()), ("to", "acknowledged"), ("return_to", "/incidents")];
    assert!(it.person.post("/api/change_incidents", &fields).await.location().contains("ok=1"));
    assert_eq!(it.person.post("/token", &[]).await.status, 200);
    // One whose time is over is renewed.
    it.sandbox.expire_access_tokens();
    let mut db = it.place.database().await;
    sqlx::query("UPDATE connection SET refreshed_at = 1, access_until = 2").execute(&mut db).await.unwrap();
    assert!(it.place.run(&["token"]).ok);
    assert_eq!(it.person.post("/api/disconnect", &[]).await.status, 303);

    let lines = it.lines(&[]);
    let told = ["connected", "connected.again", "api.write", "token.revealed", "refreshed", "token.revealed"];
    assert_eq!(names(&lines), [&told[..], &["disconnected"]].concat());
    assert!(lines.iter().all(|line| line["user"] == "PACME01/PBETH01"), "{lines:#?}");
    let details: Vec<_> = lines.iter().map(|line| line["detail"].clone()).collect();
    assert_eq!(details[0], json!({ "scopes": "incidents.read incidents.write openid users.read" }));
    assert_eq!(details[2], json!({ "method": "PUT", "path": "/incidents", "status": 200 }));
    let rest =
        [json!({ "to": "browser" }), json!({}), json!({ "to": "terminal" }), json!({ "how": "revoked" })];
    assert_eq!(details[3..], rest);
    assert!(it.verified().unwrap().contains("All 7 lines"));
    let all = it.place.run(&["audit"]).out;
    assert!(all.lines().count() == 7 && all.contains("Z  token.revealed"), "{all}");
    for personal in ["@", "Bethany", &id, "Pods of"] {
        assert!(!all.contains(personal) && !format!("{lines:?}").contains(personal), "{personal}: {all}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_are_found_by_person_and_by_time() {
    let it = Watched::in_a_file().await;
    assert_eq!(browser(it.port).connect_as(MARCUS).await.location(), "/welcome");
    let lines = it.lines(&[]);
    let marcus = lines[1]["user"].as_str().unwrap();
    let (_, id) = marcus.split_once('/').unwrap();
    for known_by in [marcus, id] {
        assert_eq!(it.lines(&["--user", known_by]), lines[1..]);
    }
    assert_eq!(it.lines(&["--since", "2020-01-01"]), lines);
    assert_eq!(it.lines(&["--since", "2020-01-01T00:00:00Z", "--user", "PACME01/PBETH01"]), lines[..1]);
    assert!(it.lines(&["--since", "2999-12-31"]).is_empty());
    let unknown = it.place.run(&["audit", "--since", "yesterday"]);
    assert!(unknown.code == Some(1) && unknown.err.contains("2026-11-01"), "{unknown:?}");
}

#[tokio::test]
async fn other_scopes_than_before_are_a_change() {
    let app = App::start().await;
    let (_browser, user) = app.person(BETHANY).await;
    let connect = app.connect();
    let change = |scopes: &'static str| {
        app.sandbox.set_switches(move |s| {
            s.extra_token_fields.insert("scope".into(), json!(scopes));
        })
    };
    change("openid users.read teams.read");
    app.clock.advance(DAY);
    connect.identity(&user).await.unwrap();
    let lines = async || connect.vault().audit_lines(0).await.unwrap();
    eventually("it is written down", async || lines().await.len() == 3).await;
    let lines = lines().await;
    let told: Vec<_> = lines.iter().map(|line| line.event.as_str()).collect();
    assert_eq!(told, ["connected", "refreshed", "scopes.changed"]);
    let changed = json!({ "scopes": "openid teams.read users.read", "before": "openid users.read" });
    assert_eq!(lines[2].detail, changed.to_string());
}

#[tokio::test]
async fn a_night_of_failures_is_one_line() {
    let app = App::start().await;
    let (_browser, user) = app.person(BETHANY).await;
    // A secret that was changed at PagerDuty alone.
    let mut fault = Fault::on("POST", "/oauth/token");
    (fault.times, fault.status) = (4, Some(401));
    fault.body = Some(r#"{"error":"invalid_client"}"#.into());
    app.sandbox.fault(fault);
    app.clock.advance(DAY);
    for _ in 0..4 {
        assert!(app.token(&user).await.is_err());
        app.execute("UPDATE connection SET retry_at = NULL").await;
    }
    app.token(&user).await.unwrap();
    let told = async || {
        let lines = app.connect().vault().audit_lines(0).await.unwrap();
        lines.into_iter().map(|line| line.event.to_string()).collect::<Vec<_>>()
    };
    eventually("it is written down", async || told().await.last().unwrap() == "refreshed").await;
    assert_eq!(told().await, ["connected", "refresh.failed", "refreshed"]);
}

#[tokio::test]
async fn without_its_line_no_token_is_shown() {
    let it = Watched::in_a_file().await;
    let before = it.place.run(&["token"]).out;
    let mut db = it.place.database().await;
    sqlx::query("UPDATE audit_head SET lines = 0").execute(&mut db).await.unwrap();
    let shown = it.person.post("/token", &[]).await;
    assert_eq!(shown.status, 503, "{}", shown.body);
    let printed = it.place.run(&["token"]);
    assert!(printed.code == Some(1) && !printed.out.contains(before.trim()), "{printed:?}");
    let (_, log) = it.running.terminate();
    assert!(!log.contains("token.revealed"), "{log}");
}

#[tokio::test]
async fn a_line_that_cannot_be_written_loses_no_token() {
    let app = App::start().await;
    let (browser, user) = app.person(BETHANY).await;
    app.execute("DELETE FROM audit_head").await;
    let before = app.token(&user).await.unwrap();
    app.clock.advance(DAY);
    assert_ne!(app.token(&user).await.unwrap(), before);
    assert!(browser.is_greeted("Bethany Developer").await);
    app.assert_redeemed(1, 1);
    // The log tells it in its place.
    let told = || {
        log_lines("").into_iter().any(|line| {
            line["event"] == "audit.unwritten" && line["line"] == "refreshed" && line["target"] == "security"
        })
    };
    eventually("the log tells it", async || told()).await;
}
