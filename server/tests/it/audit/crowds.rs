//! Several processes write one log, and some are killed while they do.

use std::time::Duration;

use pagerduty_sandbox::{Options, Sandbox};
use tokio::task::JoinSet;

use super::names;
use crate::harness::{
    Browser,
    postgres::Database,
    program::{Place, Running, browser, free_port},
};

struct Member {
    place: Place,
    port: u16,
}

impl Member {
    /// One more process on the same database, for the same app, with the same key.
    fn of(sandbox: &Sandbox, database: &Database, key_file: &str) -> Self {
        let port = free_port();
        let address = format!("http://localhost:{port}");
        sandbox.add_redirect_url(&format!("{address}/callback"));
        let secret = serde_json::json!({
            "PD_CLIENT_ID": sandbox.client_id(), "PD_CLIENT_SECRET": sandbox.client_secret(),
        });
        let place = Place::new()
            .file("config.json", &secret.to_string())
            .env("PORT", &port.to_string())
            .env("DATABASE_URL", database.url())
            .env("VAULT_KEY_FILE", key_file)
            .env("PD_IDENTITY_URL", sandbox.identity_url())
            .env("PD_API_URL", sandbox.api_url())
            .env("PD_EU_API_URL", sandbox.eu_api_url());
        Self { place, port }
    }

    fn serve(&self) -> Running {
        self.place.serve(&["serve"], self.port)
    }
}

/// Connects somebody so many times; one whose program is killed gives up.
async fn live(person: Browser, email: String, times: usize) -> usize {
    for done in 0..times {
        let begun = person.form("/api/begin_connect", &[]);
        let Ok(begun) = person.try_send(begun).await else { return done };
        let back = person.consent(&begun.location().parse().unwrap(), &email).await;
        let back = person.navigation(&back, "cross-site");
        match person.try_send(back).await {
            Ok(reply) if reply.status == 303 => {}
            _ => return done,
        }
    }
    times
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_processes_write_one_chain_and_a_kill_breaks_none() {
    let options = Options { crowd: 12, ..Options::default() };
    let sandbox = Sandbox::start_with(options).await.unwrap();
    let database = Database::create().await;
    let keys = tempfile::tempdir().unwrap();
    let key_file = keys.path().join("vault.key");
    let members: Vec<Member> =
        (0..3).map(|_| Member::of(&sandbox, &database, key_file.to_str().unwrap())).collect();
    let mut running: Vec<Option<Running>> = members.iter().map(|member| Some(member.serve())).collect();

    let mut crowd = JoinSet::new();
    for number in 0..12 {
        let (port, email) = (members[number % 3].port, format!("person-{:04}@acme.example", number + 1));
        crowd.spawn(live(browser(port), email, 15));
    }
    for victim in [0, 1] {
        tokio::time::sleep(Duration::from_millis(700)).await;
        // `kill -9`
        drop(running[victim].take());
        running[victim] = Some(members[victim].serve());
    }
    let mut connected = 0;
    while let Some(times) = crowd.join_next().await {
        connected += times.unwrap();
    }
    for running in running.into_iter().flatten() {
        assert!(running.terminate().0.success());
    }
    let place = &members[0].place;
    let verified = place.run(&["audit", "verify"]);
    assert!(verified.ok, "{verified:?}");
    let lines: Vec<serde_json::Value> =
        place.run(&["audit", "--json"]).out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = names(&lines).iter().filter(|name| name.starts_with("connected")).count();
    // A person is answered when their line stands: no answer is without one.
    assert!(told >= connected && connected >= 60, "{told} lines of {connected} answers");
}
