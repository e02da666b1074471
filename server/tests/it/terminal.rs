//! The operator's command line, by the real program beside one that serves.

use http::Method;
use pagerduty_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::harness::{
    Browser,
    program::{Ended, Place, Running, browser},
};

mod backup;
mod identities;
mod json;
mod manual;
mod output;
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

    /// Connects users of another application, as it would by links.
    async fn link(&self, users: &[(&str, &str)]) {
        const HOST: &str = "https://billing.example";
        let new = ["keys", "create", "--name", "billing", "--scope", "connect", "--return-to", HOST];
        let key = self.place.run(&new);
        assert!(key.ok, "{key:?}");
        for (user, email) in users {
            let browser = browser(self.port);
            let body = json!({ "user": user, "return_to": HOST });
            let asked = browser.request(Method::POST, "/v1/links").bearer_auth(key.out.trim()).json(&body);
            let made = browser.send(asked).await;
            assert_eq!(made.status, 201, "{}", made.body);
            let link = made.body.split_once("link=").unwrap().1.split('"').next().unwrap();
            let begun = browser.post("/link", &[("link", link)]).await;
            let back = browser.consent(&begun.location().parse().unwrap(), email).await;
            assert_eq!(browser.callback(&back).await.status, 303);
        }
    }
}

fn json_of(ended: &Ended) -> Value {
    assert!(ended.ok, "{ended:?}");
    serde_json::from_str(&ended.out).unwrap_or_else(|e| panic!("{e}: {ended:?}"))
}
