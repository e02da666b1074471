//! What is put into browsers, and what is made of what they send.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::harness::{App, BETHANY, Browser, Reply};

/// Every address the app answers, and some it does not.
const ADDRESSES: [&str; 15] = [
    "/",
    "/?return_to=/how",
    "/callback",
    "/callback?code=a&state=b&iss=c",
    "/welcome",
    "/how",
    "/disconnected",
    "/disconnected?revoked=no",
    "/disconnected?revoked=unreadable",
    "/avatar",
    "/favicon.svg",
    "/robots.txt",
    "/pkg/pdconnect.js",
    "/api/nothing",
    "/nowhere",
];
const FUNCTIONS: [&str; 7] = [
    "/api/begin_connect",
    "/api/finish_connect",
    "/api/disconnect",
    "/api/account",
    "/api/invitation",
    "/api/page",
    "/csp",
];

fn assert_safe_cookies(reply: &Reply, whence: &str) -> usize {
    let cookies = reply.cookies();
    for cookie in &cookies {
        let has = |name: &str| cookie.attribute(name).is_some();
        assert!(cookie.name.starts_with("__Host-pdc_"), "{whence}: {}", cookie.name);
        assert!(has("secure") && has("httponly") && !has("domain"), "{whence}: {cookie:?}");
        assert_eq!(cookie.attribute("path"), Some("/"), "{whence}");
        assert_eq!(cookie.attribute("samesite"), Some("Lax"), "{whence}");
        assert!(cookie.name.len() + cookie.value.len() < 256, "{whence}");
    }
    for line in reply.headers.get_all("set-cookie") {
        assert!(line.len() <= 4096, "{whence}");
    }
    cookies.len()
}

#[tokio::test]
async fn sr_20_every_cookie_of_every_address_is_locked_to_this_host() {
    let app = App::start().await;
    let mut seen = 0;
    let (connected, _) = app.connected(BETHANY).await;
    for browser in [app.browser(), connected] {
        for address in ADDRESSES {
            seen += assert_safe_cookies(&browser.get(address).await, address);
        }
        for address in FUNCTIONS {
            seen += assert_safe_cookies(&browser.post(address, &[]).await, address);
        }
        let authorize = browser.begin().await;
        let back = browser.consent(&authorize, BETHANY).await;
        seen += assert_safe_cookies(&browser.callback(&back).await, "a good callback");
    }
    assert!(seen >= 6, "only {seen} cookies were seen");
}

#[tokio::test]
async fn sr_21_the_first_page_after_the_sign_in_knows_the_person() {
    let app = App::start().await;
    let browser = app.browser();
    let reply = browser.connect_as(BETHANY).await;
    let session = reply.cookies().into_iter().find(|c| c.name == "__Host-pdc_s").unwrap();
    // A redirect chain that another site began stays cross-site to its end: a
    // Strict cookie would not be sent on it, a Lax one is.
    assert_eq!(session.attribute("samesite"), Some("Lax"));
    let page = browser.send(browser.navigation(reply.location(), "cross-site")).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Bethany Developer"));
}

#[tokio::test]
async fn sr_23_the_database_holds_no_value_that_a_browser_or_pagerduty_holds() {
    let app = App::start().await;
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    let mut secrets: Vec<String> = browser.cookies().into_iter().map(|(_, value)| value).collect();
    let waiting = app.browser();
    let waiting_back = waiting.until_callback(BETHANY).await;
    secrets.extend(waiting.cookies().into_iter().map(|(_, value)| value));
    browser.callback(&back).await;
    secrets.push(browser.session().unwrap());
    for address in [&back, &waiting_back] {
        secrets.extend(["code", "state"].map(|name| crate::oauth::param(address, name)));
    }
    let exchange = app.calls("/oauth/token").remove(0);
    secrets.push(exchange.form("code_verifier").unwrap());
    secrets.push(app.sandbox.client_secret().to_owned());
    let bearer = app.calls("/users/me")[0].header("authorization").unwrap().to_owned();
    secrets.push(bearer.trim_start_matches("Bearer ").to_owned());
    secrets.extend(["bethany@acme.example", "Bethany Developer", "America/Los_Angeles"].map(str::to_owned));

    // While it runs, with its write-ahead log; and after it stopped.
    assert_holds_none(&app, &secrets, 3);
    let mut app = app.restart().await;
    app.halt().await;
    assert_holds_none(&app, &secrets, 1);
}

fn assert_holds_none(app: &App, secrets: &[String], at_least: usize) {
    let mut files = 0;
    for file in std::fs::read_dir(app.folder()).unwrap() {
        let path = file.unwrap().path();
        if !path.is_file() || path.extension().is_some_and(|e| e == "key") {
            continue;
        }
        files += 1;
        let bytes = std::fs::read(&path).unwrap();
        for secret in secrets {
            // A good part of a value would be as bad as the whole of it.
            let part = &secret.as_bytes()[..secret.len().min(20)];
            let mut forms = vec![part.to_vec()];
            forms.extend(URL_SAFE_NO_PAD.decode(secret).ok().filter(|raw| raw.len() >= 16));
            for form in forms {
                let found = bytes.windows(form.len()).any(|part| part == form);
                assert!(!found, "{} holds {secret}", path.display());
            }
        }
    }
    assert!(files >= at_least, "{files} files");
}

#[tokio::test]
async fn sr_28_fifty_presses_leave_five_attempts_and_the_last_one_works() {
    let app = App::start().await;
    let browser = app.browser();
    let mut last = None;
    for _ in 0..50 {
        last = Some(browser.begin().await);
        assert!(browser.attempts().len() <= 5);
    }
    assert_eq!(browser.attempts().len(), 5);
    let sent: usize = browser.cookies().iter().map(|(n, v)| n.len() + v.len() + 3).sum();
    assert!(sent < 8192);
    let back = browser.consent(&last.unwrap(), BETHANY).await;
    assert_eq!(browser.callback(&back).await.status, 303);
}

#[tokio::test]
async fn two_tabs_connect_without_disturbing_each_other() {
    let app = App::start().await;
    let browser = app.browser();
    let (one, two) = (browser.until_callback(BETHANY).await, browser.until_callback(BETHANY).await);
    assert_eq!(browser.callback(&two).await.location(), "/welcome");
    assert_eq!(browser.callback(&one).await.location(), "/welcome");
    assert_eq!(app.rows("session").await, 1, "the second tab's session took the first one's place");
    assert!(browser.is_greeted("Bethany Developer").await);
    assert!(browser.attempts().is_empty());
}

/// Whether a request with exactly these `Cookie` lines is somebody's.
async fn is_known(browser: &Browser, lines: &[String]) -> bool {
    browser.forget_cookies();
    let mut request = browser.navigation("/welcome", "none");
    for line in lines {
        request = request.header("cookie", line);
    }
    let page = browser.send(request).await;
    assert!(page.status < 500);
    page.body.contains("Bethany Developer")
}

#[tokio::test]
async fn sr_29_a_session_cookie_that_came_twice_is_nobodys() {
    let app = App::start().await;
    let (browser, own) = app.connected(BETHANY).await;
    let own = format!("__Host-pdc_s={own}");
    let planted = "__Host-pdc_s=planted".to_owned();
    assert!(is_known(&browser, std::slice::from_ref(&own)).await);
    assert!(is_known(&browser, &[format!("a=b; {own}; c")]).await);
    for lines in [
        vec![format!("{own}; {planted}")],
        vec![format!("{planted}; {own}")],
        vec![format!("{own}; {own}")],
        vec![own.clone(), planted.clone()],
        vec![planted.clone(), own.clone()],
        vec![format!("{own}; __Host-pdc_s=")],
    ] {
        assert!(!is_known(&browser, &lines).await, "{lines:?}");
    }
}

#[tokio::test]
async fn sr_29_an_attempt_cookie_that_came_twice_binds_nothing() {
    let app = App::start().await;
    let browser = app.browser();
    let back = browser.until_callback(BETHANY).await;
    let (name, value) = browser.attempts().remove(0);
    browser.forget_cookies();
    let visit = browser.navigation(&back, "cross-site");
    let reply = browser.send(visit.header("cookie", format!("{name}={value}; {name}=planted"))).await;
    app.assert_refused(&reply, 400, "state-mismatch");
    assert_eq!(app.token_calls(), 0);
}
