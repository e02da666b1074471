//! Figures for an operator, on a listener of their own.

use http::Method;
use pagerduty_sandbox::{Fault, Options};

use crate::harness::{
    BETHANY, MARCUS, Reply,
    cluster::Cluster,
    eventually,
    program::{Place, browser, free_port, get},
};

/// The figure on the line that begins so.
fn figure(told: &Reply, name: &str) -> Option<f64> {
    let line = told.body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map(|figure| figure.parse().unwrap())
}

async fn watched(options: Options) -> (Place, pagerduty_sandbox::Sandbox, u16, u16) {
    let (place, sandbox, port) = Place::with_sandbox(options).await;
    let metrics = free_port();
    (place.env("METRICS_LISTEN", &format!("127.0.0.1:{metrics}")), sandbox, port, metrics)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happened_is_counted_and_nobody_is_named() {
    let (place, sandbox, port, metrics) = watched(Options::default()).await;
    let scopes = "openid users.read users.write services.read";
    let place = place.env("PD_SCOPES", scopes);
    let _running = place.serve(&["serve"], port);
    let person = browser(port);
    assert_eq!(person.connect_as(BETHANY).await.location(), "/welcome");
    assert_eq!(browser(port).connect_as(MARCUS).await.location(), "/welcome");
    sandbox.fault(Fault::on("GET", "/services").status(404));
    person.get("/api/pagerduty/services").await;
    person.get("/import/no-such-import?secret=x").await;
    person.get("/no/such/page/of/mallory@acme.example").await;
    let mut db = place.database().await;
    let over = "UPDATE connection SET refreshed_at = 1, access_until = 2 WHERE user_id LIKE '%PBETH01'";
    sqlx::query(over).execute(&mut db).await.unwrap();
    sandbox.expire_access_tokens();
    person.post("/api/check", &[]).await;

    let told = get(metrics, "/metrics").await;
    assert_eq!(told.status, 200);
    assert!(told.header("content-type").starts_with("application/openmetrics-text"), "{:?}", told.headers);
    for (name, least) in [
        ("pdconnect_vault_up", 1.0),
        ("pdconnect_connections{state=\"connected\"}", 2.0),
        ("pdconnect_sessions", 2.0),
        ("pdconnect_audit_lines", 3.0),
        ("pdconnect_refreshes_total{result=\"ok\"}", 1.0),
        ("pdconnect_api_calls_total{method=\"GET\",status=\"404\"}", 1.0),
        ("pdconnect_http_requests_total{route=\"/callback\",status=\"303\"}", 2.0),
        ("pdconnect_http_requests_total{route=\"/api/pagerduty/{*path}\",status=\"404\"}", 1.0),
        ("pdconnect_start_time_seconds", 1_700_000_000.0),
    ] {
        let figure = figure(&told, name);
        assert!(figure.is_some_and(|figure| figure >= least), "{name}: {figure:?} in\n{}", told.body);
    }
    let zero =
        ["pdconnect_refreshes_total{result=\"failed\"}", "pdconnect_refreshes_total{result=\"broken\"}"];
    assert!(zero.iter().all(|name| figure(&told, name) == Some(0.0)), "{}", told.body);
    let left = figure(&told, "pdconnect_rate_budget_least_left").unwrap();
    assert!((0.0..=1.0).contains(&left), "{left}");
    assert!(told.body.contains("pdconnect_http_request_seconds_bucket{le=\"0.001\"}"), "{}", told.body);
    assert!(told.body.contains(concat!("version=\"", env!("CARGO_PKG_VERSION"), "\"")), "{}", told.body);
    for personal in ["@", "PBETH01", "PACME01", "Bethany", "no-such", "secret", "mallory"] {
        assert!(!told.body.contains(personal), "{personal}: {}", told.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_went_wrong_is_counted_too() {
    let (place, sandbox, port, metrics) = watched(Options::default()).await;
    let _running = place.serve(&["serve"], port);
    let person = browser(port);
    assert_eq!(person.connect_as(BETHANY).await.location(), "/welcome");
    let mut db = place.database().await;
    let over = "UPDATE connection SET refreshed_at = 1, access_until = 2, retry_at = NULL";
    sqlx::query(over).execute(&mut db).await.unwrap();
    // A secret that PagerDuty does not know, and then a grant that was ended there.
    sandbox.fault(Fault::on("POST", "/oauth/token").status(401).body("{\"error\":\"invalid_client\"}"));
    person.post("/api/check", &[]).await;
    assert!(sandbox.revoke_all_of(BETHANY));
    sqlx::query(over).execute(&mut db).await.unwrap();
    person.post("/api/check", &[]).await;
    let told = get(metrics, "/metrics").await;
    for name in [
        "pdconnect_refreshes_total{result=\"failed\"}",
        "pdconnect_refreshes_total{result=\"broken\"}",
        "pdconnect_connections{state=\"revoked\"}",
    ] {
        assert_eq!(figure(&told, name), Some(1.0), "{name} in\n{}", told.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_imports_are_counted_by_what_they_came_to() {
    let (place, sandbox, port, metrics) = watched(Options::default()).await;
    let place = place.env("PD_SCOPES", "openid users.read users.write");
    let place = place.file("people.csv", "name,email\nAnn,ann@import.example\nBen,ben@import.example\n");
    let _running = place.serve(&["serve"], port);
    assert_eq!(browser(port).connect_as(BETHANY).await.location(), "/welcome");
    // The rows are the serving program's: the other one only asks for them.
    let upload = browser(port);
    assert_eq!(upload.connect_as(BETHANY).await.location(), "/welcome");
    let planned = place.run(&["import", "users", "people.csv", "--plan-only", "--json"]);
    let id =
        serde_json::from_str::<serde_json::Value>(&planned.out).unwrap()["id"].as_str().unwrap().to_owned();
    let applied = upload.post("/api/import_change", &[("id", &id), ("to", "apply")]).await;
    assert_eq!(applied.status, 303, "{}", applied.body);
    let rows =
        async || figure(&get(metrics, "/metrics").await, "pdconnect_import_rows_total{outcome=\"created\"}");
    eventually("both are counted", async || rows().await == Some(2.0)).await;
    eventually("it is over", async || {
        figure(&get(metrics, "/metrics").await, "pdconnect_imports{state=\"done\"}") == Some(1.0)
    })
    .await;
    let made = sandbox.requests().into_iter().filter(|it| it.method == "POST" && it.path == "/users");
    assert_eq!(made.count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_never_fails_over_the_database() {
    let cluster = Cluster::start();
    let (place, _sandbox, port, metrics) = watched(Options::default()).await;
    let place = place.env("DATABASE_URL", &cluster.url);
    let running = place.serve(&["serve"], port);
    assert_eq!(browser(port).connect_as(BETHANY).await.location(), "/welcome");
    let up = async || {
        let told = get(metrics, "/metrics").await;
        assert_eq!(told.status, 200, "{}", told.body);
        assert!(told.body.contains("pdconnect_http_requests_total{"), "{}", told.body);
        figure(&told, "pdconnect_vault_up").unwrap()
    };
    assert_eq!(up().await, 1.0);
    cluster.stop("immediate");
    eventually("it is told as down", async || up().await == 0.0).await;
    cluster.resume();
    eventually("it is told as up again", async || up().await == 1.0).await;
    drop(running);
}

#[tokio::test]
async fn the_listener_serves_metrics_only_and_the_app_serves_none() {
    let (place, _sandbox, port, metrics) = watched(Options::default()).await;
    let running = place.serve(&["serve"], port);
    for path in ["/", "/welcome", "/healthz", "/metrics/x", "/metrics/"] {
        assert_eq!(get(metrics, path).await.status, 404, "{path}");
    }
    let other = browser(metrics);
    assert_eq!(other.send(other.request(Method::POST, "/metrics")).await.status, 405);
    assert_eq!(get(port, "/metrics").await.status, 404);
    // The port is freed with the program, and one that is taken is told.
    let taken = place.run(&["serve", "--port", &free_port().to_string()]);
    assert!(taken.code == Some(1) && taken.err.contains("METRICS_LISTEN"), "{taken:?}");
    assert!(running.terminate().0.success());
    assert!(std::net::TcpListener::bind(("127.0.0.1", metrics)).is_ok());

    let wrong = place.run(&["serve", "--metrics-listen", "9464"]);
    assert!(wrong.code == Some(1) && wrong.err.contains("METRICS_LISTEN: it must be"), "{wrong:?}");
    let (place, _sandbox, port) = Place::with_sandbox(Options::default()).await;
    let _running = place.serve(&["serve"], port);
    assert_eq!(get(port, "/metrics").await.status, 404, "none unless it is asked for");
}
