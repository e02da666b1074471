//! Who may change something: the app's own pages, and programs without cookies.

use http::Method;

use super::BODIES;
use crate::harness::{App, BETHANY, Browser, Reply, routes};

type Headers = Vec<(&'static str, String)>;

async fn send(browser: &Browser, path: &str, headers: &Headers, body: (&str, &'static str)) -> Reply {
    let mut request = browser.request(Method::POST, path).header("content-type", body.0).body(body.1);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    browser.send(request).await
}

/// What a browser sends along when another site is behind a request, and what
/// an attacker would like to pass for this app's own origin.
fn foreign(own: &str) -> Vec<Headers> {
    let (scheme, rest) = own.split_once("://").unwrap();
    let (host, port) = rest.split_once(':').unwrap();
    let origins = [
        "null".to_owned(),
        String::new(),
        "https://evil.example".to_owned(),
        format!("{own}.evil.example"),
        format!("{own}@evil.example"),
        format!("{scheme}://evil.{rest}"),
        format!("{scheme}://evil{rest}"),
        format!("{scheme}://{host}"),
        format!("{scheme}://{host}:{port}0"),
        format!("{scheme}://{host}:80"),
        format!("{scheme}://{host}.:{port}"),
        format!("{scheme}://u@{rest}"),
        format!("{scheme}://u:p@{rest}"),
        format!("https://{rest}"),
        format!("{scheme}://127.0.0.1:{port}"),
        format!("{scheme}://[::1]:{port}"),
        format!("{own}/"),
        format!(" {own} x"),
        format!("{own}, {own}"),
        format!("{own} https://evil.example"),
        own.to_uppercase(),
        rest.to_owned(),
    ];
    let site = |s: &str| vec![("sec-fetch-site", s.to_owned())];
    let own = || ("origin", own.to_owned());
    let mut sets: Vec<Headers> = origins.map(|o| vec![("origin", o)]).to_vec();
    sets.extend(["cross-site", "same-site", "none", "", "Same-Origin", "same-origin, cross-site"].map(site));
    // One word of the two is not enough when the other says no.
    sets.extend(["cross-site", "same-site", "none"].map(|s| [site(s), vec![own()]].concat()));
    sets.push([site("same-origin"), vec![("origin", "https://evil.example".into())]].concat());
    sets.push([site("same-origin"), vec![("origin", "null".into())]].concat());
    sets.push([site("same-origin"), site("same-origin")].concat());
    sets.push([site("same-origin"), site("cross-site")].concat());
    sets.push(vec![own(), own()]);
    sets.push(vec![own(), ("origin", "https://evil.example".into())]);
    // Neither, but with a cookie: an old browser, or one whose headers were taken away.
    sets.push(Vec::new());
    sets.push(vec![("referer", format!("{}/", own().1))]);
    sets.push(vec![("x-requested-with", "XMLHttpRequest".into()), ("user-agent", "curl/8.0".into())]);
    sets
}

#[tokio::test]
async fn sr_36_sr_38_every_route_refuses_what_other_sites_send() {
    let app = App::start().await;
    let (browser, session) = app.connected(BETHANY).await;
    app.sandbox.reset();
    let sets = foreign(&app.url);
    let mut sent = 0;
    for path in routes::all() {
        for headers in &sets {
            for body in BODIES {
                let reply = send(&browser, &path, headers, body).await;
                assert_eq!(reply.status, 403, "POST {path} {} {headers:?}", body.0);
                assert!(reply.cookies().is_empty() && reply.location().is_empty());
                sent += 1;
            }
        }
    }
    assert!(sent > 2_000, "{sent}");
    assert!(app.sandbox.requests().is_empty(), "PagerDuty was called");
    assert_eq!(app.rows("attempt").await, 1, "the one that connected");
    assert_eq!(browser.session(), Some(session));
    assert!(browser.is_greeted("Bethany Developer").await);
}

#[tokio::test]
async fn sr_36_a_refusal_is_a_security_event() {
    let app = App::start().await;
    let (browser, _) = app.connected(BETHANY).await;
    let headers = vec![("sec-fetch-site", "cross-site".to_owned())];
    send(&browser, "/api/disconnect", &headers, BODIES[0]).await.assert_event("sender.refused", None);
}

#[tokio::test]
async fn sr_36_the_apps_own_pages_may_change_things_and_so_may_programs_without_cookies() {
    let app = App::start().await;
    let own = || ("origin", app.url.clone());
    let site = || ("sec-fetch-site", "same-origin".to_owned());
    for mut headers in [vec![own()], vec![site()], vec![own(), site()], Vec::new()] {
        let browser = app.browser();
        headers.push(("accept", "text/html".to_owned()));
        let reply = send(&browser, "/api/begin_connect", &headers, BODIES[0]).await;
        assert_eq!(reply.status, 303, "{headers:?}");
        assert!(reply.location().starts_with(app.sandbox.identity_url()), "{}", reply.location());
    }
}

#[tokio::test]
async fn sr_36_any_cookie_of_ours_counts_wherever_it_stands() {
    let app = App::start().await;
    for cookie in ["__Host-pdc_s=x", "a=b; __Host-pdc_tx_abc=1", "a=b;__Host-pdc_s="] {
        let browser = app.browser();
        let headers = vec![("cookie", cookie.to_owned())];
        let reply = send(&browser, "/api/begin_connect", &headers, BODIES[0]).await;
        assert_eq!(reply.status, 403, "{cookie}");
    }
}
