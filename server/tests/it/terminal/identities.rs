//! Who is connected, and the end of it.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection};

use super::{Served, json_of};
use crate::harness::{BETHANY, ELIF, MARCUS, program::Ended};

impl Served {
    /// Changes the database behind the program's back.
    async fn tamper(&self, sql: &str) {
        let mut db = self.place.database().await;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
    }

    fn listed(&self, arguments: &[&str]) -> Vec<Value> {
        let told = json_of(&self.place.run(&[&["identities", "--json"], arguments].concat()));
        told["identities"].as_array().unwrap().clone()
    }

    /// The connection's id.
    fn id_of(&self, email: &str) -> String {
        let listed = self.listed(&["--user", email]);
        assert_eq!(listed.len(), 1, "{listed:?}");
        listed[0]["id"].as_str().unwrap().to_owned()
    }
}

fn lines(ended: &Ended) -> Vec<&str> {
    ended.out.lines().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_open_any_more_is_listed_and_ended_too() {
    let served = Served::start().await;
    let place = &served.place;
    served.link(&[("42", BETHANY), ("42", ELIF), ("43", MARCUS)]).await;
    served.person(BETHANY).await;
    let marcus = served.id_of(MARCUS);
    let ids = |email: &str| -> Vec<String> {
        let listed = served.listed(&["--user", email]);
        listed.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
    };
    let hers = ids(BETHANY);
    let [own, bethany] = hers.as_slice() else { panic!("{hers:?}") };
    let (account, person) = own.split_once('/').unwrap();
    served.tamper(&format!("UPDATE connection SET about_sealed = x'' WHERE user_id = '{bethany}'")).await;

    let all = place.run(&["identities"]);
    let unreadable = lines(&all).into_iter().find(|line| line.contains(bethany)).unwrap_or_default();
    assert!(all.ok && unreadable.contains("unreadable"), "{all:?}");
    assert_eq!(lines(&all).len(), 5, "{all:?}");
    assert_eq!(
        served.listed(&["--user", bethany]),
        [json!({ "id": bethany, "user": "42", "account": { "id": account }, "state": "unreadable" })]
    );
    assert_eq!(served.listed(&["--broken"]).len(), 1, "it must be connected again");
    for (filter, count) in [("42", 2), (person, 2), (BETHANY, 1), (account, 0)] {
        assert_eq!(served.listed(&["--user", filter]).len(), count, "{filter}");
    }
    assert_eq!(served.listed(&["--account", account]).len(), 3);

    let gone = place.run(&["disconnect", "--user", bethany]);
    // The tokens still opened.
    assert!(gone.ok && gone.out.contains("revoked at PagerDuty"), "{gone:?}");
    assert_eq!(served.listed(&["--user", "42"]).len(), 1);
    served.link(&[("42", BETHANY)]).await;
    let spoil = "UPDATE connection SET tokens_sealed = x'', about_sealed = x'' WHERE user_id LIKE '%@42'";
    served.tamper(spoil).await;
    let gone = place.run(&["disconnect", "--user", bethany]);
    assert!(gone.ok && gone.out.contains("does not open") && gone.out.contains("by hand"), "{gone:?}");
    let gone = json_of(&place.run(&["disconnect", "--owner", "42", "--json"]));
    assert_eq!(gone, json!({ "deleted": 1, "not_revoked": 1 }));
    let nobody = place.run(&["disconnect", "--owner", "42"]);
    assert!(!nobody.ok && nobody.err.contains("pdconnect identities"), "{nobody:?}");
    let left: Vec<Value> = served.listed(&[]).into_iter().map(|it| it["id"].clone()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.contains(&json!(own)) && left.contains(&json!(marcus)), "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_are_ended_where_that_is_said_and_what_was_ended_is_told() {
    let served = Served::start().await;
    let place = &served.place;
    served.link(&[("42", BETHANY), ("42", ELIF), ("43", MARCUS)]).await;
    let (bethany, elif) = (served.id_of(BETHANY), served.id_of(ELIF));
    let asked = place.run(&["disconnect", "--owner", "42"]);
    assert!(!asked.ok && asked.err.contains("--yes"), "{asked:?}");
    for id in [&bethany, &elif] {
        assert!(asked.err.contains(&format!("--user {id}")), "{asked:?}");
    }
    assert_eq!(served.listed(&[]).len(), 3, "nothing was ended yet");

    // One cannot be ended; the other is, whichever comes first.
    served
        .tamper(&format!(
            "CREATE TRIGGER stays BEFORE DELETE ON connection WHEN old.user_id = '{bethany}' \
             BEGIN SELECT RAISE(ABORT, 'it stays'); END"
        ))
        .await;
    let half = place.run(&["disconnect", "--owner", "42", "--yes"]);
    assert_eq!(half.code, Some(1), "{half:?}");
    assert_eq!(lines(&half), [format!("{elif}: disconnected, and revoked at PagerDuty.")]);
    assert!(half.err.contains(&bethany) && half.err.contains("not disconnected"), "{half:?}");
    served.tamper("DROP TRIGGER stays").await;
    served.link(&[("42", ELIF)]).await;

    let both = place.run(&["disconnect", "--owner", "42", "--yes"]);
    assert!(both.ok && both.out.matches("revoked at PagerDuty").count() == 2, "{both:?}");
    assert_eq!(served.listed(&[]).len(), 1);
    let other = json_of(&place.run(&["disconnect", "--owner", "43", "--json"]));
    assert_eq!(other, json!({ "deleted": 1, "not_revoked": 0 }));
    for (arguments, says) in [
        (vec!["disconnect", "--owner", "4 2"], "--owner"),
        (vec!["disconnect"], "--user <WHO>"),
        (vec!["disconnect", "--owner", "42", "--user", "x"], "cannot be used with"),
    ] {
        let ended = place.run(&arguments);
        assert!(!ended.ok && ended.err.contains(says), "{arguments:?}: {ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_one_person_is_connected_a_token_is_theirs_whoever_is_linked() {
    let served = Served::start().await;
    let place = &served.place;
    served.link(&[("42", MARCUS)]).await;
    let nobody = place.run(&["token"]);
    assert!(!nobody.ok && nobody.err.contains("pdconnect identities"), "{nobody:?}");
    served.person(BETHANY).await;
    let token = place.run(&["token", "--json"]);
    assert_eq!(json_of(&token)["user"], served.id_of(BETHANY), "{token:?}");
    assert!(place.run(&["token", "--user", MARCUS]).ok, "who is named is found");
    let unknown = place.run(&["token", "--user", "nobody@acme.example"]);
    assert!(!unknown.ok && unknown.err.contains("Who is: pdconnect identities"), "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_list_is_one_object_and_a_connection_is_told_as_over_http() {
    let served = Served::start().await;
    let place = &served.place;
    served.link(&[("42", BETHANY)]).await;
    for (command, name) in [
        (&["identities"][..], "identities"),
        (&["sessions"], "sessions"),
        (&["keys", "list"], "keys"),
        (&["import", "list", "--user", BETHANY], "imports"),
    ] {
        let told = json_of(&place.run(&[command, &["--json"]].concat()));
        assert!(told[name].is_array() && told.as_object().unwrap().len() == 1, "{command:?}: {told}");
    }
    let key = place.run(&["keys", "create", "--name", "reader", "--scope", "identities.read"]).out;
    let browser = crate::harness::program::browser(served.port);
    let asked = browser.request(http::Method::GET, "/v1/identities").bearer_auth(key.trim());
    let told: Value = serde_json::from_str(&browser.send(asked).await.body).unwrap();
    assert_eq!(told["identities"].as_array().unwrap(), &served.listed(&[]));
}
