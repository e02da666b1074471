//! The end of connections: of many at once, at PagerDuty, by the button.

use pagerduty_sandbox::Fault;
use tokio::time::Instant;

use super::*;

fn on_revoke() -> Fault {
    Fault::on("POST", "/oauth/revoke").always()
}

impl Host {
    /// So many users, all the same person at PagerDuty.
    async fn crowd(&self, many: usize) {
        for number in 0..many {
            self.connect_as(&self.browser(&format!("user{number:02}")).await, BETHANY).await;
        }
    }

    async fn left(&self) -> Vec<String> {
        let page = self.connect.identities(&Filter::all(), None, 100).await.unwrap();
        page.found.into_iter().map(|found| found.user.owner().unwrap().to_owned()).collect()
    }

    /// Starts to disconnect everybody, as a task.
    fn delete_all(&self) -> tokio::task::JoinHandle<Result<Deleted, Error>> {
        let connect = self.connect.clone();
        tokio::spawn(async move { connect.delete_identities(&Filter::all().of_hosts(true)).await })
    }

    fn revocations(&self) -> usize {
        self.sandbox.requests().iter().filter(|request| request.path == "/oauth/revoke").count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_gone_at_once_though_pagerduty_does_not_answer() {
    let database = postgres::Database::create().await;
    let host = Host::start(Some(database.url().to_owned())).await;
    host.crowd(12).await;
    host.sandbox.fault(on_revoke().delay(Duration::from_secs(60)));
    let began = Instant::now();
    let deleting = host.delete_all();
    eventually("they are gone here", async || host.left().await.is_empty()).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(!deleting.is_finished(), "PagerDuty is being told");
    let done = deleting.await.unwrap().unwrap();
    assert_eq!((done.deleted, done.not_revoked), (12, 12));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(database.number("SELECT count(*) FROM pdconnect.revocation").await, 12);
    let told = host.told().iter().filter(|line| line.starts_with("disconnected")).count();
    assert_eq!(told, 12);

    // The rest is the sweep's.
    host.sandbox.clear_faults();
    database.execute("UPDATE pdconnect.revocation SET due_at = 0").await;
    host.connect.sweep(false).await;
    assert_eq!(database.number("SELECT count(*) FROM pdconnect.revocation").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_about_to_stop_tells_pagerduty_of_no_more() {
    let host = Host::start(None).await;
    host.crowd(12).await;
    host.sandbox.fault(on_revoke().status(503));
    let deleting = host.delete_all();
    eventually("PagerDuty is asked", async || host.revocations() > 0).await;
    host.connect.wind_down();
    let done = deleting.await.unwrap().unwrap();
    assert_eq!((done.deleted, done.not_revoked), (12, 12));
    // Each of the two tokens of those that were begun is tried three times.
    assert!(host.revocations() <= 8 * 6, "{}", host.revocations());
    assert!(matches!(host.delete_all().await.unwrap(), Ok(Deleted { deleted: 0, .. })), "nobody is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_fails_half_way_hides_nothing_of_what_was_done() {
    let database = postgres::Database::create().await;
    let host = Host::start(Some(database.url().to_owned())).await;
    host.crowd(4).await;
    let refuse = "CREATE FUNCTION pdconnect.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN IF OLD.owner = 'user02' THEN RAISE EXCEPTION 'no'; END IF; RETURN OLD; END $$;
         CREATE TRIGGER refuse BEFORE DELETE ON pdconnect.connection
         FOR EACH ROW EXECUTE FUNCTION pdconnect.refuse()";
    database.execute(refuse).await;
    let Err(Error::Unfinished { done, why }) = host.delete_all().await.unwrap() else {
        panic!("it cannot end")
    };
    assert_eq!((done.deleted, done.not_revoked), (2, 0), "{why}");
    assert!(matches!(*why, Error::Vault));
    assert_eq!(host.left().await, ["user02", "user03"]);
    assert_eq!(host.told().iter().filter(|line| line.starts_with("disconnected")).count(), 2);
    // It goes on with the rest.
    database.execute("DROP TRIGGER refuse ON pdconnect.connection").await;
    assert_eq!(host.delete_all().await.unwrap().unwrap().deleted, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_was_ended_leads_to_connecting_before_its_token_has_run_out() {
    let database = postgres::Database::create().await;
    let host = Host::start(Some(database.url().to_owned())).await;
    let alice = host.browser("alice").await;
    for accept in ["text/html", "application/json"] {
        host.connect_as(&alice, BETHANY).await;
        assert_eq!(alice.get("/hello").await.status, 200);
        assert!(host.sandbox.revoke_all_of(BETHANY));
        // A token that is refused when it is younger than half a minute is refused for something else.
        database.execute("UPDATE pdconnect.connection SET refreshed_at = refreshed_at - 60").await;
        let asked = alice.request(http::Method::GET, "/hello?a=b").header("accept", accept);
        let answer = alice.send(asked).await;
        if accept == "text/html" {
            let to = "/integrations/pagerduty/connect?return_to=%2Fhello%3Fa%3Db";
            assert_eq!((answer.status, answer.location()), (303, to), "{}", answer.body);
        } else {
            let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            assert_eq!((answer.status, &body["error"]), (401, &"revoked".into()), "{body}");
            assert_eq!(body["connect_url"], "/integrations/pagerduty/connect");
        }
    }
    let broken = host.told().iter().filter(|line| line.starts_with("broken PACME")).count();
    assert_eq!(broken, 2, "{:?}", host.told());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_disconnects_hears_how_it_went() {
    let host = Host::start(None).await;
    let alice = host.browser("alice").await;
    host.connect_as(&alice, BETHANY).await;
    let press = async |fields: &[(&str, &str)]| alice.post(&format!("{AT}/disconnect"), fields).await;
    for unknown in ["odd", "PACME/PNOBODY@alice", "PACME/PNOBODY@bob"] {
        let page = press(&[("identity", unknown)]).await;
        assert_eq!(page.status, 401, "{unknown}");
        assert!(page.body.contains("You are not connected"), "{}", page.body);
    }
    host.sandbox.fault(Fault::on("POST", "/oauth/revoke").times(6).status(503));
    let page = press(&[]).await;
    assert_eq!(page.status, 200);
    for said in ["PagerDuty was not told", "My Profile", "<a href=\"/settings\">"] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    assert_eq!(alice.get("/hello").await.status, 303);
    host.connect_as(&alice, BETHANY).await;
    let gone = press(&[]).await;
    assert_eq!((gone.status, gone.location()), (303, "/settings"));
    assert_eq!(press(&[]).await.status, 401, "there is none left");
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_that_pagerduty_does_not_lead_back_to_are_refused() {
    for (address, fits) in [("/pagerduty/callback", true), ("/callback", true), ("/pagerduty/back", false)] {
        let registration = Registration {
            client_id: "id".into(),
            client_secret: ClientSecret::new("secret"),
            redirect_uri: format!("https://app.example{address}"),
            scopes: Scopes::parse("openid"),
            endpoints: Endpoints::pagerduty(),
        };
        let connect = Connect::new(registration, Vault::in_memory().await.unwrap(), Clock::system()).unwrap();
        let built = connect.router::<CurrentUser, ()>().build();
        assert_eq!(built.is_ok(), fits, "{address}");
        if let Err(why) = built {
            let why = why.to_string();
            assert!(why.contains("/callback") && why.contains(address), "{why}");
        }
    }
}
