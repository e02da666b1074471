//! Three of the real program over one PostgreSQL, behind nginx with TLS: as OPERATIONS.md says.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use http::Method;
use pagerduty_sandbox::{Options, Sandbox};
use serde_json::Value;

use crate::harness::{
    BETHANY, Browser, Reply, client, eventually,
    nginx::Nginx,
    postgres::Database,
    program::{Place, Running, free_port},
};

mod streams;

const SCOPES: &str = "openid users.read users.write users:contact_methods.read users:contact_methods.write \
     teams.read teams.write services.read incidents.read licenses.read";
/// Who read pages while processes come and go.
const READERS: usize = 4;
/// What somebody else's address would look like.
const ELSEWHERE: &str = "203.0.113.9";

/// One of the three.
struct Replica {
    place: Place,
    port: u16,
    running: Option<Running>,
}

impl Replica {
    fn start(&mut self) {
        self.running = Some(self.place.serve(&["serve"], self.port));
    }

    /// `kill -9`.
    fn kill(&mut self) {
        drop(self.running.take());
    }

    /// As a service manager does.
    fn restart(&mut self) {
        let (status, log) = self.running.take().unwrap().terminate();
        assert!(status.success(), "{log}");
        self.start();
    }

    /// What it logged of that request.
    fn lines(&self, reply: &Reply) -> Vec<Value> {
        let log = self.running.as_ref().unwrap().err();
        let lines = log.lines().filter(|line| line.contains(reply.request_id()));
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

struct Front {
    nginx: Nginx,
    replicas: Vec<Replica>,
    sandbox: Sandbox,
    _database: Database,
    _keys: tempfile::TempDir,
}

impl Front {
    async fn start() -> Self {
        let sandbox = Sandbox::start_with(Options { crowd: 20, ..Options::default() }).await.unwrap();
        let url = format!("https://localhost:{}", free_port());
        sandbox.add_redirect_url(&format!("{url}/callback"));
        let (database, keys) = (Database::create().await, tempfile::tempdir().unwrap());
        let credentials = serde_json::json!({
            "PD_CLIENT_ID": sandbox.client_id(),
            "PD_CLIENT_SECRET": sandbox.client_secret(),
        });
        let replica = || {
            let port = free_port();
            let place = Place::new()
                .file("config.json", &credentials.to_string())
                .env("PORT", &port.to_string())
                .env("PUBLIC_URL", &url)
                .env("TRUSTED_PROXIES", "127.0.0.1")
                .env("DATABASE_URL", database.url())
                .env("VAULT_KEY_FILE", keys.path().join("vault.key").to_str().unwrap())
                .env("PD_SCOPES", SCOPES)
                .env("PD_IDENTITY_URL", sandbox.identity_url())
                .env("PD_API_URL", sandbox.api_url())
                .env("PD_EU_API_URL", sandbox.eu_api_url());
            let mut replica = Replica { place, port, running: None };
            replica.start();
            replica
        };
        let replicas = vec![replica(), replica(), replica()];
        let ports: Vec<u16> = replicas.iter().map(|it| it.port).collect();
        let nginx = Nginx::start(&url, &ports);
        Self { nginx, replicas, sandbox, _database: database, _keys: keys }
    }

    fn browser(&self) -> Browser {
        Browser::with(self.nginx.client(), &self.nginx.url)
    }

    /// The same person's, without nginx between.
    fn direct(&self, like: &Browser) -> Browser {
        let browser = Browser::with(
            client().local_address("127.0.0.2".parse::<std::net::IpAddr>().unwrap()).build().unwrap(),
            &self.nginx.url,
        );
        like.cookies().iter().for_each(|(name, value)| browser.set_cookie(name, value));
        browser.reaching(&format!("127.0.0.1:{}", self.replicas[0].port))
    }

    /// nginx has written a request for `path`, and of none what stood behind its address: links and codes stand there.
    async fn has_logged_no_query(&self, path: &str) {
        let line = format!(" {path}\"");
        eventually("nginx has logged it", async || self.nginx.requests().contains(&line)).await;
        let log = self.nginx.requests();
        assert!(!["?", "code=", "state=", "link="].iter().any(|it| log.contains(it)), "{log}");
    }

    /// Of a request that one of them answered; it may be written a moment later.
    async fn line(&self, reply: &Reply) -> Value {
        let find = || {
            let lines = self.replicas.iter().flat_map(|it| it.lines(reply));
            lines.into_iter().find(|line| line["event"] == "request")
        };
        eventually("the request is in a log", async || find().is_some()).await;
        find().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sr_62_only_a_trusted_proxy_says_who_asks_and_only_the_log_hears_it() {
    let front = Front::start().await;
    let browser = front.browser();
    for claimed in [ELSEWHERE, "127.0.0.1", "rubbish"] {
        let request = browser.navigation("/", "none").header("x-forwarded-for", claimed);
        let reply = browser.send(request.header("forwarded", format!("for={ELSEWHERE}"))).await;
        assert_eq!(reply.status, 200);
        let line = front.line(&reply).await;
        assert_eq!((&line["peer"], &line["client"]), (&"127.0.0.1".into(), &"127.0.0.2".into()), "{line}");
    }

    let direct = front.direct(&browser);
    for name in ["x-forwarded-for", "forwarded", "x-real-ip"] {
        let reply = direct.send(direct.navigation("/", "none").header(name, ELSEWHERE)).await;
        let line = front.line(&reply).await;
        assert_eq!((&line["peer"], line.get("client")), (&"127.0.0.2".into(), None), "{line}");
    }
    let log = |it: &Replica| it.running.as_ref().unwrap().err();
    assert!(!front.replicas.iter().any(|it| log(it).contains(ELSEWHERE)), "what was claimed was logged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sr_50_what_the_program_says_and_refuses_it_says_and_refuses_through_nginx_too() {
    let front = Front::start().await;
    let browser = front.browser();
    assert_eq!(browser.connect_as(BETHANY).await.location(), "/welcome");
    let page = browser.get("/welcome").await;
    assert!(page.status == 200 && page.body.contains("Bethany Developer"), "{}", page.body);
    let hsts: Vec<_> = page.headers.get_all("strict-transport-security").iter().collect();
    assert_eq!(hsts, ["max-age=31536000; includeSubDomains"]);

    // Host comes through as it was sent, port included; another one is refused.
    let request = front.nginx.client().get(format!("{}/", front.nginx.url)).header("host", "evil.example");
    assert_eq!(browser.send(request).await.status, 421);
    let plain = client().build().unwrap().get(format!("http://localhost:{}/how?x=1", front.nginx.plain));
    let plain = browser.send(plain.header("host", "localhost")).await;
    assert_eq!((plain.status, plain.location()), (301, "https://localhost/how?x=1"));
    browser.get("/link?link=pdl_not-a-link").await;
    front.has_logged_no_query("/callback").await;
    front.has_logged_no_query("/link").await;
    front.has_logged_no_query("/how").await;

    let direct = front.direct(&browser);
    for (path, size, status) in [("/csp", 70_000, 413), ("/import", 6 << 20, 413), ("/csp", 60_000, 204)] {
        let send = async |browser: &Browser| {
            let request = browser.request(Method::POST, path).header("sec-fetch-site", "same-origin");
            let request = request.header("content-type", "multipart/form-data; boundary=b");
            browser.send(request.body(vec![b'x'; size])).await
        };
        let (through, straight) = (send(&browser).await, send(&direct).await);
        assert_eq!((through.status, &through.body), (straight.status, &straight.body), "{path} {size}");
        if path == "/import" {
            assert_eq!(through.status, status, "{}", through.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_is_killed_another_restarted_and_nobody_sees_a_page_that_failed() {
    let mut front = Front::start().await;
    let browser = front.browser();
    assert_eq!(browser.connect_as(BETHANY).await.location(), "/welcome");
    let over = Arc::new(AtomicBool::new(false));
    let reading: Vec<_> = std::iter::repeat_with(|| {
        let (over, reader) = (Arc::clone(&over), browser.twin());
        tokio::spawn(async move {
            let mut pages = 0;
            while !over.load(Ordering::Relaxed) {
                for path in ["/", "/welcome", "/connection", "/services", "/incidents"] {
                    let reply = reader.get(path).await;
                    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
                    pages += 1;
                }
            }
            pages
        })
    })
    .take(READERS)
    .collect();

    for round in 0..3 {
        let person = front.browser();
        let email = format!("person-{:04}@acme.example", round + 1);
        let authorize = person.begin().await;
        tokio::task::block_in_place(|| front.replicas[round].kill());
        let back = person.consent(&authorize, &email).await;
        let reply = person.callback(&back).await;
        assert_eq!((reply.status, reply.location()), (303, "/welcome"), "{:?}", reply.problem());
        tokio::task::block_in_place(|| front.replicas[round].start());
        assert_eq!(person.get("/welcome").await.status, 200);
        assert_eq!(person.check().await, "checked");
        tokio::task::block_in_place(|| front.replicas[(round + 1) % 3].restart());
        assert_eq!(person.check().await, "checked");
        assert_eq!(person.post("/api/disconnect", &[]).await.location(), "/disconnected");
    }
    over.store(true, Ordering::Relaxed);
    for reading in reading {
        assert!(reading.await.unwrap() > 0, "no page was read meanwhile");
    }
    assert_eq!(browser.check().await, "checked");

    // With none left, a sentence says what to do.
    tokio::task::block_in_place(|| front.replicas.iter_mut().for_each(Replica::kill));
    let away = browser.get("/welcome").await;
    assert!(
        away.status == 503 && away.body.contains("Try again in a minute."),
        "{} {}",
        away.status,
        away.body
    );
    assert_eq!((away.header("cache-control"), away.header("retry-after")), ("no-store", "5"));
    browser.get("/callback?code=a&state=b").await;
    front.has_logged_no_query("/callback").await;
}
