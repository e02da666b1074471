//! The canary sweep: one whole life of the real program at the most talkative
//! log level, and then every byte it let out.

use std::{collections::BTreeMap, fs};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;
use pagerduty_sandbox::{Fault, Options, Sandbox};
use serde_json::{Value, json};

use crate::harness::{
    BETHANY, Browser, Collector, Reply,
    program::{Place, browser, free_port},
    routes,
};

/// Names and values of what must not be found.
type Canaries = BTreeMap<&'static str, Vec<u8>>;

struct Outside {
    /// What could be read, and where.
    seen: Vec<(String, Vec<u8>)>,
}

impl Outside {
    fn answer(&mut self, what: &str, reply: &Reply) {
        let mut text = format!("{}\n{}\n", reply.status, reply.body);
        for (name, value) in &reply.headers {
            // The one place for a session, and the one for what PagerDuty must echo.
            if name != "set-cookie" && name != "location" {
                text += &format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()));
            }
        }
        self.seen.push((what.to_owned(), text.into_bytes()));
    }

    fn folder(&mut self, place: &Place, when: &str) {
        for entry in fs::read_dir(place.path("data")).unwrap().map(|e| e.unwrap().path()) {
            if entry.file_name().is_some_and(|name| name != "vault.key") {
                self.seen.push((format!("{} {when}", entry.display()), fs::read(&entry).unwrap()));
            }
        }
    }

    fn process(&mut self, pid: u32) {
        for file in ["cmdline", "environ", "status"] {
            let bytes = fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
            self.seen.push((format!("/proc/{pid}/{file}"), bytes));
        }
    }

    fn assert_clean(&self, canaries: &Canaries) {
        for (place, bytes) in &self.seen {
            for (name, value) in canaries {
                assert!(value.len() >= 16, "{name} is too short to be looked for");
                let found = bytes.windows(value.len()).any(|window| window == value.as_slice());
                assert!(!found, "{name} is in {place}");
            }
        }
    }
}

async fn look_around(person: &Browser, outside: &mut Outside) {
    for path in routes::all().into_iter().filter(|p| p != "/api/disconnect") {
        for method in [Method::GET, Method::POST] {
            let request = person.request(method.clone(), &path).header("sec-fetch-site", "same-origin");
            let request =
                request.header("content-type", "application/x-www-form-urlencoded").body("path=%2Fhow");
            outside.answer(&format!("{method} {path}"), &person.send(request).await);
        }
    }
}

/// What went to the sandbox in bodies and headers, where it belongs.
fn secrets_sent(sandbox: &Sandbox, canaries: &mut Canaries) {
    for request in sandbox.requests() {
        for (name, field) in [("code", "code"), ("verifier", "code_verifier")] {
            let is_exchange = request.form("grant_type").as_deref() == Some("authorization_code");
            if request.path.ends_with("/oauth/token") && is_exchange {
                canaries.insert(name, request.form(field).unwrap().into_bytes());
            }
        }
        if request.path.ends_with("/oauth/token")
            && let Some(spent) = request.form("refresh_token")
        {
            canaries.insert("the first refresh token", spent.into_bytes());
        }
        if request.path.ends_with("/oauth/revoke") {
            let name = match request.form("token_type_hint").as_deref() {
                Some("refresh_token") => "refresh token",
                _ => "access token",
            };
            canaries.insert(name, request.form("token").unwrap().into_bytes());
        }
        for url in [&request.path, &request.query] {
            assert!(
                !url.contains("CANARY") && !url.contains("code_verifier="),
                "a secret is in an address: {url}"
            );
        }
    }
}

// What is run here speaks to the sandbox, which lives in this process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sr_70_no_secret_leaves_the_server_by_any_way_but_its_own() {
    let secret = "CANARY-CLIENT-SECRET-5e1f0a77";
    let options = Options { client_secret: Some(secret.into()), ..Options::default() };
    let (place, sandbox, port) = Place::with_sandbox(options).await;
    let place = place.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
    let collector = Collector::start().await;
    let place = place.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url);
    let metrics_port = free_port();
    let scopes = "openid users.read users.write incidents.read incidents.write services.read";
    let place = place.env("METRICS_LISTEN", &format!("127.0.0.1:{metrics_port}")).env("PD_SCOPES", scopes);
    let mut outside = Outside { seen: Vec::new() };
    let mut canaries = Canaries::new();
    canaries.insert("client secret", secret.into());
    // Any signed token starts so.
    canaries.insert("ID token", b"eyJhbGciOiJSUzI1".to_vec());

    let described = place.run(&["config"]);
    outside.seen.push(("pdconnect config".into(), format!("{described:?}").into_bytes()));
    let running = place.serve(&["serve"], port);
    let person = browser(port);
    look_around(&person, &mut outside).await;

    let begun = person.post("/api/begin_connect", &[]).await;
    outside.answer("begin", &begun);
    let authorize = url::Url::parse(begun.location()).unwrap();
    let (_, attempt) = person.attempts().pop().unwrap();
    canaries.insert("attempt cookie", attempt.into_bytes());
    let back = person.consent(&authorize, BETHANY).await;
    outside.folder(&place, "before the callback");
    outside.answer("callback", &person.callback(&back).await);
    let session = person.session().unwrap();
    canaries.insert("session", session.clone().into_bytes());
    look_around(&person, &mut outside).await;
    outside.process(running.pid());
    outside.folder(&place, "connected");

    // Put to use: renewed, refused, limited, imported, and shown to nobody.
    // One of the buttons that were pressed has signed the person out.
    outside.answer("connected again", &person.connect_as(BETHANY).await);
    canaries.insert("second session", person.session().unwrap().into_bytes());
    sandbox.expire_access_tokens();
    age_tokens(&place).await;
    outside.answer("a refresh", &person.post("/api/check", &[]).await);
    sandbox.fault(Fault::on("GET", "/services").status(429).header("ratelimit-reset", "1"));
    for path in ["/services", "/incidents", "/on-call", "/api/pagerduty/services"] {
        outside.answer(path, &person.get(path).await);
    }
    let file = "name,email\nSweep,sweep@import.example\n";
    let place = place.file("people.csv", file);
    let imported = place.run(&["import", "users", "people.csv", "--apply"]);
    outside.seen.push(("pdconnect import".into(), format!("{imported:?}").into_bytes()));
    for words in [&["audit"][..], &["audit", "export"], &["audit", "verify"]] {
        let told = place.run(words);
        assert!(told.ok, "{told:?}");
        outside.seen.push((format!("pdconnect {words:?}"), format!("{told:?}").into_bytes()));
    }
    let metrics = crate::harness::program::get(metrics_port, "/metrics").await;
    assert!(metrics.body.contains("pdconnect_refreshes_total{result=\"ok\"} 1"), "{}", metrics.body);
    assert!(!metrics.body.contains('@') && !metrics.body.contains("PBETH01"), "{}", metrics.body);
    outside.answer("the metrics", &metrics);

    for_another_program(&place, port, &mut outside, &mut canaries).await;

    // What goes wrong is told, too.
    for fault in [
        Fault::on("POST", "/oauth/token").status(500).body("{\"echo\":\"x\"}"),
        Fault::on("POST", "/oauth/token").status(200).body("not json"),
        Fault::on("POST", "/oauth/token").reset(pagerduty_sandbox::Reset::Before),
        Fault::on("GET", "/users/me").status(401),
        Fault::on("GET", "/users/me").reset(pagerduty_sandbox::Reset::After),
        Fault::on("POST", "/oauth/revoke").status(503).body("x").times(2),
    ] {
        sandbox.fault(fault);
        outside.answer("a failed callback", &browser(port).connect_as(BETHANY).await);
    }
    outside.answer("an old callback", &person.callback(&back).await);
    outside.answer("disconnect", &person.post("/api/disconnect", &[]).await);
    outside.answer("after the end", &person.get("/welcome").await);
    outside.folder(&place, "disconnected");

    secrets_sent(&sandbox, &mut canaries);
    for (name, value) in form_urlencoded::parse(authorize.query().unwrap().as_bytes()) {
        match &*name {
            "state" => _ = canaries.insert("state", value.into_owned().into_bytes()),
            "nonce" => _ = canaries.insert("nonce", value.into_owned().into_bytes()),
            _ => {}
        }
    }
    let key = place.bytes("data/vault.key");
    canaries.insert("vault key in Base64", key.trim_ascii_end().to_vec());
    let bytes = STANDARD.decode(key.trim_ascii_end()).unwrap();
    canaries.insert("vault key in hex", hex::encode(&bytes).into_bytes());
    canaries.insert("vault key", bytes);
    assert_eq!(canaries.len(), 19, "{:?}", canaries.keys());

    let log = running.err();
    assert!(log.lines().count() > 50, "the log was looked at");
    outside.seen.push(("standard output".into(), running.out().into_bytes()));
    outside.seen.push(("the log".into(), log.into_bytes()));
    let (status, log) = running.terminate();
    assert!(status.success());
    outside.seen.push(("the log at the end".into(), log.into_bytes()));
    outside.folder(&place, "at the end");
    let traced: Vec<String> = collector.spans().into_iter().map(|span| span.name).collect();
    for name in ["GET /callback", "refresh", "POST /oauth/revoke", "POST /api/disconnect"] {
        assert!(traced.iter().any(|it| it == name), "{name}: {traced:?}");
    }
    outside.seen.push(("the traces".into(), collector.bytes()));
    outside.assert_clean(&canaries);

    // The sweep itself works: what is there is found.
    let planted = Outside { seen: vec![("a place".into(), format!("x{session}x").into_bytes())] };
    let found = std::panic::catch_unwind(|| planted.assert_clean(&canaries));
    assert!(found.is_err());
}

/// A key is issued; with it a user is handed over, and their token fetched.
async fn for_another_program(place: &Place, port: u16, outside: &mut Outside, canaries: &mut Canaries) {
    let mut take = |name: &'static str, from: &Value, field: &str| {
        let value = from[field].as_str().unwrap_or_else(|| panic!("no {field} in {from}")).to_owned();
        canaries.insert(name, value.clone().into_bytes());
        value
    };
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let scopes = ["--scope", "connect", "--scope", "identities.token"];
    let create = ["keys", "create", "--name", "sweep", "--return-to", "https://billing.example", "--json"];
    let key = take("API key", &read(&place.run(&[&create[..], &scopes].concat()).out), "key");
    let user = browser(port);
    let ask = |method, path: &str| user.request(method, path).bearer_auth(&key);
    let body = json!({ "user": "sweep-42", "return_to": "https://billing.example/done" });
    let link = read(&user.send(ask(Method::POST, "/v1/links").json(&body)).await.body);
    let address = url::Url::parse(link["url"].as_str().unwrap()).unwrap();
    let (_, value) = address.query_pairs().find(|(name, _)| name == "link").unwrap();
    take("link", &json!({ "link": value }), "link");
    // The page has it in its form, where it belongs.
    assert_eq!(user.get(&format!("/link?link={value}")).await.status, 200);
    let begun = user.post("/link", &[("link", &value)]).await;
    let (_, attempt) = user.attempts().pop().unwrap();
    take("attempt of a link", &json!({ "attempt": attempt }), "attempt");
    let back = user.consent(&begun.location().parse().unwrap(), BETHANY).await;
    let done = user.callback(&back).await;
    outside.answer("a linked callback", &done);
    outside.answer("back to the other program", &user.get(done.location()).await);
    outside.answer("a link that was used", &user.post("/link", &[("link", &value)]).await);
    let identity = read(&user.send(ask(Method::GET, "/v1/identities/sweep-42")).await.body);
    take("token that was handed out", &identity, "accessToken");
    outside.answer("a list", &user.send(ask(Method::GET, "/v1/identities")).await);
    let wrong = user.request(Method::GET, "/v1/identities").bearer_auth(format!("{key}x"));
    outside.answer("an unknown key", &user.send(wrong).await);
    for words in [&["keys", "list"][..], &["identities"], &["audit"]] {
        outside.seen.push((format!("pdconnect {words:?}"), format!("{:?}", place.run(words)).into_bytes()));
    }
}

/// As if a day had passed.
async fn age_tokens(place: &Place) {
    let mut db = place.database().await;
    sqlx::query("UPDATE connection SET refreshed_at = 1, access_until = 2").execute(&mut db).await.unwrap();
}

#[tokio::test]
async fn sr_81_the_database_holds_no_name_and_no_address_in_the_open() {
    let (place, _sandbox, port) = Place::with_sandbox(Options::default()).await;
    let running = place.serve(&["serve"], port);
    let person = browser(port);
    person.connect_as(BETHANY).await;
    person.begin().await;
    let mut outside = Outside { seen: Vec::new() };
    outside.folder(&place, "connected");
    let (status, _) = running.terminate();
    assert!(status.success());
    outside.folder(&place, "at rest");
    for (file, bytes) in &outside.seen {
        let text = String::from_utf8_lossy(bytes);
        for personal in ["Bethany", "bethany@", "Principal Developer", "Los_Angeles", "Checkout"] {
            assert!(!text.contains(personal), "{personal} is in {file}");
        }
    }
}
