//! What goes on in an import, behind nginx. Towards a client of HTTP/1.1 it gathers up to 16 KiB, as much as a TLS
//! record holds, unless the app asks it not to (`X-Accel-Buffering`); over HTTP/2 it passes on whatever comes.

use http::{Method, Version};
use pagerduty_sandbox::Fault;

use super::Front;
use crate::harness::{BETHANY, Browser, PATIENCE, Reply, eventually};

const PEOPLE: usize = 40;
/// So many PagerDuty makes; over the others it takes longer than the test lasts.
const MADE: u32 = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_on_in_an_import_arrives_through_nginx_while_it_goes_on() {
    let front = Front::start().await;
    let browser = front.browser();
    assert_eq!(browser.connect_as(BETHANY).await.location(), "/welcome");
    let page = load(&front, &browser).await;
    eventually("it is planned", async || browser.get(&page).await.body.contains("What would be done")).await;

    front.sandbox.fault(Fault::on("POST", "/users").times(MADE));
    front.sandbox.fault(Fault::on("POST", "/users").always().delay(PATIENCE * 2));
    let id = page.rsplit('/').next().unwrap();
    let applied = browser.post("/api/import_change", &[("id", id), ("to", "apply")]).await;
    assert_eq!(applied.status, 303, "{}", applied.body);
    let runs = async || browser.get(&page).await.body.contains("events?at=running");
    eventually("it runs", runs).await;

    // The client gives up by itself.
    let first = async {
        let events = browser.request(Method::GET, &format!("{page}/events?after=0&at=running"));
        let mut stream = events.send().await?;
        assert_eq!(stream.version(), Version::HTTP_11);
        assert_eq!(stream.headers()["content-type"], "text/event-stream; charset=utf-8");
        let mut told = String::new();
        while !told.contains("\tcreated\t") {
            let piece =
                stream.chunk().await?.unwrap_or_else(|| panic!("it ended before a row was told: {told}"));
            told += &String::from_utf8_lossy(&piece);
        }
        Ok::<_, reqwest::Error>(told)
    };
    let told =
        first.await.unwrap_or_else(|error| panic!("no row was told while the import goes on: {error:?}"));
    assert!(!told.contains("event:turn") && runs().await, "it was told once it no longer runs: {told}");
}

/// Sends a file of new users; the page of the import.
async fn load(front: &Front, browser: &Browser) -> String {
    let row = |number| format!("Person {number},person-{number}@import.example\r\n");
    let file: String = std::iter::once("name,email\r\n".to_owned()).chain((1..=PEOPLE).map(row)).collect();
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nusers\r\n--b\r\nContent-Disposition: form-data; \
         name=\"file\"; filename=\"p.csv\"\r\n\r\n{file}\r\n--b--\r\n"
    );
    let mut request = browser.form("/import", &[]).build().unwrap();
    request.headers_mut().insert("content-type", "multipart/form-data; boundary=b".parse().unwrap());
    request.headers_mut().remove("content-length");
    *request.body_mut() = Some(form.into());
    let place = Reply::read(front.nginx.client().execute(request).await.unwrap()).await;
    assert_eq!(place.status, 303, "{}", place.body);
    place.location().to_owned()
}
