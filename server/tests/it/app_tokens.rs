//! Tokens of the app itself, while PagerDuty is in trouble.

use std::time::Duration;

use pagerduty::{ClientSecret, Endpoints, Region, Scopes};
use pagerduty_connect::{Account, AppToken, Clock, Connect, Error, Registration, Vault};
use pagerduty_sandbox::{Fault, Sandbox};

use crate::harness::DAY;

struct Host {
    sandbox: Sandbox,
    connect: Connect,
    clock: Clock,
}

impl Host {
    async fn start() -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let redirect_uri = "http://localhost:5000/callback".to_owned();
        sandbox.add_redirect_url(&redirect_uri);
        let at = |s: &str| Endpoints::origin(s).unwrap();
        let (identity, api, eu) = (sandbox.identity_url(), sandbox.api_url(), sandbox.eu_api_url());
        let registration = Registration {
            client_id: sandbox.client_id().to_owned(),
            client_secret: ClientSecret::new(sandbox.client_secret()),
            redirect_uri,
            scopes: Scopes::parse("openid users.read"),
            endpoints: Endpoints::new(at(identity), at(api), at(eu)),
        };
        let clock = Clock::system();
        let connect = Connect::new(registration, Vault::in_memory().await.unwrap(), clock.clone()).unwrap();
        Self { sandbox, connect, clock }
    }

    async fn token(&self) -> Result<AppToken, Error> {
        let acme = Account { region: Region::UnitedStates, subdomain: "acme".into() };
        self.connect.app_token(&acme, &Scopes::parse("services.read")).await
    }

    fn asked(&self) -> usize {
        let requests = self.sandbox.requests();
        requests.iter().filter(|r| r.form("grant_type").as_deref() == Some("client_credentials")).count()
    }

    /// What the token endpoint answers to so many requests.
    fn answers(&self, times: u32, status: u16, change: impl Fn(&mut Fault)) {
        let mut fault = Fault::on("POST", "/oauth/token");
        (fault.times, fault.status) = (times, Some(status));
        change(&mut fault);
        self.sandbox.fault(fault);
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.sandbox.advance_clock(time);
    }
}

fn wait(answer: &Result<AppToken, Error>) -> Duration {
    match answer {
        Err(Error::Later { wait, .. }) => *wait,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_comes_one_after_another_while_pagerduty_is_in_trouble_does_not_ask_it_again() {
    let host = Host::start().await;
    host.answers(9, 500, |_| {});
    for _ in 0..5 {
        assert_eq!(wait(&host.token().await), Duration::from_secs(5));
    }
    assert_eq!(host.asked(), 1);
    host.pass(Duration::from_secs(6));
    wait(&host.token().await);
    assert_eq!(host.asked(), 2);
}

#[tokio::test]
async fn a_pause_that_pagerduty_asks_for_is_kept() {
    let host = Host::start().await;
    host.answers(1, 429, |fault| _ = fault.headers.insert("ratelimit-reset".into(), "40".into()));
    assert_eq!(wait(&host.token().await), Duration::from_secs(40));
    host.pass(Duration::from_secs(30));
    assert_eq!(wait(&host.token().await), Duration::from_secs(10));
    assert_eq!(host.asked(), 1);
    host.pass(Duration::from_secs(11));
    host.token().await.unwrap();
}

#[tokio::test]
async fn a_pause_begins_when_the_try_has_ended() {
    let host = Host::start().await;
    // The clock goes on while it is asked: a request may take longer than the pause.
    host.answers(1, 500, |fault| fault.delay_ms = 400);
    let asking = async { host.token().await };
    let passing = async {
        while host.asked() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        host.pass(Duration::from_secs(60));
    };
    let (answer, ()) = tokio::join!(asking, passing);
    wait(&answer);
    wait(&host.token().await);
    assert_eq!(host.asked(), 1);
}

#[tokio::test]
async fn a_token_in_its_last_tenth_serves_on_and_a_refusal_is_not_asked_for_with_every_call() {
    let host = Host::start().await;
    let first = host.token().await.unwrap();
    host.pass(DAY * 91 / 100);
    host.answers(9, 400, |fault| fault.body = Some(r#"{"error":"invalid_scope"}"#.into()));
    for _ in 0..10 {
        let same = host.token().await.unwrap();
        assert_eq!(same.access_token.expose(), first.access_token.expose());
        // What was begun for it ends.
        host.connect.settle().await;
    }
    assert_eq!(host.asked(), 2);
}
