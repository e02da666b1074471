//! Everything the sandbox was sent, in order. Only the control plane and the pages about the sandbox itself
//! are left out.

use std::collections::VecDeque;

use http::HeaderMap;
use jiff::Timestamp;
use serde::Serialize;

/// Requests kept; older ones are forgotten.
const MAX_RECORDED: usize = 100_000;
/// Bytes of each body kept.
const MAX_BODY_KEPT: usize = 64 * 1024;

/// One request as it arrived, and the status it was answered with.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Recorded {
    /// Counts up from 1 and does not start again at a reset.
    pub number: u64,
    /// By the sandbox's clock.
    pub at: Timestamp,
    /// `main` (identity and US API) or `eu`.
    pub listener: &'static str,
    pub method: String,
    pub path: String,
    /// Still encoded, without the question mark; empty if there was none.
    pub query: String,
    /// In the order and number they came; names are lower case.
    pub headers: Vec<(String, String)>,
    /// The first 64 KiB, as text.
    pub body: String,
    /// `None` while unanswered, and for ever if the connection was reset before an answer began.
    pub status: Option<u16>,
    /// Whether a fault had a hand in the answer.
    pub faulted: bool,
}

impl Recorded {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The first value of this name in a form body.
    pub fn form(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.body.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

#[derive(Debug, Default)]
pub(crate) struct Recorder {
    taken: u64,
    requests: VecDeque<Recorded>,
}

/// What is known of a request when it has been read.
pub(crate) struct Arrival<'a> {
    pub(crate) at: Timestamp,
    pub(crate) listener: &'static str,
    pub(crate) method: &'a http::Method,
    pub(crate) uri: &'a http::Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

impl Recorder {
    pub(crate) fn arrived(&mut self, arrival: &Arrival<'_>) -> u64 {
        self.taken += 1;
        let kept = arrival.body.get(..MAX_BODY_KEPT).unwrap_or(arrival.body);
        let headers = arrival.headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        self.requests.push_back(Recorded {
            number: self.taken,
            at: arrival.at,
            listener: arrival.listener,
            method: arrival.method.as_str().to_owned(),
            path: arrival.uri.path().to_owned(),
            query: arrival.uri.query().unwrap_or_default().to_owned(),
            headers: headers.collect(),
            body: String::from_utf8_lossy(kept).into_owned(),
            status: None,
            faulted: false,
        });
        if self.requests.len() > MAX_RECORDED {
            self.requests.pop_front();
        }
        self.taken
    }

    pub(crate) fn answered(&mut self, number: u64, status: Option<u16>, faulted: bool) {
        // The deque is in order of `number`, so the place follows from the first one.
        let Some(first) = self.requests.front().map(|request| request.number) else { return };
        let Some(place) = number.checked_sub(first).and_then(|place| usize::try_from(place).ok()) else {
            return;
        };
        if let Some(request) = self.requests.get_mut(place) {
            request.status = status;
            request.faulted = faulted;
        }
    }

    pub(crate) fn all(&self) -> Vec<Recorded> {
        self.requests.iter().cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
    }
}
