//! The operator's command line, by the real program beside one that serves.

use pagerduty_sandbox::{Options, Sandbox};
use serde_json::Value;

use crate::harness::{
    Browser,
    program::{Ended, Place, Running, browser},
};

mod backup;
mod json;
mod manual;
mod sessions;

/// A program that serves, its folder, its PagerDuty, its port.
struct Served {
    place: Place,
    sandbox: Sandbox,
    port: u16,
    running: Running,
}

impl Served {
    async fn start() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        let (place, sandbox, port) = Place::with_sandbox(options).await;
        let running = place.serve(&["serve"], port);
        Self { place, sandbox, port, running }
    }

    async fn person(&self, email: &str) -> Browser {
        let person = browser(self.port);
        assert_eq!(person.connect_as(email).await.location(), "/welcome");
        person
    }
}

fn json_of(ended: &Ended) -> Value {
    assert!(ended.ok, "{ended:?}");
    serde_json::from_str(&ended.out).unwrap_or_else(|e| panic!("{e}: {ended:?}"))
}
