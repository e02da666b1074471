//! A look at the calls that go out, for whoever counts them, writes them down, or follows them in traces.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use http::StatusCode;
use tracing::Span;

use crate::{
    Region,
    api::{Api, Ask},
    operations,
};

/// A call that was sent.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Call<'a> {
    /// `GET`
    pub method: &'a str,
    /// `/users/{id}`, as PagerDuty documents it: without ids, and without what stands after a question mark.
    pub path: &'static str,
    /// What PagerDuty answered; none when its answer was not heard.
    pub status: Option<u16>,
    /// From the first byte that was sent.
    pub took: Duration,
    /// As told to [`Api::told_as`], else to [`Api::of_user`].
    pub user: Option<&'a str>,
    /// Whether it is part of some larger work: see [`Api::as_part`].
    pub is_part: bool,
}

impl Call<'_> {
    /// Whether it was to change something.
    pub fn is_write(&self) -> bool {
        self.method != "GET"
    }
}

/// A path that no operation has; there should be none.
const OTHER: &str = "other";

type Observer = Arc<dyn Fn(&Call<'_>) + Send + Sync>;

/// Who looks, if anybody.
#[derive(Clone, Default)]
pub(crate) struct Observed(Option<Observer>);

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed").finish_non_exhaustive()
    }
}

/// Tells of a call when it is dropped: also when nobody waits for the answer any more.
pub(crate) struct Seen<'a> {
    observer: Option<&'a Observer>,
    api: &'a Api<'a>,
    ask: &'a Ask,
    path: &'static str,
    began: Instant,
    status: Option<u16>,
}

impl Observed {
    pub(crate) fn by(observer: impl Fn(&Call<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(observer)))
    }

    pub(crate) fn look<'a>(&'a self, api: &'a Api<'a>, ask: &'a Ask) -> Seen<'a> {
        let operation = operations::find(ask.method().as_str(), &format!("/{}", ask.path()));
        let path = operation.map_or(OTHER, |operation| operation.path);
        Seen { observer: self.0.as_ref(), api, ask, path, began: Instant::now(), status: None }
    }
}

impl Seen<'_> {
    /// For [`Http::send`](crate::http::Http).
    pub(crate) fn span(&self) -> Span {
        span(self.ask.method().as_str(), self.path, Some(self.api.region()))
    }

    pub(crate) fn answered(&mut self, status: StatusCode) {
        self.status = Some(status.as_u16());
    }
}

impl Drop for Seen<'_> {
    fn drop(&mut self) {
        let Some(observer) = self.observer else { return };
        observer(&Call {
            method: self.ask.method().as_str(),
            path: self.path,
            status: self.status,
            took: self.began.elapsed(),
            user: self.api.user(),
            is_part: self.api.is_part(),
        });
    }
}

/// A call in a trace, by the path as PagerDuty documents it. The status is put in when it is known.
pub(crate) fn span(method: &str, path: &'static str, region: Option<Region>) -> Span {
    tracing::debug_span!(
        target: "trace",
        "call",
        http.request.method = method,
        url.template = path,
        pagerduty.region = region.map(Region::code),
        http.response.status_code = tracing::field::Empty,
    )
}
