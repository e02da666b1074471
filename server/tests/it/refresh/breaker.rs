//! A token endpoint in trouble is left alone.

use crate::harness::{App, DAY, Setup, eventually, on_refresh};

const PEOPLE: u32 = 5;
/// So many failures in a row, of whomever, and nobody is asked for.
const FAILURES: usize = 5;
/// For so long.
const PAUSE_SECS: i64 = 5;

#[tokio::test]
async fn rf_08_after_five_failures_nobody_asks_for_a_while_however_many_call() {
    let app = App::start_with(Setup { crowd: PEOPLE, ..Setup::default() }).await;
    let mut people = Vec::new();
    for number in 1..=PEOPLE {
        people.push(app.person(&format!("person-{number:04}@acme.example")).await);
    }
    app.clock.advance(DAY);
    app.sandbox.fault(on_refresh().status(503).times(FAILURES as u32));
    eventually("PagerDuty is asked again", async || {
        let mut notes = Vec::new();
        for (browser, _) in &people {
            notes.push(browser.check().await);
        }
        assert!(notes.iter().all(|note| note == "later" || note == "checked"), "{notes:?}");
        notes.iter().all(|note| note == "checked")
    })
    .await;
    // Then everybody gets a token at the first try: PagerDuty has recovered.
    let calls = app.refreshes();
    assert_eq!(calls.len(), FAILURES + PEOPLE as usize);
    let pause = calls[FAILURES].at.duration_since(calls[FAILURES - 1].at);
    assert!(pause.as_secs() >= PAUSE_SECS - 1, "{pause:?}");
    for (_, user) in &people {
        assert_eq!(app.standing(user).await.trouble, None);
    }
}
