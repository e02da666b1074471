//! The audit log: what it tells, and that whatever is done to it is found.

mod crowds;
mod lines;
mod tampered;

use std::fs;

use pagerduty_sandbox::{Options, Sandbox};
use serde_json::Value;

use crate::harness::{
    BETHANY, Browser,
    postgres::Database,
    program::{Place, Running, browser},
};

const SCOPES: &str = "openid users.read incidents.read incidents.write";

/// The program that serves, a person who is connected, and where to run other commands.
struct Watched {
    place: Place,
    sandbox: Sandbox,
    running: Running,
    person: Browser,
    port: u16,
}

impl Watched {
    async fn in_a_file() -> Self {
        Self::with(None).await
    }

    async fn in_postgres(database: &Database) -> Self {
        Self::with(Some(database)).await
    }

    async fn with(database: Option<&Database>) -> Self {
        let (place, sandbox, port) = Place::with_sandbox(Options::default()).await;
        let mut place = place.env("PD_SCOPES", SCOPES);
        if let Some(database) = database {
            place = place.env("DATABASE_URL", database.url());
        }
        let running = place.serve(&["serve"], port);
        let person = browser(port);
        assert_eq!(person.connect_as(BETHANY).await.location(), "/welcome");
        Self { place, sandbox, running, person, port }
    }

    /// Every line, as `pdconnect audit --json` tells it.
    fn lines(&self, more: &[&str]) -> Vec<Value> {
        let told = self.place.run(&[&["audit", "--json"], more].concat());
        assert!(told.ok, "{told:?}");
        told.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What `pdconnect audit verify` says: that all is well, or what is not.
    fn verified(&self) -> Result<String, String> {
        let told = self.place.run(&["audit", "verify"]);
        assert_eq!(told.code, Some(if told.ok { 0 } else { 1 }), "{told:?}");
        if told.ok { Ok(told.out) } else { Err(told.err) }
    }

    /// The same of an exported file with these lines.
    fn verified_file(&self, lines: &[String]) -> Result<String, String> {
        fs::write(self.place.path("audit.jsonl"), lines.join("\n") + "\n").unwrap();
        let told = self.place.run(&["audit", "verify", "audit.jsonl"]);
        assert_eq!(told.code, Some(if told.ok { 0 } else { 1 }), "{told:?}");
        if told.ok { Ok(told.out) } else { Err(told.err) }
    }

    fn export(&self) -> Vec<String> {
        let told = self.place.run(&["audit", "export"]);
        assert!(told.ok, "{told:?}");
        told.out.lines().map(str::to_owned).collect()
    }
}

fn names(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["event"].as_str().unwrap()).collect()
}
