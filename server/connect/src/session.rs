//! Sessions for apps whose people sign in through PagerDuty alone. An app with
//! users of its own has sessions of its own and does not need this module.
//!
//! The browser holds 256 random bits in a cookie, the database their hash. An
//! id the server did not make is never adopted.

use http::HeaderMap;

use crate::{Connect, Error, UserId, cookies, token};

/// Unused for this long, a session ends: 7 days.
const IDLE_SECS: i64 = 7 * 24 * 3600;
/// However busy, it ends after the life of a refresh token: 30 days.
pub(crate) const ABSOLUTE_SECS: i64 = 30 * 24 * 3600;
/// `seen_at` is written at most this often.
const TOUCH_SECS: i64 = 300;

/// A live session.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose it is.
    pub user: UserId,
}

impl Connect {
    /// The session of the browser that sent these headers, if it has one.
    pub async fn session(&self, headers: &HeaderMap) -> Result<Option<Session>, Error> {
        let Some(value) = cookies::read(headers, cookies::SESSION) else { return Ok(None) };
        let id = token::hash(value);
        let Some(row) = self.vault().session(&id).await? else { return Ok(None) };
        let now = self.clock().now();
        if now - row.started_at > ABSOLUTE_SECS || now - row.seen_at > IDLE_SECS {
            self.vault().remove_session(&id).await?;
            return Ok(None);
        }
        if now - row.seen_at > TOUCH_SECS {
            self.vault().touch_session(&id, now).await?;
        }
        Ok(Some(Session { user: row.user }))
    }

    /// Begins a session with a new id and ends the one the browser had.
    /// None when the connection is gone.
    pub(crate) async fn begin_session(
        &self,
        user: &UserId,
        old: Option<token::Hash>,
    ) -> Result<Option<String>, Error> {
        if let Some(old) = old {
            self.vault().remove_session(&old).await?;
        }
        let value = token::random();
        let begun = self.vault().put_session(&token::hash(&value), user, self.clock().now()).await?;
        Ok(begun.then(|| cookies::set(cookies::SESSION, &value, ABSOLUTE_SECS)))
    }
}
