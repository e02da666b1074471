//! What scripts read.

use super::{Served, json_of};
use crate::harness::{BETHANY, ELIF, program::Place};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_comes_with_when_it_ends_what_it_may_do_and_where() {
    let served = Served::start().await;
    for (email, region) in [(BETHANY, "us"), (ELIF, "eu")] {
        served.person(email).await;
        let told = json_of(&served.place.run(&["token", "--user", email, "--json"]));
        let plain = served.place.run(&["token", "--user", email]);
        assert_eq!(told["token"], plain.out.trim());
        assert_eq!(told["region"], region);
        assert!(told["expires_at"].as_str().unwrap().ends_with('Z'), "{told}");
        assert!(told["scopes"].as_array().unwrap().iter().any(|scope| scope == "users.read"), "{told}");
        assert!(told["user"].as_str().unwrap().contains('/'), "{told}");
    }
    assert_eq!(served.sandbox.tokens().len(), 4, "nothing was refreshed for that");
}

#[test]
fn settings_are_told_with_their_source_and_secrets_only_by_being_there() {
    let file = r#"{"PD_CLIENT_ID":"id","PD_CLIENT_SECRET":"CANARY-SECRET-e7a1","PORT":5003}"#;
    let place = Place::new().file("config.json", file);
    let ended = place.run(&["config", "--json", "--keep-alive", "off"]);
    let told = json_of(&ended);
    assert_eq!(told["PORT"]["value"], "5003");
    assert_eq!(told["PORT"]["source"], "file");
    assert_eq!(
        (told["KEEP_ALIVE"]["value"].as_str(), told["KEEP_ALIVE"]["source"].as_str()),
        (Some("off"), Some("flag"))
    );
    let secret = &told["PD_CLIENT_SECRET"];
    assert!(secret["value"].is_null() && secret["is_set"] == true && secret["is_secret"] == true, "{told}");
    assert!(told["ALERT_ROUTING_KEY"]["is_set"] == false && told["ALERT_ROUTING_KEY"]["value"].is_null());
    assert!(!format!("{ended:?}").contains("CANARY"));
    let lines = place.run(&["config"]).out.lines().count();
    assert_eq!(told.as_object().unwrap().len(), lines, "the same settings in both");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_keys_is_told_to_scripts() {
    let served = Served::start().await;
    served.person(BETHANY).await;
    let prepared = json_of(&served.place.run(&["vault", "prepare", "--json"]));
    let rotated = json_of(&served.place.run(&["vault", "rotate", "--json"]));
    assert_eq!((&rotated["key"], &rotated["is_new"]), (&prepared["key"], &true.into()), "{rotated}");
    assert!(rotated["resealed"].as_u64().unwrap() >= 1, "{rotated}");
    assert_eq!(rotated["unused"].as_array().unwrap().len(), 1);
    let dropped = json_of(&served.place.run(&["vault", "drop-old", "--json"]));
    assert_eq!(dropped["needed"].as_array().unwrap().len(), 0, "{dropped}");
    assert!(served.place.run(&["token"]).ok);
}
