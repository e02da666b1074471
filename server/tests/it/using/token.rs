//! Tokens for scripts: printed by the program, shown by the page.

use pagerduty_sandbox::Options;

use crate::harness::{
    App, BETHANY, MARCUS,
    program::{Place, browser},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_prints_a_fresh_token_beside_one_that_serves() {
    let (place, sandbox, port) = Place::with_sandbox(Options::default()).await;
    let running = place.serve(&["serve"], port);
    let nobody = place.run(&["token"]);
    assert!(!nobody.ok && nobody.err.contains("nobody is connected"), "{nobody:?}");

    assert_eq!(browser(port).connect_as(BETHANY).await.location(), "/welcome");
    let only = place.run(&["token"]);
    assert!(only.ok, "{only:?}");
    let named = place.run(&["token", "--user", BETHANY]);
    assert_eq!(named.out, only.out);

    assert_eq!(browser(port).connect_as(MARCUS).await.location(), "/welcome");
    let which = place.run(&["token"]);
    assert!(!which.ok && which.err.contains(BETHANY) && which.err.contains(MARCUS), "{which:?}");
    let unknown = place.run(&["token", "--user", "nobody@acme.example"]);
    assert!(!unknown.ok && unknown.err.contains("nobody of that name"), "{unknown:?}");

    // One whose time is over is renewed, and the program that serves goes on with the new one.
    sandbox.expire_access_tokens();
    let mut db = place.database().await;
    sqlx::query("UPDATE connection SET refreshed_at = 1, access_until = 2").execute(&mut db).await.unwrap();
    let renewed = place.run(&["token", "--user", "PBETH01"]);
    assert!(renewed.ok && renewed.out != only.out, "{renewed:?}");
    let (status, log) = running.terminate();
    assert!(status.success(), "{log}");
    assert!(!log.contains(only.out.trim()) && !log.contains(renewed.out.trim()), "a token was logged");
}

#[tokio::test]
async fn a_token_is_shown_by_post_and_where_the_operator_lets_it() {
    let app = App::start().await;
    let (person, _) = app.connected(BETHANY).await;
    let refused = person.post("/token", &[]).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("REVEAL_TOKENS"), "{}", refused.body);

    let (place, _sandbox, port) = Place::with_sandbox(Options::default()).await;
    let running = place.serve(&["serve"], port);
    let person = browser(port);
    assert_eq!(person.post("/token", &[]).await.status, 401);
    assert_eq!(person.connect_as(BETHANY).await.location(), "/welcome");
    assert_eq!(person.get("/token").await.status, 405);
    let forged = person.form("/token", &[]).header("origin", "https://evil.example");
    assert_eq!(person.send(forged).await.status, 403);
    let shown = person.post("/token", &[]).await;
    assert_eq!((shown.status, shown.header("cache-control")), (200, "no-store"));
    assert_eq!(shown.body, place.run(&["token"]).out.trim());
    let (_, log) = running.terminate();
    assert_eq!(log.matches("token.revealed").count(), 1);
    assert!(!log.contains(&shown.body), "the token was logged");
}
