//! Every way PagerDuty says no is told apart.

use pagerduty::{Error, RefreshToken, Region, services::FindServices};
use pagerduty_sandbox::{Fault, Reset, UnauthorizedBody};

use crate::support::*;

async fn services(there: &There) -> Error {
    there.once().services(&FindServices::default()).page(0).await.unwrap_err()
}

#[tokio::test]
async fn a_missing_scope_names_the_scope() {
    let there = There::with_scope(BETHANY, "users.read").await;
    assert!(
        matches!(services(&there).await, Error::MissingScope { required } if required == "services.read")
    );
    // Where PagerDuty does not name it, the table of operations does.
    let unnamed = r#"{"error":{"message":"Token missing required scopes"}}"#;
    there.sandbox.fault(Fault::on("PUT", "/teams/PTEAM01/users/PHANA05").status(403).body(unnamed));
    let error = there.once().add_to_team("PTEAM01", "PHANA05", None).await.unwrap_err();
    assert!(matches!(error, Error::MissingScope { required } if required == "teams.write"));
}

#[tokio::test]
async fn permission_plan_place_and_input_are_told_apart() {
    let there = There::of(GRACE).await;
    let error = there.once().resolve(&["Q0INC00000026"]).await.unwrap_err();
    assert!(error.is_permission() && !error.is_plan() && !error.is_transient(), "{error:?}");

    let there = There::of(BETHANY).await;
    let api = there.once();
    let error = api.resolve(&["QNOPE"]).await.unwrap_err();
    assert!(error.is_not_found() && !error.is_permission(), "{error:?}");
    let new = pagerduty::api::NewUser { email: "bethany@acme.example".to_owned(), ..Default::default() };
    let error = api.create_user(&new).await.unwrap_err();
    assert_eq!(error.invalid_input().unwrap(), ["Name can't be blank", "Email has already been taken"]);
    assert!(error.to_string().contains("Email has already been taken"));
    let error = api.resolve(&["Q0INC00000001"]).await.unwrap_err();
    assert!(error.is_already_resolved() && error.invalid_input().is_some());
    there.sandbox.set_switches(|switches| switches.abilities.clear());
    let error = api.teams("").page(0).await.unwrap_err();
    assert!(error.is_plan() && !error.is_permission() && error.invalid_input().is_none());
}

#[tokio::test]
async fn a_token_of_the_other_region_is_told_from_a_bad_one() {
    let there = There::of(ELIF).await;
    for body in [UnauthorizedBody::Json, UnauthorizedBody::EmptyHtml] {
        there.sandbox.set_switches(|switches| switches.unauthorized_body = body);
        assert!(matches!(services(&there).await, Error::Unauthorized));
    }
    let why = there.once().why_unauthorized().await;
    assert!(matches!(why, Error::WrongRegion { right: Region::Europe }), "{why:?}");
    assert!(why.to_string().contains("Europe"));
    let eu = there.client.api(Region::Europe, &there.token);
    assert!(!eu.services(&FindServices::default()).page(0).await.unwrap().items.is_empty());
    there.sandbox.expire_access_tokens();
    assert!(matches!(there.once().why_unauthorized().await, Error::Unauthorized));
}

#[tokio::test]
async fn asking_why_keeps_to_the_pause_and_asks_once() {
    let there = There::of(ELIF).await;
    let api = there.often(5).of_user("PELIF11");
    there.sandbox.fault(Fault::on("GET", "/users/me").status(500).always());
    assert!(matches!(api.why_unauthorized().await, Error::Unauthorized));
    assert_eq!(there.calls("/users/me").len(), 1);
    there.sandbox.fault(Fault::on("GET", "/services").status(429).header("ratelimit-reset", "30"));
    assert!(there.once().of_user("PELIF11").services(&FindServices::default()).page(0).await.is_err());
    assert!(matches!(api.why_unauthorized().await, Error::Unauthorized));
    assert_eq!(there.calls("/users/me").len(), 1, "none during the pause");
}

#[tokio::test]
async fn rf_04_an_error_without_sense_is_still_told_by_its_status() {
    let there = There::of(BETHANY).await;
    for (status, body) in
        [(500, "<html>oops</html>"), (404, ""), (418, "null"), (402, "[[[["), (400, "{\"error\":7}")]
    {
        there.sandbox.fault(Fault::on("GET", "/services").status(status).body(body));
        match services(&there).await {
            Error::Status { status: told, message, details, .. } => {
                assert_eq!((told, message.as_str(), details.len()), (status, "no reason given", 0));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_write_that_found_trouble_may_have_been_done_and_a_token_refused_with_503_was_not() {
    let there = There::of(BETHANY).await;
    for status in [408, 500, 502, 503, 504] {
        there.sandbox.fault(Fault::on("PUT", "/incidents").status(status).after_the_effect());
        let error = there.once().acknowledge(&["Q0INC00000026"]).await.unwrap_err();
        assert!(error.is_ambiguous(), "{status}");
    }
    let oauth = oauth(&there.sandbox, there.client.endpoints().clone());
    for (status, ambiguous) in
        [(503, false), (408, true), (500, true), (502, true), (504, true), (429, false)]
    {
        there.sandbox.fault(Fault::on("POST", "/oauth/token").status(status).body("<h1>down</h1>"));
        let error = oauth.refresh(&RefreshToken::new("pdus+old")).await.unwrap_err();
        assert_eq!(error.is_ambiguous(), ambiguous, "{status}: {error:?}");
    }
    for (status, ambiguous) in [(200, true), (400, false), (503, false)] {
        let cut =
            Fault::on("POST", "/oauth/token").status(status).body(&"x".repeat(9_000)).reset(Reset::During);
        there.sandbox.fault(cut);
        let error = oauth.refresh(&RefreshToken::new("pdus+old")).await.unwrap_err();
        assert_eq!(error.is_ambiguous(), ambiguous, "{status}: {error:?}");
    }
}

#[tokio::test]
async fn rf_05_an_answer_without_end_is_cut() {
    let there = There::of(BETHANY).await;
    there.sandbox.fault(Fault::on("GET", "/services").endless());
    assert!(matches!(services(&there).await, Error::TooLarge { .. }));
}

#[tokio::test]
async fn rf_05_a_refusal_whose_body_is_cut_or_has_no_end_is_told_by_its_status() {
    let there = There::of(BETHANY).await;
    let long = "x".repeat(9_000);
    for fault in [Fault::on("GET", "/services").reset(Reset::During), Fault::on("GET", "/services").endless()]
    {
        for status in [404, 500] {
            there.sandbox.fault(fault.clone().status(status).body(&long));
            assert!(matches!(services(&there).await, Error::Status { status: told, .. } if told == status));
        }
        there.sandbox.fault(fault.clone().status(401).body(&long));
        assert!(matches!(services(&there).await, Error::Unauthorized));
    }
}
