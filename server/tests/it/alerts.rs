//! Whoever looks after the program hears of connections that broke, by the real program over HTTP.

use std::collections::BTreeMap;

use pagerduty_sandbox::{Options, Sandbox};
use sha2::{Digest, Sha256};
use sqlx::Connection;

use crate::harness::{
    Answer, Browser, Canary, Heard, Receiver, eventually,
    program::{Place, Running, browser},
};

mod lost;
mod settings;
mod told;

const SECRET: &str = "CANARY-WEBHOOK-SECRET-77c1";
const PATH: &str = "/hooks/CANARY-PATH-9d02";
const ROUTING_KEY: &str = "CANARYROUTINGKEY0123456789abcdef";

/// A token that is refused when it is younger than a minute is not renewed at once.
const OLDER: &str = "UPDATE connection SET refreshed_at = refreshed_at - 120";

/// A program that tells by both ways, and everybody it speaks to.
struct Scene {
    place: Place,
    sandbox: Sandbox,
    receiver: Receiver,
    port: u16,
}

impl Scene {
    /// With its settings in the file, where nobody sees them.
    async fn new() -> Self {
        let options = Options { routing_key: ROUTING_KEY.to_owned(), ..Options::default() };
        let (place, sandbox, port) = Place::with_sandbox(options).await;
        let receiver = Receiver::start().await;
        let scene = Self { place, sandbox, receiver, port };
        scene.configure(&[]);
        scene
    }

    /// Writes the file anew, with these in place of what stands there by itself; empty ones are left out.
    fn configure(&self, changes: &[(&str, &str)]) {
        let webhook = format!("{}{PATH}", self.receiver.url);
        let mut settings = BTreeMap::from([
            ("PD_CLIENT_ID", self.sandbox.client_id()),
            ("PD_CLIENT_SECRET", self.sandbox.client_secret()),
            ("PD_EVENTS_URL", self.sandbox.identity_url()),
            ("ALERT_WEBHOOK_URL", &webhook),
            ("ALERT_WEBHOOK_SECRET", SECRET),
            ("ALERT_ROUTING_KEY", ROUTING_KEY),
        ]);
        settings.extend(changes.iter().copied());
        settings.retain(|_, value| !value.is_empty());
        std::fs::write(self.place.path("config.json"), serde_json::to_string(&settings).unwrap()).unwrap();
    }

    fn serve(&self) -> Running {
        self.place.serve(&["serve"], self.port)
    }

    async fn person(&self, email: &str) -> Browser {
        let person = browser(self.port);
        assert_eq!(person.connect_as(email).await.location(), "/welcome");
        person
    }

    /// The person ends the grant at PagerDuty, and the program finds out.
    async fn breaks(&self, email: &str, person: &Browser) {
        assert!(self.sandbox.revoke_all_of(email));
        let mut db = self.place.database().await;
        sqlx::query(OLDER).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
        person.check().await;
    }

    /// What waits to be tried again is due.
    async fn hurry(&self) {
        let mut db = self.place.database().await;
        sqlx::query("UPDATE alert SET due_at = 0").execute(&mut db).await.unwrap();
        db.close().await.unwrap();
    }

    async fn number(&self, sql: &'static str) -> i64 {
        let mut db = self.place.database().await;
        let number = sqlx::query_scalar(sql).fetch_one(&mut db).await.unwrap();
        db.close().await.unwrap();
        number
    }

    /// How the alerts at PagerDuty stand.
    fn statuses(&self) -> Vec<&'static str> {
        self.sandbox.alerts().iter().map(|alert| alert.status).collect()
    }

    async fn untold_is(&self, count: i64) {
        eventually("so much is left to be told", async || {
            self.number("SELECT count(*) FROM alert").await == count
        })
        .await;
    }
}

fn events(heard: &[Heard]) -> Vec<String> {
    heard.iter().map(|heard| heard.json()["event"].as_str().unwrap().to_owned()).collect()
}

/// RFC 2104, from the hash alone.
fn hmac_sha256(key: &[u8], message: &[u8]) -> String {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let pass = |pad: u8, rest: &[u8]| {
        let mut hash = Sha256::new();
        hash.update(block.map(|byte| byte ^ pad));
        hash.update(rest);
        hash.finalize()
    };
    hex::encode(pass(0x5c, &pass(0x36, message)))
}
