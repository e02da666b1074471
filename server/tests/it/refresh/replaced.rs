//! Connecting again, on a new consent.

use std::time::Duration;

use pagerduty_sandbox::RevokeReach;

use crate::harness::{App, BETHANY, DAY, eventually, on_refresh};

#[tokio::test]
async fn a_new_consent_revokes_the_tokens_of_the_old_one_and_not_its_own() {
    for reach in [RevokeReach::OnlyTheToken, RevokeReach::RefreshReachesFamily, RevokeReach::AlwaysFamily] {
        let app = App::start().await;
        app.sandbox.set_switches(|s| s.revoke_reach = reach);
        let (one, user) = app.person(BETHANY).await;
        let old = app.token(&user).await.unwrap();
        let (two, _) = app.person(BETHANY).await;
        assert_ne!(app.token(&user).await.unwrap(), old);
        eventually("the old ones are revoked", async || {
            app.connect().sweep(false).await;
            app.revoked() == [true, true, false, false]
        })
        .await;
        assert_eq!(app.rows("revocation").await, 0);
        for browser in [&one, &two] {
            assert_eq!(browser.check().await, "checked", "both browsers share the connection");
        }
        app.pass(DAY);
        assert_eq!(one.check().await, "checked");
        app.assert_redeemed(1, 1);
    }
}

#[tokio::test]
async fn sr_30_a_refresh_of_the_old_consent_leaves_nothing_behind() {
    let app = App::start().await;
    app.sandbox.set_switches(|s| s.revoke_reach = RevokeReach::OnlyTheToken);
    let (one, user) = app.person(BETHANY).await;
    app.pass(DAY);
    app.sandbox.fault(on_refresh().delay_after(Duration::from_millis(800)));
    let (connect, whose) = (app.connect(), user.clone());
    let refreshing = tokio::spawn(async move { connect.identity(&whose).await.map(|i| i.access_token) });
    eventually("new tokens are given", async || app.sandbox.tokens().len() == 4).await;
    let (two, _) = app.person(BETHANY).await;
    let token = app.token(&user).await.unwrap();
    assert!(!refreshing.is_finished(), "too late to show anything");
    let found = refreshing.await.unwrap().unwrap();
    assert_eq!(found.expose(), token, "who waited gets the new consent's");
    assert_eq!((one.check().await, two.check().await), ("checked".into(), "checked".into()));
    eventually("of the old consent, all is revoked", async || {
        app.connect().sweep(false).await;
        app.revoked() == [true, true, true, true, false, false]
    })
    .await;
}
