//! What must be done though nobody asks for it.

use crate::{Connect, session};

/// A refresh token is renewed when it would end within this: a tenth of its 30 days.
const KEEP_AHEAD_SECS: i64 = 3 * 24 * 3600;
/// A connection that is over is forgotten, with all that is known about the person,
/// so long after its last access token has ended.
const FORGET_SECS: i64 = 30 * 24 * 3600;

impl Connect {
    /// One round, to be called every minute or so, by any number of replicas:
    /// revokes what is left to revoke, hears of new vault keys, forgets what is
    /// past. With `keep_alive`, also refreshes connections that nobody uses before
    /// their refresh token ends, until PagerDuty wants consent anew.
    pub async fn sweep(&self, keep_alive: bool) {
        let now = self.clock().now();
        if let Err(e) = self.vault().hear_of_keys().await {
            tracing::warn!(event = "sweep.keys", cause = %e);
        }
        let (started, seen) = (now - session::ABSOLUTE_SECS, now - session::IDLE_SECS);
        if let Err(e) = self.vault().forget_sessions(started, seen).await {
            tracing::warn!(event = "sweep.sessions", cause = %e);
        }
        match self.vault().forget_connections(now - FORGET_SECS).await {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!(target: "security", event = "connections.forgotten", forgotten),
            Err(e) => tracing::warn!(event = "sweep.connections", cause = %e),
        }
        let renewing = async {
            if keep_alive {
                self.keep_alive(now).await;
            }
        };
        tokio::join!(self.revoke_due(), renewing);
    }

    async fn keep_alive(&self, now: i64) {
        let ending = match self.vault().ending(now + KEEP_AHEAD_SECS, now).await {
            Ok(ending) => ending,
            Err(e) => return tracing::warn!(event = "sweep.ending", cause = %e),
        };
        for user in ending {
            match self.renew(&user).await {
                Ok(_) => tracing::info!(event = "sweep.kept", user = %user),
                Err(e) => tracing::warn!(event = "sweep.not-kept", user = %user, cause = %e),
            }
        }
    }
}
