//! Sessions outlive the process, and every process knows them.

use crate::harness::{App, BETHANY, MARCUS, Setup};

#[tokio::test]
async fn rf_17_nobody_is_signed_out_by_a_restart() {
    let mut app = App::start().await;
    let (bethany, _) = app.person(BETHANY).await;
    for round in 0..10 {
        // One is just coming in.
        let marcus = app.browser();
        let back = marcus.until_callback(MARCUS).await;
        app = app.restart().await;
        assert!(bethany.is_greeted("Bethany Developer").await, "round {round}");
        assert_eq!(bethany.check().await, "checked", "round {round}");
        assert_eq!(marcus.callback(&back).await.location(), "/welcome", "round {round}");
        assert!(marcus.is_greeted("Marcus Okafor").await, "round {round}");
    }
    assert_eq!(app.rows("session").await, 11);
}

#[tokio::test]
async fn rf_17_on_file_and_on_postgres_every_process_knows_every_session() {
    for setup in [Setup::default(), Setup::in_postgres().await] {
        let app = App::start_with(setup).await;
        let processes = [app.replica().await, app.replica().await, app];
        for (number, here) in processes.iter().enumerate() {
            let there = &processes[(number + 1) % 3];
            // Begun at one, back at another, used at all, ended at a third.
            let browser = here.browser();
            let back = browser.until_callback(BETHANY).await;
            let browser = browser.at(there);
            assert_eq!(browser.callback(&back).await.location(), "/welcome");
            for process in &processes {
                let door = browser.twin().at(process);
                assert!(door.is_greeted("Bethany Developer").await);
                assert_eq!(door.check().await, "checked");
            }
            let last = browser.twin().at(&processes[(number + 2) % 3]);
            assert_eq!(last.post("/api/disconnect", &[]).await.location(), "/disconnected");
            for process in &processes {
                assert_eq!(browser.twin().at(process).get("/welcome").await.status, 401);
            }
        }
        let app = &processes[0];
        assert_eq!((app.rows("connection").await, app.rows("session").await), (0, 0));
        assert!(app.revoked().iter().all(|revoked| *revoked));
    }
}
