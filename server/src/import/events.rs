//! What goes on while an import is carried out, as `text/event-stream`: `GET /import/{id}/events`.
//!
//! ```text
//! id:118
//! data:done=118 all=500 created=117 failed=1 rate=14 left=0:27
//! data:117⇥created⇥Ada Example
//! data:118⇥failed⇥Bo Example: PagerDuty does not take it: …
//! ```
//!
//! The first line holds figures: how many are done of all, and those that have changed; each other line is a row: its
//! number, the figure it is counted under, its name. `event: turn` says that the import is at something else by now,
//! or that nobody is signed in any more: its page is another.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    time::Duration,
};

use app::ssr::{AppState, live};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use pagerduty_connect::{
    Connect, Import, ImportError, Session,
    imports::{FindRows, ImportRow, ImportState},
};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

mod seats;

use seats::Seat;
pub(crate) use seats::Seats;

/// Between two looks at the import,
const LOOK: Duration = Duration::from_millis(500);
/// and two looks at whether somebody is still signed in.
const LOOK_AT_SESSION: Duration = Duration::from_secs(2);
/// A silence that is longer may be taken for a connection that is gone.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How fast it goes is said of the time just past.
const LATELY: Duration = Duration::from_secs(10);
const MOST_ROWS: usize = 200;

/// What the page shows already.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct From {
    at: Option<String>,
    after: Option<i64>,
}

pub(crate) async fn follow(
    State(state): State<AppState>,
    Extension(seats): Extension<Seats>,
    Path(id): Path<String>,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Response {
    let connect = state.connect;
    if connect.is_winding_down() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let session = match connect.session(&headers).await {
        Ok(Some(session)) => session,
        Ok(None) => return StatusCode::UNAUTHORIZED.into_response(),
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let import = match connect.import(&session.user, &id).await {
        Ok(import) => import,
        Err(ImportError::Unknown) => return StatusCode::NOT_FOUND.into_response(),
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let Some(seat) = seats.take(session.mark()) else { return StatusCode::TOO_MANY_REQUESTS.into_response() };
    let heard = headers.get("last-event-id").and_then(|it| it.to_str().ok()?.parse().ok());
    let watch = Watch {
        after: heard.or(from.after).unwrap_or(import.changes),
        stage: from.at.unwrap_or_else(|| live::stage(&import)),
        cookies: cookies(&headers),
        connect,
        session,
        id,
        told: HashMap::new(),
        lately: VecDeque::new(),
        spoke: Instant::now(),
        asked: Instant::now(),
        phase: Phase::Greeting,
        _seat: seat,
    };
    let told = futures_util::stream::unfold(watch, |mut watch| async move {
        let told = watch.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(told)), watch))
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        // A proxy that gathers what is small would hold it back.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, Body::from_stream(told)).into_response()
}

/// All that the session is known by.
fn cookies(headers: &HeaderMap) -> HeaderMap {
    headers.get_all(header::COOKIE).iter().map(|it| (header::COOKIE, it.clone())).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Greeting,
    Watching,
    Over,
}

/// One stream.
struct Watch {
    connect: Connect,
    session: Session,
    cookies: HeaderMap,
    id: String,
    /// What it is at, as far as the page knows.
    stage: String,
    /// What was told, up to this change.
    after: i64,
    /// The figures as they were told last.
    told: HashMap<&'static str, String>,
    /// How many rows were done when.
    lately: VecDeque<(Instant, u64)>,
    spoke: Instant,
    asked: Instant,
    phase: Phase,
    _seat: Seat,
}

impl Watch {
    /// What is told next; none when there is nothing more.
    async fn next(&mut self) -> Option<String> {
        match self.phase {
            Phase::Greeting => {
                self.phase = Phase::Watching;
                return Some("retry: 2000\n\n".to_owned());
            }
            Phase::Watching => {}
            Phase::Over => return None,
        }
        loop {
            // The browser comes back by itself, to whoever is there then.
            if self.connect.is_winding_down() {
                return None;
            }
            if !self.is_signed_in().await {
                return Some(self.turn("signed-out"));
            }
            match self.connect.import(&self.session.user, &self.id).await {
                Ok(import) if live::stage(&import) != self.stage => {
                    return Some(self.turn(&live::stage(&import)));
                }
                Ok(import) => {
                    self.note(&import);
                    if import.changes > self.after
                        && let Some(event) = self.event(&import).await
                    {
                        self.spoke = Instant::now();
                        return Some(event);
                    }
                }
                Err(ImportError::Unknown) => return Some(self.turn("gone")),
                // The database will be back.
                Err(_) => {}
            }
            if self.spoke.elapsed() >= HEARTBEAT {
                self.spoke = Instant::now();
                return Some(":\n\n".to_owned());
            }
            sleep(LOOK).await;
        }
    }

    /// Whether they were when last asked. A database that does not answer signs nobody out.
    async fn is_signed_in(&mut self) -> bool {
        if self.asked.elapsed() < LOOK_AT_SESSION {
            return true;
        }
        self.asked = Instant::now();
        !matches!(self.connect.session(&self.cookies).await, Ok(None))
    }

    /// The page must be loaded again; then there is another stream, or none.
    fn turn(&mut self, stage: &str) -> String {
        self.phase = Phase::Over;
        format!("event:turn\ndata:{stage}\n\n")
    }

    fn note(&mut self, import: &Import) {
        let now = Instant::now();
        self.lately.push_back((now, import.tally.done()));
        while self.lately.front().is_some_and(|(at, _)| now - *at > LATELY) {
            self.lately.pop_front();
        }
    }

    /// Everything since the last one; none where that is nothing anybody would see.
    async fn event(&mut self, import: &Import) -> Option<String> {
        let most = i64::try_from(MOST_ROWS).unwrap_or(i64::MAX) * 2;
        let find = FindRows {
            changed_after: Some(self.after.max(import.changes - most)),
            limit: most.unsigned_abs(),
            ..FindRows::default()
        };
        let rows = self.connect.import_rows(&self.session.user, &self.id, find).await.ok()?;
        self.after = import.changes;
        // Later ones are told next time.
        let rows: Vec<String> =
            rows.iter().filter(|row| row.changed <= import.changes).filter_map(line).collect();
        if rows.is_empty() {
            return None;
        }
        let mut event = format!("id:{}\ndata:{}\n", import.changes, self.figures(import));
        for row in rows.iter().skip(rows.len().saturating_sub(MOST_ROWS)) {
            event.push_str("data:");
            event.push_str(row);
            event.push('\n');
        }
        event.push('\n');
        Some(event)
    }

    fn figures(&mut self, import: &Import) -> String {
        let (done, all) = (import.tally.done(), import.tally.to_do());
        let mut line = format!("done={done} all={all}");
        let mut tell = |name: &'static str, value: String| {
            if self.told.get(name) != Some(&value) {
                line += &format!(" {name}={value}");
                self.told.insert(name, value);
            }
        };
        for (name, count) in live::figures(import) {
            tell(name, count.to_string());
        }
        let (now, first) = (Instant::now(), self.lately.front().copied());
        if let Some((at, before)) = first.filter(|_| import.state == ImportState::Running) {
            let millis = u64::try_from((now - at).as_millis()).unwrap_or(u64::MAX);
            let came = done.saturating_sub(before);
            live::rate(came, millis).into_iter().for_each(|it| tell("rate", it));
            live::left(all.saturating_sub(done), came, millis).into_iter().for_each(|it| tell("left", it));
        }
        line
    }
}

/// None while it has come to nothing.
fn line(row: &ImportRow) -> Option<String> {
    Some(format!("{}\t{}\t{}", row.number, live::word(row)?, live::line(row)))
}
