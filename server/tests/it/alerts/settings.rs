//! What is set about alerts is checked at the start, and never shown.

use serde_json::Value;
use sqlx::Connection;

use super::{OLDER, PATH, ROUTING_KEY, SECRET, Scene};
use crate::harness::{
    BETHANY, eventually, http,
    program::{Place, browser, free_port},
};

#[tokio::test]
async fn a_wrong_setting_stops_the_start_with_its_name() {
    let scene = Scene::new().await;
    for (changes, says) in [
        (vec![("ALERT_WEBHOOK_SECRET", "")], ["ALERT_WEBHOOK_SECRET", "missing beside ALERT_WEBHOOK_URL"]),
        (vec![("ALERT_WEBHOOK_URL", "")], ["ALERT_WEBHOOK_URL", "missing beside"]),
        (vec![("ALERT_WEBHOOK_SECRET", "CANARY")], ["ALERT_WEBHOOK_SECRET", "at least 16"]),
        (vec![("ALERT_WEBHOOK_URL", "http://hooks.example/CANARY")], ["ALERT_WEBHOOK_URL", "https://"]),
        (vec![("ALERT_WEBHOOK_URL", "https://u:CANARY@hooks.example")], ["ALERT_WEBHOOK_URL", "password"]),
        (vec![("ALERT_WEBHOOK_URL", "CANARY")], ["ALERT_WEBHOOK_URL", "an address"]),
        (vec![("ALERT_ROUTING_KEY", "CANARY")], ["ALERT_ROUTING_KEY", "32"]),
        (vec![("PD_EVENTS_URL", "http://events.pagerduty.com")], ["PD_EVENTS_URL", "https://"]),
        (vec![("PD_EVENTS_URL", "https://events.example/v2")], ["PD_EVENTS_URL", "nothing after the host"]),
    ] {
        scene.configure(&changes);
        let ended = scene.place.run(&["serve"]);
        assert!(!ended.ok, "{changes:?}");
        for text in says {
            assert!(ended.err.contains(text), "“{text}” is not in: {}", ended.err);
        }
        assert!(!ended.err.contains("CANARY"), "{}", ended.err);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sr_70_what_alerts_are_sent_with_is_shown_and_kept_nowhere() {
    let Scene { place, sandbox, receiver, port } = Scene::new().await;
    let scene = Scene { place: place.env("RUST_LOG", "trace"), sandbox, receiver, port };
    let mut seen = vec![];
    let shown = scene.place.run(&["config"]);
    assert!(shown.ok && shown.out.contains(&scene.receiver.url), "the host is shown: {shown:?}");
    seen.push(format!("{shown:?}").into_bytes());
    seen.push(format!("{:?}", scene.place.run(&["config", "--json"])).into_bytes());
    scene.receiver.answers([super::Answer::Status(500, "")]);
    let running = scene.serve();
    let bethany = scene.person(BETHANY).await;
    scene.breaks(BETHANY, &bethany).await;
    eventually("both were tried", async || {
        !scene.receiver.heard().is_empty() && scene.statuses() == ["triggered"]
    })
    .await;
    for entry in std::fs::read_dir(scene.place.path("data")).unwrap() {
        seen.push(std::fs::read(entry.unwrap().path()).unwrap());
    }
    for file in ["cmdline", "environ"] {
        seen.push(std::fs::read(format!("/proc/{}/{file}", running.pid())).unwrap_or_default());
    }
    for path in ["/connection", "/welcome", "/how"] {
        seen.push(bethany.get(path).await.body.into_bytes());
    }
    // A line comes after the answer it tells of.
    eventually("both are in the log", async || {
        let log = running.err();
        log.contains("alert.untold") && log.contains("alert.told")
    })
    .await;
    let (_, log) = running.terminate();
    seen.push(log.into_bytes());
    for bytes in &seen {
        for canary in [SECRET, PATH, ROUTING_KEY] {
            let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
            assert!(!found, "{canary} is in {}", String::from_utf8_lossy(bytes));
        }
    }
    for flag in ["--alert-webhook-url", "--alert-webhook-secret", "--alert-routing-key"] {
        let ended = scene.place.run(&["serve", flag, "x"]);
        assert!(!ended.ok && ended.err.contains("unexpected argument"), "{flag}: {ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_sandbox_stands_in_for_pagerduty_alerts_go_there_too() {
    let port = free_port();
    let place = Place::new()
        .env("PORT", &port.to_string())
        .env("DATABASE_URL", "sqlite:data/pdconnect.db")
        .env("ALERT_ROUTING_KEY", "SANDBOX0SANDBOX1SANDBOX2SANDBOX3");
    let _running = place.serve(&["serve"], port);
    let person = browser(port);
    let authorize = person.begin().await;
    let back = person.consent(&authorize, BETHANY).await;
    assert_eq!(person.callback(&back).await.location(), "/welcome");
    let revoke = http().post(authorize.join("/_sandbox/revoke").unwrap());
    assert_eq!(revoke.body(format!(r#"{{"email":"{BETHANY}"}}"#)).send().await.unwrap().status(), 204);
    let mut db = place.database().await;
    sqlx::query(OLDER).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    person.check().await;
    eventually("an alert is open", async || {
        let page = http().get(authorize.join("/_sandbox/alerts").unwrap()).send().await.unwrap();
        page.json::<Value>().await.unwrap()["alerts"][0]["status"] == "triggered"
    })
    .await;
}
