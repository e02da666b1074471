//! How a callback must look, and what of it is ever shown.

use http::Method;

use super::{changed, param};
use crate::harness::{App, BETHANY, Browser};

/// What attackers write where a sentence should stand.
const HOSTILE: [&str; 10] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'-alert(1)-'",
    "</blockquote></article><script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    "<!--<script>",
    "{{7*7}}${7*7}`",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<iframe srcdoc='<script>alert(1)</script>'>",
];

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn state_of_a_new_attempt(browser: &Browser) -> String {
    param(&browser.until_callback(BETHANY).await, "state")
}

/// What a browser makes of the text of the quotation on the page.
fn quoted(body: &str) -> String {
    let (_, rest) = body.split_once("<blockquote>").expect("a quotation");
    let text = rest.split_once("</blockquote>").unwrap().0;
    assert!(!text.contains(['<', '>']), "markup in {text}");
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[tokio::test]
async fn sr_10_what_pagerduty_said_is_shown_as_text() {
    let app = App::start().await;
    for text in HOSTILE {
        let browser = app.browser();
        let state = state_of_a_new_attempt(&browser).await;
        let said = encoded(text);
        let back = format!("/callback?error=access_denied&error_description={said}&state={state}");
        let reply = browser.callback(&back).await;
        app.assert_refused(&reply, 403, "denied");
        assert_eq!(quoted(&reply.body), text);
        // Nor does it stand as markup where the page's data is written for the Wasm.
        if text.contains("<s") || text.contains("<i") {
            assert!(!reply.body.contains(text), "{text} stands in the page as it is");
        }
    }
}

#[tokio::test]
async fn sr_10_the_error_code_is_shown_to_nobody_as_markup() {
    let app = App::start().await;
    for text in HOSTILE {
        let browser = app.browser();
        let state = state_of_a_new_attempt(&browser).await;
        let reply = browser.callback(&format!("/callback?error={}&state={state}", encoded(text))).await;
        app.assert_refused(&reply, 403, "refused");
        assert!(!reply.body.contains(text), "{text}");
    }
}

#[tokio::test]
async fn sr_10_no_more_than_two_hundred_printable_characters_are_shown() {
    let app = App::start().await;
    let browser = app.browser();
    let state = state_of_a_new_attempt(&browser).await;
    let said = encoded(&format!("line\r\nline\u{0}\u{1b}[31m{}", "é".repeat(300)));
    let reply = browser
        .callback(&format!("/callback?error=server_error&error_description={said}&state={state}"))
        .await;
    app.assert_refused(&reply, 403, "refused");
    let shown = quoted(&reply.body);
    assert_eq!(shown.chars().count(), 200);
    assert!(!shown.contains(|c: char| c.is_control()));
}

#[tokio::test]
async fn sr_10_without_a_valid_state_nothing_of_the_address_is_shown() {
    let app = App::start().await;
    let canary = "Call+0800-CANARY+now";
    for query in [
        format!("error=access_denied&error_description={canary}"),
        format!("error={canary}&error_description={canary}&state=made-up"),
        format!("error=access_denied&error_description={canary}&state="),
        format!("{canary}={canary}&error_uri={canary}"),
    ] {
        let reply = app.browser().callback(&format!("/callback?{query}")).await;
        assert_eq!(reply.status, 400, "{query}");
        assert!(!reply.body.contains("CANARY"), "{query}");
        reply.assert_event("connect.failed", None);
        assert!(!format!("{:?}", reply.log()).contains("CANARY"), "in the log: {query}");
    }
}

#[tokio::test]
async fn sr_16_the_callback_is_for_get_alone() {
    let app = App::start().await;
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    for method in ["POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"] {
        let request = browser.request(Method::from_bytes(method.as_bytes()).unwrap(), &back);
        let request = request.header("origin", &browser.origin).header("sec-fetch-site", "same-origin");
        let reply = browser.send(request).await;
        assert!(matches!(reply.status, 405 | 501), "{method}: {}", reply.status);
    }
    // Parameters in a body, as form_post would send them, are not read.
    let (_, query) = back.split_once('?').unwrap();
    let fields: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(browser.post("/callback", &fields).await.status, 405);
    let request = browser.navigation("/callback", "cross-site").form(&fields);
    app.assert_refused(&browser.send(request).await, 400, "malformed");
    // Nor does the function behind the page answer to being called by itself.
    for path in ["/api/finish_connect", &*format!("/api/finish_connect?{query}")] {
        let reply = browser.post(path, &fields).await;
        assert!((400..500).contains(&reply.status) || reply.status == 303, "{path}: {}", reply.status);
        assert_eq!(browser.session(), None, "{path}");
    }
    assert_eq!(app.token_calls(), 0);
    assert_eq!(browser.callback(&back).await.status, 303, "the attempt is still good");
}

#[tokio::test]
async fn sr_16_each_parameter_stands_at_most_once() {
    let app = App::start().await;
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    for name in ["code", "state", "iss"] {
        let value = encoded(&param(&back, name));
        for twice in [
            format!("{back}&{name}={value}"),
            format!("{back}&{name}=x"),
            format!("{back}&{name}="),
            format!("{back}&{name}"),
            back.replacen('?', &format!("?{name}=x&"), 1),
        ] {
            app.assert_refused(&browser.callback(&twice).await, 400, "malformed");
        }
    }
    let error = "error=access_denied";
    for twice in
        [format!("{back}&{error}&{error}"), format!("{back}&error_description=a&error_description=b")]
    {
        app.assert_refused(&browser.callback(&twice).await, 400, "malformed");
    }
    assert_eq!(app.token_calls(), 0);
    assert_eq!(browser.callback(&back).await.status, 303, "the attempt is still good");
}

#[tokio::test]
async fn sr_16_unknown_parameters_are_ignored() {
    let app = App::start().await;
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    let odd = format!(
        "{back}&session_state=1&session_state=2&__proto__=x&state[]=y&STATE=z&redirect_uri=//e.example"
    );
    let reply = browser.callback(&odd).await;
    assert_eq!((reply.status, reply.location()), (303, "/welcome"), "{}", reply.body);
}

#[tokio::test]
async fn sr_16_a_query_over_two_kibibytes_is_refused() {
    let app = App::start().await;
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    let pad = |to: usize| {
        let have = back.split_once('?').unwrap().1.len() + "&pad=".len();
        format!("{back}&pad={}", "x".repeat(to - have))
    };
    app.assert_refused(&browser.callback(&pad(2049)).await, 400, "malformed");
    assert_eq!(browser.callback(&pad(9000)).await.status, 414);
    assert_eq!(app.token_calls(), 0);
    assert_eq!(browser.callback(&pad(2048)).await.status, 303, "2 KiB are allowed");
}

#[tokio::test]
async fn sr_16_neither_a_code_nor_an_error_is_refused() {
    let app = App::start().await;
    for code in [None, Some("")] {
        let browser = app.browser();
        let back = browser.until_callback(BETHANY).await;
        let reply = browser.callback(&changed(&back, "code", code)).await;
        app.assert_refused(&reply, 400, "malformed");
    }
    // An error beside a code is an error.
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    app.assert_refused(&browser.callback(&format!("{back}&error=server_error")).await, 403, "refused");
    assert_eq!(app.token_calls(), 0);
}
