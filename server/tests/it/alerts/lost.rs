//! Nothing is lost: not by a crash, not by a receiver that does not answer.

use std::{collections::HashSet, time::Duration};

use pagerduty::http::Http;
use pagerduty_connect::{Alerting, Webhook, WebhookSecret};
use pagerduty_sandbox::{Fault, Reset};
use url::Url;

use super::{Answer, Canary, Receiver, Scene, events};
use crate::harness::{App, BETHANY, DAY, eventually, log_lines};

fn on_enqueue() -> Fault {
    Fault::on("POST", "/v2/enqueue")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_taken_is_told_in_words_and_told_again_until_it_is() {
    let scene = Scene::new().await;
    let elsewhere = Canary::start().await;
    let running = scene.serve();
    let mut bethany = scene.person(BETHANY).await;
    for (broken, (answer, event, says)) in (1..).zip([
        (Answer::Status(500, ""), "alert.untold", "it answered 500"),
        (Answer::Status(429, "retry-after: 1800\r\n"), "alert.untold", "it answered 429"),
        (Answer::Status(404, ""), "alert.refused", "it does not take it (404)"),
        (Answer::Redirect(elsewhere.url.clone()), "alert.refused", "a redirect (307), which is not followed"),
        (Answer::Reset, "alert.untold", "it could not be reached"),
        (Answer::Hang, "alert.untold", "it could not be reached: no answer in time"),
    ]) {
        scene.receiver.answers([answer.clone()]);
        let before = running.err().len();
        scene.breaks(BETHANY, &bethany).await;
        eventually("the one way is told", async || {
            scene.statuses().iter().filter(|status| **status == "triggered").count() == 1
        })
        .await;
        eventually("the other's trouble is told in words", async || {
            running.err()[before..].lines().any(|line| line.contains(event) && line.contains(says))
        })
        .await;
        let line = running.err()[before..].lines().find(|line| line.contains(says)).unwrap().to_owned();
        if matches!(answer, Answer::Status(429, _)) {
            assert!(line.contains("\"again_in_secs\":1800"), "{line}");
        }
        assert!(line.contains("it is kept") || line.contains("must be mended"), "{line}");
        scene.hurry().await;
        eventually("it is taken", async || scene.receiver.taken().len() == 2 * broken - 1).await;
        let heard = scene.receiver.heard();
        let tries = &heard[heard.len() - 2..];
        assert_eq!(tries[0].headers["connect-alert-id"], tries[1].headers["connect-alert-id"], "{answer:?}");
        assert_eq!(tries[0].body, tries[1].body);
        bethany = scene.person(BETHANY).await;
        eventually("it is over", async || scene.receiver.taken().len() == 2 * broken).await;
    }
    eventually("all is resolved", async || scene.statuses() == ["resolved"; 6]).await;
    scene.untold_is(0).await;
    assert_eq!(elsewhere.hits(), 0, "a redirect was followed");
    let (_, log) = running.terminate();
    assert!(!log.contains("CANARY"), "a secret is in the log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_anybody_was_told_the_next_start_tells() {
    let scene = Scene::new().await;
    let hung = [Answer::Hang];
    scene.receiver.answers(hung);
    let running = scene.serve();
    let bethany = scene.person(BETHANY).await;
    scene.breaks(BETHANY, &bethany).await;
    eventually("it is being told", async || scene.receiver.heard().len() == 1).await;
    drop(running);
    assert!(scene.receiver.taken().is_empty());
    // Another replica would wait for the one that is dead.
    scene.hurry().await;
    let running = scene.serve();
    eventually("it is told", async || scene.receiver.taken().len() == 1).await;
    let heard = scene.receiver.heard();
    assert_eq!(heard[0].headers["connect-alert-id"], heard[1].headers["connect-alert-id"]);
    drop(running);

    // What broke while nobody was to be told stands in the database as well.
    scene.configure(&[("ALERT_WEBHOOK_URL", ""), ("ALERT_WEBHOOK_SECRET", ""), ("ALERT_ROUTING_KEY", "")]);
    let running = scene.serve();
    let bethany = scene.person(BETHANY).await;
    scene.breaks(BETHANY, &bethany).await;
    drop(running);
    assert_eq!(scene.receiver.taken().len(), 1);
    scene.configure(&[]);
    let running = scene.serve();
    // Killed before it had noted that the first was taken, it tells that again, under the same id.
    let different = || {
        let mut ids = HashSet::new();
        let taken = scene.receiver.taken().into_iter();
        taken.filter(|it| ids.insert(it.headers["connect-alert-id"].clone())).collect::<Vec<_>>()
    };
    eventually("both are told", async || different().len() == 3).await;
    assert_eq!(events(&different()), ["connection.broken", "connection.works", "connection.broken"]);
    drop(running);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_routing_key_is_the_operators_to_mend_and_loses_nothing() {
    let scene = Scene::new().await;
    scene.configure(&[("ALERT_ROUTING_KEY", "CANARYWRONGKEY000000000000000000")]);
    let running = scene.serve();
    let bethany = scene.person(BETHANY).await;
    scene.breaks(BETHANY, &bethany).await;
    eventually("it is told in words", async || {
        let log = running.err();
        let line = log.lines().find(|line| line.contains("alert.refused")).unwrap_or_default();
        line.contains("Invalid routing key")
            && line.contains("must be mended")
            && line.contains("\"level\":\"ERROR\"")
    })
    .await;
    let (_, log) = running.terminate();
    assert!(!log.contains("CANARY"), "a key is in the log");
    assert!(scene.sandbox.alerts().is_empty());
    scene.configure(&[]);
    scene.hurry().await;
    let running = scene.serve();
    eventually("it is told", async || scene.statuses() == ["triggered"]).await;
    drop(running);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_day_the_next_try_is_the_last_and_that_is_told() {
    let (app, receiver) = (App::start().await, Receiver::start().await);
    receiver.answers([Answer::Status(503, ""), Answer::Status(503, "")]);
    let secret = WebhookSecret::new("a-secret-of-a-webhook");
    let webhook = Webhook::new(Http::new().unwrap(), Url::parse(&receiver.url).unwrap(), secret);
    let alerting = Alerting::of(Url::parse(&app.url).unwrap()).webhook(webhook);
    let connect = app.connect();
    let telling = tokio::spawn(async move { connect.work_on_alerts(alerting).await });
    let (browser, _) = app.person(BETHANY).await;
    app.sandbox.revoke_all_of(BETHANY);
    app.clock.advance(Duration::from_secs(120));
    browser.check().await;
    eventually("it is tried", async || receiver.heard().len() == 1).await;
    eventually("it is put off", async || app.query("SELECT max(tries) FROM alert").await == 1).await;
    app.clock.advance(DAY + Duration::from_secs(60));
    app.execute("UPDATE alert SET due_at = 0").await;
    eventually("it is given up", async || app.rows("alert").await == 0).await;
    assert_eq!((receiver.heard().len(), receiver.taken().len()), (2, 0));
    assert!(log_lines("").iter().any(|line| line["event"] == "alert.given-up"));
    telling.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pagerduty_in_trouble_is_told_in_words_and_an_answer_that_was_lost_makes_no_second_alert() {
    let scene = Scene::new().await;
    let running = scene.serve();
    for (count, (fault, says)) in (1..).zip([
        (on_enqueue().status(503), "PagerDuty answered 503"),
        (on_enqueue().status(429).header("retry-after", "40"), "PagerDuty answered 429"),
        (on_enqueue().reset(Reset::After), "it could not be reached"),
    ]) {
        let bethany = scene.person(BETHANY).await;
        eventually("what was before is over", async || {
            scene.statuses().iter().all(|status| *status == "resolved")
        })
        .await;
        scene.sandbox.fault(fault);
        scene.breaks(BETHANY, &bethany).await;
        eventually("it is told in words", async || running.err().contains(says)).await;
        scene.hurry().await;
        eventually("it is told", async || scene.statuses().last() == Some(&"triggered")).await;
        scene.untold_is(0).await;
        assert_eq!(scene.statuses().len(), count);
    }
    let last = scene.sandbox.alerts().pop().unwrap();
    assert_eq!(last.events, 2, "it was sent twice, and is one alert");
    assert!(running.err().contains("\"again_in_secs\":40"));
}
