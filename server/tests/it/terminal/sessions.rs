//! Who is signed in, and the end of it.

use super::{Served, json_of};
use crate::harness::{BETHANY, MARCUS};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_listed_and_ended_from_the_terminal_and_connections_stay() {
    let served = Served::start().await;
    let place = &served.place;
    let nobody = place.run(&["sessions"]);
    assert!(nobody.ok && nobody.out.contains("Nobody is signed in"), "{nobody:?}");
    assert_eq!(json_of(&place.run(&["sessions", "--json"]))["sessions"].as_array().unwrap().len(), 0);

    let (here, there) = (served.person(BETHANY).await, served.person(BETHANY).await);
    let marcus = served.person(MARCUS).await;
    let listed = place.run(&["sessions"]);
    assert!(listed.out.starts_with("WHO ") && listed.out.lines().count() == 4, "{listed:?}");
    assert_eq!(listed.out.matches(BETHANY).count(), 2, "{listed:?}");
    let hers = json_of(&place.run(&["sessions", "--user", BETHANY, "--json"]));
    assert_eq!(hers["sessions"].as_array().unwrap().len(), 2);
    for row in hers["sessions"].as_array().unwrap() {
        assert_eq!((row["email"].as_str(), row["name"].as_str()), (Some(BETHANY), Some("Bethany Developer")));
        assert!(row["started_at"].as_str().unwrap().ends_with('Z') && row["browser"].is_string(), "{row}");
    }
    for secret in [&here, &there, &marcus].map(|person| person.session().unwrap()) {
        assert!(!format!("{listed:?}{hers}").contains(&secret));
    }

    let ended = place.run(&["sessions", "end", "--user", BETHANY]);
    assert!(ended.ok && ended.out.contains("2 sessions were ended"), "{ended:?}");
    for person in [&here, &there] {
        assert!(!person.is_greeted("Bethany").await);
    }
    assert!(marcus.is_greeted("Marcus").await, "nobody else is signed out");
    assert!(place.run(&["token", "--user", BETHANY]).ok, "the connection stays");

    let asked = place.run(&["sessions", "end", "--all"]);
    assert!(!asked.ok && asked.err.contains("sessions now: 1") && asked.err.contains("--yes"), "{asked:?}");
    assert!(marcus.is_greeted("Marcus").await, "nothing was ended yet");
    assert_eq!(json_of(&place.run(&["sessions", "end", "--all", "--yes", "--json"]))["ended"], 1);
    assert!(!marcus.is_greeted("Marcus").await);
    let again = place.run(&["sessions", "end", "--user", MARCUS]);
    assert!(again.ok && again.out.contains("no session to end"), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whose_sessions_must_be_said_and_must_be_known() {
    let served = Served::start().await;
    for (arguments, says) in [
        (vec!["sessions", "--user", "nobody@acme.example"], "nobody of that name is connected"),
        (vec!["sessions", "end", "--user", "nobody@acme.example"], "nobody of that name is connected"),
        (vec!["sessions", "end"], "--user <WHO>|--all"),
        (vec!["sessions", "end", "--all", "--user", "x"], "cannot be used with"),
    ] {
        let ended = served.place.run(&arguments);
        assert!(!ended.ok && ended.err.contains(says), "{arguments:?}: {ended:?}");
    }
}
