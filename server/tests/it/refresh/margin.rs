//! With a tenth of its life left a token is used on, while the next one is fetched.

use std::time::Duration;

use pagerduty_connect::State;

use crate::harness::{AGEING, App, BETHANY, eventually, on_refresh};

#[tokio::test]
async fn rf_11_a_slow_token_endpoint_slows_nobody_down_while_the_old_token_lives() {
    let app = App::start().await;
    let (browser, user) = app.person(BETHANY).await;
    let token = app.token(&user).await.unwrap();
    // Longer than all of this takes, and shorter than it is waited for.
    app.sandbox.fault(on_refresh().delay(Duration::from_secs(9)));
    app.clock.advance(AGEING);
    for _ in 0..10 {
        assert_eq!(app.token(&user).await.unwrap(), token);
        assert_eq!(browser.check().await, "checked");
    }
    eventually("it is asked for", async || app.refreshes().len() == 1).await;
    browser.get("/connection").await.assert_shows(&["data-state=\"refreshing\""]);
    assert_eq!(app.token(&user).await.unwrap(), token);
    let calls = app.refreshes();
    assert_eq!((calls.len(), calls[0].status), (1, None), "all that was answered before this was");
}

#[tokio::test]
async fn rf_11_the_next_token_is_fetched_in_the_background_and_then_used() {
    let app = App::start().await;
    let (browser, user) = app.person(BETHANY).await;
    let token = app.token(&user).await.unwrap();
    app.clock.advance(AGEING - Duration::from_secs(1_000));
    assert_eq!(browser.check().await, "checked");
    assert_eq!(app.refreshes().len(), 0, "more than a tenth is left");

    app.clock.advance(Duration::from_secs(1_000));
    assert_eq!(app.token(&user).await.unwrap(), token, "nobody waits");
    eventually("there is a new token", async || app.token(&user).await.unwrap() != token).await;
    app.assert_redeemed(1, 1);
    let standing = app.standing(&user).await;
    assert_eq!(standing.state, State::Connected);
    assert!(standing.times.refreshed_at >= standing.times.connected_at + AGEING.as_secs() as i64);
    assert_eq!(browser.check().await, "checked");
}
