//! Links by which users are handed over.

use sha2::{Digest, Sha256};

use super::*;

/// Where PagerDuty's callback leads whoever came by a link.
fn back(link: &str) -> String {
    let name = hex::encode(Sha256::digest(value(link)));
    format!("/link/back/{name}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_once_for_five_minutes_and_only_as_it_was_made() {
    let app = App::start().await;
    let client = Client::of(&app, &[KeyScope::Connect]).await;
    let browser = app.browser();

    // Looking uses nothing up: link previews look, too.
    let link = client.link("alice").await;
    for _ in 0..3 {
        let page = browser.get(&link).await;
        assert_eq!(page.status, 200);
        assert!(
            page.body.contains("<strong>alice</strong>") && page.body.contains("billing.example"),
            "{}",
            page.body
        );
    }
    let pressed = browser.post("/link", &[("link", value(&link))]).await;
    assert_eq!(pressed.status, 303);
    for again in [browser.get(&link).await, browser.post("/link", &[("link", value(&link))]).await] {
        assert_eq!(again.status, 410, "{}", again.body);
        assert!(again.body.contains("used before"), "{}", again.body);
    }
    let altered = format!("{}x", &link[..link.len() - 1]);
    assert_eq!(browser.get(&altered).await.status, 404);
    assert_eq!(browser.get("/link").await.status, 404);

    let old = client.link("alice").await;
    app.clock.advance(Duration::from_secs(301));
    let late = browser.post("/link", &[("link", value(&old))]).await;
    assert_eq!(late.status, 410);
    assert!(late.body.contains("too old"), "{}", late.body);

    // Another browser cannot bring the answer back.
    let link = client.link("alice").await;
    let back = press(&browser, &link, BETHANY).await;
    let other = app.browser();
    assert_eq!(other.callback(&back).await.problem().as_deref(), Some("state-mismatch"));
    assert!(app.connect().identities(&Filter::all(), None, 9).await.unwrap().found.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_no_at_pagerduty_is_led_back_and_the_application_hears_it() {
    let app = App::start().await;
    let client = Client::of(&app, &[KeyScope::Connect]).await;
    let browser = app.browser();
    let begun = browser.post("/link", &[("link", value(&client.link("alice").await))]).await;
    let back = browser.cancel(&begun.location().parse().unwrap(), BETHANY).await;
    let back = browser.callback(&back).await;
    assert_eq!(back.status, 303);
    let page = browser.get(back.location()).await;
    assert_eq!(page.header("refresh"), "0; url=https://billing.example/settings?tab=1&pagerduty=denied");
    assert!(page.body.contains("You are not connected"), "{}", page.body);
    // Nobody else's words get into the address.
    let name = back.location().split('?').next().unwrap();
    let odd = browser.get(&format!("{name}?error=%0d%0aX-Evil:%20yes")).await;
    assert!(odd.header("x-evil").is_empty());
    assert_eq!(browser.get("/link/back/00").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_not_connected_is_not_told_so_whatever_the_address_says() {
    let app = App::start().await;
    let client = Client::of(&app, &KeyScope::ALL).await;
    let says = async |browser: &Browser, link: &str, query: &str, title: &str, outcome: &str| {
        let page = browser.get(&format!("{}{query}", back(link))).await;
        assert!(page.body.contains(&format!("<h1>{title}</h1>")), "{query}: {}", page.body);
        let to = format!("0; url=https://billing.example/settings?tab=1&pagerduty={outcome}");
        assert_eq!(page.header("refresh"), to, "{query}");
    };
    const NOT: &str = "You are not connected";
    // One who never was, and one who is by an earlier link.
    for round in 0..2 {
        let (browser, link) = (app.browser(), client.link("alice").await);
        assert_eq!(browser.get(&back(&link)).await.status, 404, "nobody has pressed its button");
        let callback = press(&browser, &link, BETHANY).await;
        for query in ["", "?error=connected", "?error=Odd%20words"] {
            says(&browser, &link, query, NOT, "failed").await;
        }
        says(&browser, &link, "?error=denied", NOT, "denied").await;
        assert_eq!(browser.callback(&callback).await.status, 303, "{round}");
        for query in ["", "?error=denied"] {
            says(&browser, &link, query, "You are connected", "connected").await;
        }
        app.pass(Duration::from_secs(5));
    }
    // Gone again.
    let (browser, link) = (app.browser(), client.link("alice").await);
    let callback = press(&browser, &link, BETHANY).await;
    assert_eq!(browser.callback(&callback).await.status, 303);
    assert_eq!(client.ask(Method::DELETE, "/v1/identities/alice", None).await.status, 200);
    says(&browser, &link, "", NOT, "failed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_not_used_up_by_a_database_that_fails() {
    let app = App::start_with(Setup::in_postgres().await).await;
    let client = Client::of(&app, &[KeyScope::Connect]).await;
    let (browser, link) = (app.browser(), client.link("alice").await);
    let refuse = "CREATE FUNCTION pdconnect.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'no'; END $$;
         CREATE TRIGGER refuse BEFORE INSERT ON pdconnect.attempt
         FOR EACH ROW EXECUTE FUNCTION pdconnect.refuse()";
    app.execute(refuse).await;
    assert_eq!(browser.post("/link", &[("link", value(&link))]).await.status, 503);
    app.execute("DROP TRIGGER refuse ON pdconnect.attempt").await;
    press(&browser, &link, BETHANY).await;
    assert_eq!(browser.post("/link", &[("link", value(&link))]).await.status, 410);
}
