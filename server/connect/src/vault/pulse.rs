//! Is the database server there? A pool that waits for a connection cannot tell a
//! server that is busy from one that is gone; somebody who asks twice a second can.
//! While it is gone, requests are answered at once instead of after their turn.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};

const BETWEEN: Duration = Duration::from_millis(500);
/// While it is gone it is asked more often: everybody waits for it.
const BETWEEN_TRIES: Duration = Duration::from_millis(200);
/// A busy server may take its time.
const PATIENCE: Duration = Duration::from_secs(5);

/// Beats until it is dropped.
#[derive(Debug)]
pub(super) struct Pulse {
    down: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Pulse {
    pub(super) fn of(server: PgConnectOptions) -> Self {
        let down = Arc::new(AtomicBool::new(false));
        Self { task: tokio::spawn(beat(server, Arc::clone(&down))), down }
    }

    pub(super) fn is_down(&self) -> bool {
        self.down.load(Ordering::Relaxed)
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn beat(server: PgConnectOptions, down: Arc<AtomicBool>) {
    let mut connection = None;
    loop {
        let answers = matches!(timeout(PATIENCE, ask(&server, &mut connection)).await, Ok(Ok(())));
        if !answers {
            connection = None;
        }
        if down.swap(!answers, Ordering::Relaxed) == answers {
            if answers {
                tracing::info!(event = "database.back");
            } else {
                tracing::error!(event = "database.down");
            }
        }
        sleep(if answers { BETWEEN } else { BETWEEN_TRIES }).await;
    }
}

async fn ask(server: &PgConnectOptions, connection: &mut Option<PgConnection>) -> Result<(), sqlx::Error> {
    match connection {
        Some(connection) => connection.ping().await,
        None => {
            *connection = Some(server.connect().await?);
            Ok(())
        }
    }
}
