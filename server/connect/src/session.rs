//! Sessions for apps whose people sign in through PagerDuty alone. An app with
//! users of its own has sessions of its own and does not need this module.
//!
//! The browser holds 256 random bits in a cookie, the database their hash. An
//! id the server did not make is never adopted.

use http::{HeaderMap, header};

use crate::{Connect, Error, Reason, UserId, cookies, token, vault::SessionRow};

/// Unused for this long, a session ends: 7 days.
pub(crate) const IDLE_SECS: i64 = 7 * 24 * 3600;
/// However busy, it ends after the life of a refresh token: 30 days.
pub(crate) const ABSOLUTE_SECS: i64 = 30 * 24 * 3600;
/// The hash of no cookie.
const NOBODYS: token::Hash = [0; 32];
/// `seen_at` is written at most this often.
const TOUCH_SECS: i64 = 300;

/// A live session.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose it is.
    pub user: UserId,
    id: token::Hash,
}

/// One of a person's live sessions, as a list shows it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// "Chrome on Linux", as far as the browser said.
    pub browser: String,
    /// In Unix seconds.
    pub started_at: i64,
    /// In Unix seconds; within five minutes.
    pub seen_at: i64,
    /// Whether it is the one that asks.
    pub is_this_one: bool,
}

impl Session {
    /// Tells one session from another; lets nobody in.
    pub fn mark(&self) -> [u8; 32] {
        self.id
    }
}

impl Connect {
    /// The session of the browser that sent these headers, if it has one.
    pub async fn session(&self, headers: &HeaderMap) -> Result<Option<Session>, Error> {
        let Some(row) = self.session_row(headers).await?.filter(|row| row.ended.is_none()) else {
            return Ok(None);
        };
        let now = self.clock().now();
        if now - row.seen_at > TOUCH_SECS {
            // Only how long it lasts hangs on it, so that nobody is kept out.
            if let Err(e) = self.vault().touch_session(&row.id, now).await {
                tracing::warn!(event = "session.untouched", cause = %e);
            }
        }
        Ok(Some(Session { user: row.user, id: row.id }))
    }

    /// Why this browser's session ended, where its connection was ended at
    /// PagerDuty. It lets nobody in any more.
    pub async fn ended_session(&self, headers: &HeaderMap) -> Result<Option<Reason>, Error> {
        Ok(self.session_row(headers).await?.and_then(|row| row.ended))
    }

    /// A person's live sessions, the one seen last first.
    pub async fn sessions(&self, of: &Session) -> Result<Vec<Listed>, Error> {
        self.listed(&of.user, &of.id).await
    }

    /// The same, for whoever looks after the program and has no session.
    pub async fn live_sessions(&self, user: &UserId) -> Result<Vec<Listed>, Error> {
        self.listed(user, &NOBODYS).await
    }

    async fn listed(&self, user: &UserId, this_one: &token::Hash) -> Result<Vec<Listed>, Error> {
        let now = self.clock().now();
        let rows = self.vault().sessions_of(user).await?;
        let listed = |row: SessionRow| Listed {
            is_this_one: row.id == *this_one,
            browser: row.browser,
            started_at: row.started_at,
            seen_at: row.seen_at,
        };
        Ok(rows.into_iter().filter(|row| is_in_time(row, now)).map(listed).collect())
    }

    /// Ends this session. The connection and the other sessions stay.
    pub async fn sign_out(&self, session: &Session) -> Result<(), Error> {
        self.vault().remove_session(&session.id).await?;
        tracing::info!(target: "security", event = "session.ended", user = %session.user);
        Ok(())
    }

    /// Ends all of a person's sessions but this one. How many there were.
    pub async fn end_other_sessions(&self, of: &Session) -> Result<u64, Error> {
        let ended = self.vault().remove_other_sessions(&of.user, &of.id).await?;
        tracing::info!(target: "security", event = "sessions.ended", user = %of.user, ended);
        Ok(ended)
    }

    /// Ends all of a person's sessions. The connection stays. How many there were.
    pub async fn end_all_sessions(&self, user: &UserId) -> Result<u64, Error> {
        let ended = self.vault().remove_other_sessions(user, &NOBODYS).await?;
        tracing::info!(target: "security", event = "sessions.ended", user = %user, ended);
        Ok(ended)
    }

    /// The cookies that end a session in the browser.
    pub fn signed_out_cookies(&self) -> Vec<String> {
        vec![cookies::clear(cookies::SESSION)]
    }

    /// Who had a session that has ended, or run out, where that is still known: what they were in the middle of can be
    /// kept for them. It lets nobody see anything.
    pub async fn late_session(&self, headers: &HeaderMap) -> Result<Option<UserId>, Error> {
        let Some(value) = cookies::read(headers, cookies::SESSION) else { return Ok(None) };
        Ok(self.vault().session(&token::hash(value)).await?.map(|row| row.user))
    }

    async fn session_row(&self, headers: &HeaderMap) -> Result<Option<SessionRow>, Error> {
        let Some(value) = cookies::read(headers, cookies::SESSION) else { return Ok(None) };
        let id = token::hash(value);
        let Some(row) = self.vault().session(&id).await? else { return Ok(None) };
        // One that is past is forgotten by the sweep.
        Ok(is_in_time(&row, self.clock().now()).then_some(row))
    }
}

fn is_in_time(row: &SessionRow, now: i64) -> bool {
    now - row.started_at <= ABSOLUTE_SECS && now - row.seen_at <= IDLE_SECS
}

/// What a browser's request says about the session it is about to get.
pub(crate) struct Beginning {
    /// The one it has; it ends when the new one begins.
    pub old: Option<token::Hash>,
    browser: String,
}

impl Beginning {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
        Self { old: cookies::read(headers, cookies::SESSION).map(token::hash), browser: browser_name(agent) }
    }

    /// A session with an id nobody had before, and the cookie that carries it.
    pub(crate) fn session(&self, user: &UserId, now: i64) -> (SessionRow, String) {
        let value = token::random();
        let row = SessionRow {
            id: token::hash(&value),
            user: user.clone(),
            browser: self.browser.clone(),
            started_at: now,
            seen_at: now,
            ended: None,
        };
        (row, cookies::set(cookies::SESSION, &value, ABSOLUTE_SECS))
    }
}

/// Enough to know one's own browsers by, and nothing that was made up: the names
/// come from here, never from the header.
fn browser_name(agent: &str) -> String {
    // Each says that it is the ones after it, too.
    const BROWSERS: [(&str, &str); 5] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "A browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::browser_name;

    #[test]
    fn browsers_are_known_by_name_and_nothing_is_taken_from_the_header() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0",
                "Firefox on Windows",
            ),
            ("<script>alert(1)</script>", "A browser"),
            ("", "A browser"),
        ] {
            assert_eq!(browser_name(agent), name);
        }
    }
}
