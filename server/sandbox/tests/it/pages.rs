//! What a person sees.

use reqwest::StatusCode;

use crate::support::*;

#[tokio::test]
async fn a_stranger_is_told_who_lives_here() {
    let driver = Driver::start().await;
    let id = driver.open(driver.authorize_url(&[])).await;
    let email = "\"><script>alert(1)</script>@acme.example";
    let response = driver.post("/oauth/authorize/login", &[("request", &id), ("email", email)]).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = response.text().await.unwrap();
    assert!(page.contains("Nobody here has the e-mail") && page.contains(BETHANY) && page.contains(ELIF));
    assert!(!page.contains("<script"), "typed text must be escaped");

    let form = [("request", id.as_str()), ("email", " Bethany@ACME.example ")];
    assert_eq!(driver.post("/oauth/authorize/login", &form).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_hostile_name_stays_text() {
    let driver = Driver::start().await;
    let login = driver.get(driver.authorize_url(&[])).await.text().await.unwrap();
    let (consent, _) = driver.decide(driver.authorize_url(&[]), "mallory@acme.example", "consent").await;
    let index = driver.get(driver.url("/")).await.text().await.unwrap();
    for page in [login, consent, index] {
        assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"));
        assert!(!page.contains("<img") && !page.contains("<b>"));
    }
}

#[tokio::test]
async fn pages_forbid_scripts_frames_and_caching_but_not_the_way_back() {
    let driver = Driver::start().await;
    let id = driver.open(driver.authorize_url(&[])).await;
    driver.post("/oauth/authorize/login", &[("request", &id), ("email", BETHANY)]).await;
    for url in [
        driver.authorize_url(&[]).to_string(),
        driver.url(&format!("/oauth/authorize/consent?request={id}")),
        driver.url("/oauth/authorize"),
        driver.url("/"),
    ] {
        let response = driver.get(&url).await;
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{url}");
        // It would be applied to the redirect that follows the form, which leaves this origin.
        assert!(!policy.contains("form-action"), "{url}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["cache-control"], "no-store");
        let page = response.text().await.unwrap();
        assert!(page.contains(r#"<html lang="en">"#) && page.contains("Sandbox</strong> — not PagerDuty"));
        assert!(!page.contains("<script"));
    }
    for asset in ["/_sandbox/pages.css", "/_sandbox/icon.svg"] {
        assert_eq!(driver.get(driver.url(asset)).await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_decision_is_made_once_and_only_by_somebody_signed_in() {
    let driver = Driver::start().await;
    let id = driver.open(driver.authorize_url(&[])).await;
    let decide = [("request", id.as_str()), ("decision", "consent")];
    let unsigned = driver.post("/oauth/authorize/consent", &decide).await;
    assert_eq!(unsigned.status(), StatusCode::BAD_REQUEST);
    let page = driver.get(driver.url(&format!("/oauth/authorize/consent?request={id}"))).await;
    assert_eq!(location(&page), format!("/oauth/authorize/login?request={id}"));

    driver.post("/oauth/authorize/login", &[("request", &id), ("email", BETHANY)]).await;
    assert_eq!(driver.post("/oauth/authorize/consent", &decide).await.status(), StatusCode::SEE_OTHER);
    let again = driver.post("/oauth/authorize/consent", &decide).await;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST);
    assert!(again.text().await.unwrap().contains("This request is over"));
}
