//! Scopes asked for where they are needed.

use crate::harness::{App, BETHANY};

/// The scopes in the authorize address that a press of the button leads to.
async fn asked(app: &App, browser: &crate::harness::Browser, ask_for: &str) -> Vec<String> {
    let fields = [("return_to", "/services"), ("ask_for", ask_for)];
    let url = browser.begin_to(&fields).await;
    let scope = url.query_pairs().find(|(key, _)| key == "scope").unwrap().1.into_owned();
    assert!(url.as_str().starts_with(app.sandbox.identity_url()), "{url}");
    scope.split(' ').map(str::to_owned).collect()
}

#[tokio::test]
async fn what_was_granted_is_asked_for_again_beside_what_is_new() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    assert_eq!(asked(&app, &browser, "services.read").await, ["openid", "services.read", "users.read"]);
    // Who agrees once more does not lose what they had agreed to before.
    let url = browser.begin_to(&[("return_to", "/services"), ("ask_for", "services.read")]).await;
    let back = browser.consent(&url, BETHANY).await;
    assert_eq!(browser.callback(&back).await.location(), "/services");
    let both = ["incidents.write", "openid", "services.read", "users.read"];
    assert_eq!(asked(&app, &browser, "incidents.write").await, both);
    // Nor who only connects again.
    assert_eq!(asked(&app, &browser, "").await, ["openid", "services.read", "users.read"]);
}

#[tokio::test]
async fn scopes_that_nobody_knows_are_not_asked_for() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    for odd in ["admin", "write", "read", "services.read\u{0} x", "<b>", "../", &"a.read ".repeat(999)] {
        let asked = asked(&app, &browser, odd).await;
        assert!(
            asked.iter().all(|scope| ["openid", "users.read", "services.read"].contains(&scope.as_str())),
            "{asked:?}"
        );
    }
    let stranger = app.browser();
    assert_eq!(asked(&app, &stranger, "teams.read").await, ["openid", "teams.read", "users.read"]);
}
