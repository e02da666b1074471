//! What other people wrote: names, titles, addresses.

use pagerduty_sandbox::{Fault, Sandbox};
use serde_json::{Value, json};

use crate::harness::{App, BETHANY, Browser, Canary, MALLORY};

/// Has PagerDuty answer `GET /users/me` with this for as long as the test runs.
pub(super) fn pretend(sandbox: &Sandbox, change: Value) {
    let mut user = json!({
        "id": "PBETH01", "name": "Bethany Developer", "email": "bethany@acme.example", "role": "admin",
        "time_zone": "Etc/UTC", "teams": [], "avatar_url": null, "html_url": null, "job_title": null,
    });
    user.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let body = json!({ "user": user }).to_string();
    let fault = Fault::on("GET", "/users/me").always().status(200);
    sandbox.fault(fault.header("content-type", "application/json").body(&body));
}

/// Every page and every answer of data that shows something of the person.
async fn everything_shown(browser: &Browser) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for path in ["/", "/welcome", "/how", "/disconnected", "/nowhere"] {
        all.push((path.to_owned(), browser.get(path).await.body));
    }
    all
}

/// Markup that was somebody's name must stay text: in elements, in attributes,
/// and inside the script that hands the data to the Wasm.
fn assert_inert(path: &str, body: &str, name: &str) {
    for live in ["<img src=x", "<svg onload", "<script>alert", "<!--<script", "<iframe", "<b>Mallory"] {
        assert!(!body.contains(live), "{path}: {live} of {name:?} is markup");
    }
    // Scripts end where they should: each opening tag is closed once.
    let (open, closed) = (body.matches("<script").count(), body.matches("</script>").count());
    assert_eq!(open, closed, "{path}: {name:?} opened or closed a script");
    for script in body.split("<script").skip(1).map(|s| s.split("</script>").next().unwrap()) {
        let (_, code) = script.split_once('>').unwrap();
        assert!(!code.contains("alert(1)") || !code.contains("<img"), "{path}: {name:?} is live in a script");
        assert!(!code.contains('\u{2028}') && !code.contains("<!--"), "{path}: {name:?}");
    }
}

#[tokio::test]
async fn sr_48_what_mallory_is_called_is_text_and_never_markup() {
    let app = App::start().await;
    let (browser, _) = app.connected(MALLORY).await;
    for (path, body) in everything_shown(&browser).await {
        assert_inert(&path, &body, "Mallory");
    }
    let welcome = browser.get("/welcome").await.body;
    assert!(welcome.contains("Robert &lt;b&gt;Mallory"), "the name is shown, as text");
    assert!(welcome.contains("&lt;script&gt;alert"), "the title is shown, as text");
}

#[tokio::test]
async fn sr_48_no_name_gets_out_of_the_script_that_carries_it() {
    let names = [
        "</script><script>alert(1)</script>",
        "</SCRIPT ><img src=x onerror=alert(1)>",
        "<!--<script>",
        "]]><svg onload=alert(1)>",
        "\\u003c/script\\u003e<iframe src=javascript:alert(1)>",
        "\"; alert(1); //<img src=x>",
        "'; alert(1); //",
        "\\\"; alert(1); \\\\",
        "\u{2028}alert(1)\u{2029}",
        "`${alert(1)}`",
        "{{constructor.constructor('alert(1)')()}}",
        "\u{0}\u{1b}[31m\r\n<img src=x>",
        "\u{202e}drowssap\u{202c}",
        "&lt;img src=x&gt;&#60;img src=x&#62;",
    ];
    for name in names {
        let app = App::start().await;
        let said = json!({ "name": name, "email": name, "role": name, "time_zone": name, "job_title": name,
            "teams": [{ "id": name, "summary": name }] });
        pretend(&app.sandbox, said);
        let (browser, _) = app.connected(BETHANY).await;
        for (path, body) in everything_shown(&browser).await {
            assert_inert(&path, &body, name);
        }
    }
}

#[tokio::test]
async fn sr_48_a_link_is_shown_only_when_it_leads_to_pagerduty() {
    for (address, shown) in [
        ("https://acme.pagerduty.com/users/PBETH01", true),
        ("javascript:alert(1)//.pagerduty.com/", false),
        ("https://evil.example/.pagerduty.com/", false),
        ("https://evil.example\\.pagerduty.com/x", false),
        ("https://evil.example#.pagerduty.com/", false),
        ("https://evil.example?.pagerduty.com/", false),
        ("https://u@acme.pagerduty.com/x", false),
        ("http://acme.pagerduty.com/x", false),
        ("//acme.pagerduty.com/x", false),
        ("data:text/html,<script>alert(1)</script>", false),
        (" https://acme.pagerduty.com/x", false),
        ("https://evil.example\t.pagerduty.com/x", false),
    ] {
        let app = App::start().await;
        pretend(&app.sandbox, json!({ "html_url": address }));
        let (browser, _) = app.connected(BETHANY).await;
        let body = browser.get("/welcome").await.body;
        let links: Vec<&str> =
            body.match_indices("href=\"").map(|(at, _)| body[at + 6..].split('"').next().unwrap()).collect();
        let found = links.iter().any(|link| link.contains("pagerduty.com") || link.contains("evil"));
        assert_eq!(found, shown, "{address}: {links:?}");
        assert!(!links.iter().any(|l| l.starts_with("javascript") || l.starts_with("data")), "{links:?}");
    }
}

#[tokio::test]
async fn sr_67_no_address_in_an_answer_is_ever_fetched() {
    let app = App::start().await;
    let canary = Canary::start().await;
    let url = &canary.url;
    pretend(
        &app.sandbox,
        json!({ "self": url, "html_url": url, "avatar_url": url, "next": url, "teams": [{ "id": "P", "self": url }],
            "contact_methods": [{ "self": url }], "invitation_url": url }),
    );
    let (browser, _) = app.connected(BETHANY).await;
    everything_shown(&browser).await;
    assert_eq!(browser.get("/avatar").await.status, 404);
    browser.post("/api/disconnect", &[]).await;
    assert_eq!(canary.hits(), 0);
}
