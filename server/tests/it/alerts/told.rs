//! What is told, to whom, how often.

use serde_json::{Value, json};
use tempfile::tempdir;

use super::{PATH, SECRET, Scene, events, hmac_sha256};
use crate::harness::{
    BETHANY, MARCUS, eventually,
    postgres::Database,
    program::{browser, free_port},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_opens_an_alert_and_the_next_consent_resolves_it() {
    let scene = Scene::new().await;
    let running = scene.serve();
    let bethany = scene.person(BETHANY).await;
    let marcus = scene.person(MARCUS).await;
    assert!(scene.receiver.heard().is_empty() && scene.sandbox.alerts().is_empty(), "all is well");

    scene.breaks(BETHANY, &bethany).await;
    eventually("both are told", async || {
        scene.statuses() == ["triggered"] && scene.receiver.taken().len() == 1
    })
    .await;
    let alert = scene.sandbox.alerts().remove(0);
    assert!(alert.dedup_key.starts_with(&format!("localhost:{}/P", scene.port)), "{}", alert.dedup_key);
    let link = format!("http://localhost:{}/connection", scene.port);
    assert_eq!((&alert.links[0]["href"], &alert.payload["severity"]), (&json!(link), &json!("error")));
    assert!(alert.payload["summary"].as_str().unwrap().contains("was ended at PagerDuty"));
    assert_eq!(alert.payload["custom_details"]["subdomain"], "acme");

    assert_eq!(scene.person(BETHANY).await.get("/connection").await.status, 200);
    eventually("both hear that it is over", async || {
        scene.statuses() == ["resolved"] && scene.receiver.taken().len() == 2
    })
    .await;

    // The next time, it is an alert of its own; and who leaves for good leaves none behind.
    let bethany = scene.person(BETHANY).await;
    scene.breaks(BETHANY, &bethany).await;
    eventually("it is told again", async || scene.statuses() == ["resolved", "triggered"]).await;
    let mut db = scene.place.database().await;
    sqlx::query("DELETE FROM connection WHERE reason IS NOT NULL").execute(&mut db).await.unwrap();
    eventually("that it is gone", async || {
        scene.statuses() == ["resolved"; 2] && scene.receiver.taken().len() == 4
    })
    .await;
    assert_eq!(marcus.check().await, "checked");
    scene.untold_is(0).await;

    let heard = scene.receiver.heard();
    let told = ["connection.broken", "connection.works", "connection.broken", "connection.gone"];
    assert_eq!(events(&heard), told);
    let keys: Vec<Value> = heard.iter().map(|heard| heard.json()["connection"]["key"].clone()).collect();
    assert!(keys.iter().all(|key| *key == keys[0] && *key == alert.dedup_key), "{keys:?}");
    assert_eq!((&heard[0].json()["reason"], &heard[1].json()["reason"]), (&json!("revoked"), &Value::Null));
    for heard in &heard {
        let (headers, body) = (&heard.headers, &heard.body);
        let signed = format!("{}.{body}", headers["connect-timestamp"]);
        let expected = format!("v1={}", hmac_sha256(SECRET.as_bytes(), signed.as_bytes()));
        assert_eq!(headers["connect-signature"], expected);
        assert_eq!(heard.json()["id"], headers["connect-alert-id"].as_str());
        assert_eq!((heard.path.as_str(), headers["content-type"].as_str()), (PATH, "application/json"));
    }
    let mut ids: Vec<&str> = heard.iter().map(|heard| heard.headers["connect-alert-id"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4, "each has an id of its own");

    // Nothing personal goes out.
    let all = heard.iter().map(|heard| heard.body.clone());
    let paged = scene.sandbox.requests().into_iter().filter(|it| it.path == "/v2/enqueue").map(|it| it.body);
    for body in all.chain(paged) {
        for personal in ["ethany", "acme.example", "pdus+", "pdeu+", "Developer"] {
            assert!(!body.contains(personal), "{personal}: {body}");
        }
    }
    let (status, _) = running.terminate();
    assert!(status.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_three_replicas_one_tells() {
    let scene = Scene::new().await;
    let (database, keys) = (Database::create().await, tempdir().unwrap());
    let place = scene
        .place
        .env("DATABASE_URL", database.url())
        .env("VAULT_KEY_FILE", keys.path().join("vault.key").to_str().unwrap())
        .env("PUBLIC_URL", &format!("http://localhost:{}", scene.port));
    let ports = [scene.port, free_port(), free_port()];
    let start = |port: u16| place.serve(&["serve", "--port", &port.to_string()], port);
    let replicas = ports.map(start);
    let people = [BETHANY, MARCUS];
    for email in people {
        let person = browser(scene.port);
        assert_eq!(person.connect_as(email).await.location(), "/welcome");
        assert!(scene.sandbox.revoke_all_of(email));
        let older = "UPDATE pdconnect.connection SET refreshed_at = refreshed_at - 120 RETURNING user_id";
        database.number(&format!("WITH older AS ({older}) SELECT count(*) FROM older")).await;
        person.check().await;
    }
    eventually("everything is told", async || {
        let is_told = scene.receiver.taken().len() >= 2 && scene.sandbox.alerts().len() >= 2;
        is_told && database.number("SELECT count(*) FROM pdconnect.alert").await == 0
    })
    .await;
    assert_eq!(events(&scene.receiver.heard()), ["connection.broken"; 2]);
    let alerts = scene.sandbox.alerts();
    assert_eq!(alerts.iter().map(|alert| alert.events).collect::<Vec<_>>(), [1, 1]);
    for running in replicas {
        let (status, log) = running.terminate();
        assert!(status.success(), "{log}");
    }
}
