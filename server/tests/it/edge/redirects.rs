//! Where people are sent after connecting: a path of this app, whatever was asked for.

use std::collections::HashSet;

use pagerduty_connect::LocalPath;
use url::Url;

use crate::harness::{App, BETHANY};

/// Ways to write another origin, put together from what browsers, proxies and
/// decoders treat differently.
fn corpus() -> HashSet<String> {
    let slashes = [
        "/",
        "//",
        "///",
        "\\",
        "\\\\",
        "/\\",
        "\\/",
        "/\t/",
        "/\r/",
        "/\n/",
        "/\u{b}/",
        "/\u{a0}/",
        "/ /",
        "/%09/",
        "/%0a/",
        "/%0d/",
        "/%2f",
        "/%2F/",
        "/%5c",
        "/%5C/",
        "/%252f",
        "/%255c/",
        "/./",
        "/..//",
        "/.//",
        "/%2e//",
        "/%2e%2e//",
        "/;/",
        "/;//",
        "/?//",
        "/#//",
        "/@",
        "/x/..//",
        "/x//..//",
        "",
        "\t/",
        " /",
        "\u{feff}/",
        "/\u{3000}/",
        "/\u{2044}",
        "/\u{ff0f}",
    ];
    let hosts = [
        "evil.example",
        "evil.example/",
        "evil.example/welcome",
        "evil%2eexample",
        "evil。example",
        "xn--evl-2na.example",
        "localhost@evil.example",
        "localhost:1@evil.example",
        "evil.example#@localhost",
        "evil.example?localhost",
        "evil.example%23@localhost",
        "evil.example\\@localhost",
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "@evil.example",
        "evil.example:80",
        "%65vil.example",
        "evil.example%00",
        "evil.example%0d%0aSet-Cookie:a=b",
        ".evil.example",
        "localhost.evil.example",
    ];
    let prefixes = ["", "http:", "https:", "HTTP:", "javascript:", "data:", "//localhost", "http:/", "/x:"];
    let mut all = HashSet::new();
    for slash in slashes {
        for host in hosts {
            for prefix in prefixes {
                all.insert(format!("{prefix}{slash}{host}"));
            }
        }
    }
    let whole = [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "\u{1}javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:http://evil.example/x",
        "http:evil.example",
        "https:evil.example",
        "/welcome\r\nLocation: https://evil.example",
        "/%u002fevil",
        "/\u{0}/evil.example",
        "mailto:x@evil.example",
        "?//evil.example",
        "#//evil.example",
        "*",
        "%",
    ];
    all.extend(whole.map(str::to_owned));
    all
}

/// What a browser makes of a `Location`, as it is and after one more decoding.
fn leads_home(base: &Url, path: &str) -> bool {
    let mut text = path.to_owned();
    (0..2).all(|_| {
        let home = base.join(&text).is_ok_and(|to| to.origin() == base.origin());
        text = decoded(&text);
        home
    })
}

fn decoded(text: &str) -> String {
    let text = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(text.as_bytes()).map(|(name, _)| name.into_owned()).collect()
}

#[test]
fn sr_60_no_payload_of_the_corpus_leads_off_the_origin() {
    let base = Url::parse("http://localhost:5000/callback").unwrap();
    let corpus = corpus();
    assert!(corpus.len() >= 5_000, "{}", corpus.len());
    let dangerous = corpus.iter().filter(|p| !leads_home(&base, p)).count();
    assert!(dangerous > 2_000, "{dangerous}: the corpus must be worth refusing");
    for payload in &corpus {
        if let Some(path) = LocalPath::parse(payload) {
            assert!(path.as_str().starts_with('/'), "{payload:?}");
            assert!(leads_home(&base, path.as_str()), "{payload:?} was taken");
            assert!(!path.as_str().contains(['\r', '\n', '\t', '\\', '\0']), "{payload:?}");
        }
    }
}

#[tokio::test]
async fn sr_60_whatever_return_to_says_people_end_up_in_this_app() {
    let app = App::start().await;
    let base = Url::parse(&app.url).unwrap();
    let mut corpus: Vec<String> = corpus().into_iter().filter(|p| !leads_home(&base, p)).collect();
    corpus.sort();
    let step = corpus.len() / 100;
    for payload in corpus.into_iter().step_by(step) {
        let browser = app.browser();
        let reply = browser.post("/api/begin_connect", &[("return_to", &payload)]).await;
        assert_eq!(reply.status, 303, "{payload:?}");
        assert!(
            reply.location().starts_with(app.sandbox.identity_url()),
            "{payload:?}: {}",
            reply.location()
        );
        assert!(!reply.location().contains("evil"), "{payload:?}");
        let back = browser.consent(&Url::parse(reply.location()).unwrap(), BETHANY).await;
        let reply = browser.callback(&back).await;
        assert_eq!(reply.status, 303, "{payload:?}: {}", reply.body);
        assert_eq!(reply.location(), "/welcome", "{payload:?}");
    }
}

#[tokio::test]
async fn sr_60_a_path_of_this_app_is_kept() {
    let app = App::start().await;
    for path in ["/how", "/welcome?tab=2", "/services?query=pay%20ment&page=2"] {
        let browser = app.browser();
        let authorize = browser.begin_to(&[("return_to", path)]).await;
        let back = browser.consent(&authorize, BETHANY).await;
        assert_eq!(browser.callback(&back).await.location(), path);
    }
}
