//! What goes out, and where to.

use std::collections::BTreeSet;

use pagerduty::{Error, services::FindServices};
use pagerduty_sandbox::Fault;

use crate::support::*;

#[tokio::test]
async fn sr_64_a_request_carries_only_what_it_must() {
    let there = There::of(BETHANY).await;
    let api = there.once().from(BETHANY);
    api.abilities().await.unwrap();
    let names = |path: &str| -> BTreeSet<String> {
        there.calls(path)[0].headers.iter().map(|(name, _)| name.clone()).collect()
    };
    let always = ["accept", "authorization", "content-type", "host", "user-agent"];
    assert_eq!(names("/abilities"), always.map(str::to_owned).into());
    let call = &there.calls("/abilities")[0];
    assert_eq!(call.header("accept"), Some("application/vnd.pagerduty+json;version=2"));
    assert_eq!(call.header("content-type"), Some("application/json"));
    assert!(call.header("authorization").unwrap().starts_with("Bearer pdus+"));

    api.acknowledge(&["Q0INC00000026"]).await.unwrap();
    let written = [&always[..], &["content-length", "from"]].concat();
    assert_eq!(names("/incidents"), written.into_iter().map(str::to_owned).collect());
    assert_eq!(there.calls("/incidents")[0].header("from"), Some(BETHANY));
}

#[tokio::test]
async fn sr_66_an_email_that_is_no_header_is_left_out() {
    let there = There::of(BETHANY).await;
    for email in ["a@b.example\r\nX-Injected: 1", "\n", "", "a\0@b.example"] {
        there.once().from(email).acknowledge(&["Q0INC00000026"]).await.unwrap();
    }
    for call in there.calls("/incidents") {
        assert!(call.header("x-injected").is_none() && call.header("from").is_none());
    }
}

#[tokio::test]
async fn sr_63_hostile_words_stay_in_their_parameter() {
    let there = There::of(BETHANY).await;
    let hostile = "a&limit=1#x?y=../../users/me\r\nX: y%00 \u{202e}é";
    let find = FindServices {
        query: Some(hostile.to_owned()),
        team_ids: vec!["P&offset=9".to_owned()],
        ..FindServices::default()
    };
    there.once().services(&find).page(0).await.unwrap();
    let calls = there.calls("/services");
    let url = url::Url::parse(&format!("http://x/?{}", calls[0].query)).unwrap();
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["query", "team_ids[]", "sort_by", "limit", "offset"]);
    assert_eq!((pairs[0].1.as_str(), pairs[1].1.as_str()), (hostile, "P&offset=9"));
    for id in ["..", "P/1", "p1", "%2e%2e", "@evil.example", ""] {
        assert!(
            matches!(there.once().add_to_team("PTEAM01", id, None).await, Err(Error::Address(_))),
            "{id}"
        );
    }
    assert!(there.sandbox.requests().iter().all(|request| !request.path.starts_with("/teams")));
}

#[tokio::test]
async fn sr_67_an_answer_leads_nowhere() {
    let there = There::of(BETHANY).await;
    let elsewhere = format!("{}/abilities", there.sandbox.api_url());
    there.sandbox.fault(Fault::on("GET", "/services").status(302).header("location", &elsewhere));
    let error = there.often(3).services(&FindServices::default()).page(0).await.unwrap_err();
    assert!(matches!(error, Error::Redirected(302)), "{error:?}");
    let list =
        format!(r#"{{"services":[{{"id":"P1","self":"{elsewhere}"}}],"more":true,"next":"{elsewhere}"}}"#);
    there.sandbox.fault(Fault::on("GET", "/services").body(&list));
    let page = there.once().services(&FindServices::default()).page(0).await.unwrap();
    assert_eq!((page.items.len(), page.more), (1, true));
    assert!(there.calls("/abilities").is_empty());
}
