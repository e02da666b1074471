//! A company that paging cannot reach the end of.

use pagerduty_sandbox::{Options, Sandbox, Size};

use super::Rest;
use crate::support::*;

#[tokio::test]
async fn a_large_company_has_more_services_than_pages() {
    let options = Options { size: "large".parse().unwrap(), ..Options::default() };
    assert_eq!(options.size, Size::Large);
    let driver = Driver::around(Sandbox::start_with(options).await.unwrap());
    let rest = Rest::around(driver, BETHANY, None).await;
    for (path, total) in [("services", 12_000), ("users", 5_000)] {
        assert_eq!(rest.get(&format!("/{path}?total=true&limit=1")).await["total"], total);
    }
    let incidents = rest.get("/incidents?total=true&limit=100").await;
    assert_eq!(incidents["total"], 2_000);
    assert!(incidents["incidents"][99]["service"]["summary"].is_string());
    assert_eq!(rest.get("/services?limit=100&offset=9900").await["more"], true);
    assert_eq!(rest.refused("/services?limit=100&offset=10000").await.0, 400);
    // By its name, what lies beyond is found all the same.
    let last = rest.get("/services?query=-11999").await;
    assert_eq!(last["services"][0]["id"], "PS11999");
    assert!("huge".parse::<Size>().is_err());
}
