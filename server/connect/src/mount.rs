//! The way to a connection, and its end, as routes of an axum application.
//!
//! | route | what it does |
//! |-|-|
//! | `GET /connect` | a page with the button; `?return_to=/path` says where to go afterwards |
//! | `POST /connect` | 303 to PagerDuty |
//! | `GET /callback` | PagerDuty sends people here; 303 to where they wanted to go |
//! | `POST /disconnect` | ends one connection (`identity=…`), or all of the user's; a page says so where PagerDuty could not be told |
//!
//! Whose request it is, the host says by its own extractor ([`HostUser`]): never by an address, a header or a form field.

use std::{fmt, future::Future, marker::PhantomData, sync::Arc};

use axum::{
    Form, Router,
    extract::{FromRequestParts, Query, RawQuery, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use pagerduty::Scopes;
use serde::Deserialize;
use url::Url;

use crate::{
    Connect, Deleted, Disconnected, Error, Event, Filter, LocalPath, Owner, Reason, UserId, sender::Sender,
};

mod extract;
mod link;
mod page;

pub use extract::{NoAnswer, PagerDuty};
pub use link::{LINKS_AT, link_routes};

/// Where PagerDuty sends people back to, below where the routes are mounted.
const CALLBACK: &str = "/callback";

/// The redirect URL leads to none of the routes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Registration::redirect_uri must end in /callback, which is one of the routes: https://app.example/pagerduty/callback, \
     with the routes nested at /pagerduty; it is “{redirect_uri}”"
)]
pub struct NoCallback {
    /// As registered.
    pub redirect_uri: String,
}

/// Implemented by the host for what its extractor gives: who is signed in there.
///
/// Its session cookie must reach the callback, to which PagerDuty's site sends the browser: one with `SameSite=Strict`
/// stays behind, and nobody is signed in there. `Lax` is enough: nothing counts on the way back but with the `state` and
/// the cookie of the browser that began, and for the user who began.
pub trait HostUser: Send + Sync {
    /// The user's own id, which never changes hands.
    fn owner(&self) -> Owner;
}

/// Routes about to be made. See [`Connect::router`].
pub struct Mount<U, S> {
    connect: Connect,
    finished_url: LocalPath,
    of: PhantomData<fn(U, S)>,
}

impl<U, S> fmt::Debug for Mount<U, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mount").field("finished_url", &self.finished_url).finish_non_exhaustive()
    }
}

impl Connect {
    /// Routes for an application whose extractor `U` says who is signed in. Nest them where
    /// [`Registration::redirect_uri`](crate::Registration) leads to, without its last part, `/callback`.
    ///
    /// One registration has one callback. This one is for the host's own users alone: who came by a link
    /// ([`Connect::make_link`]) is refused there.
    pub fn router<U, S>(&self) -> Mount<U, S>
    where
        U: HostUser + FromRequestParts<S> + 'static,
        S: Clone + Send + Sync + 'static,
    {
        #[expect(clippy::expect_used, reason = "a constant")]
        let root = LocalPath::parse("/").expect("it is a path");
        Mount { connect: self.clone(), finished_url: root, of: PhantomData }
    }

    /// Gives the [`PagerDuty`] extractor of the routes below it this connection.
    pub fn layer(&self) -> axum::Extension<Self> {
        axum::Extension(self.clone())
    }
}

impl<U, S> Mount<U, S>
where
    U: HostUser + FromRequestParts<S> + 'static,
    S: Clone + Send + Sync + 'static,
{
    /// Where people go when they have connected or disconnected and did not want to go anywhere else.
    pub fn finished_url(self, url: LocalPath) -> Self {
        Self { finished_url: url, ..self }
    }

    /// Called when somebody's connection has been made or made anew, with what PagerDuty granted.
    ///
    /// Hooks hear of every connection of this [`Connect`], whoever made it, but only in the process that noticed, and
    /// what it notices at its very end they may miss: what must not be missed is asked for, by
    /// [`Connect::identities`], or told by [`alerts`](crate::alerts).
    pub fn on_connected<F>(self, hook: impl Fn(UserId, Scopes) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.on(move |event| match event {
            Event::Connected { user, scopes, .. } => Some(hook(user.clone(), scopes.clone())),
            _ => None,
        })
    }

    /// Called when only the person can mend a connection any more. See [`Mount::on_connected`] for what hooks miss.
    pub fn on_broken<F>(self, hook: impl Fn(UserId, Reason) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.on(move |event| match event {
            Event::Broken { user, reason } => Some(hook(user.clone(), *reason)),
            _ => None,
        })
    }

    /// Called when a connection is gone. See [`Mount::on_connected`] for what hooks miss.
    pub fn on_disconnected<F>(self, hook: impl Fn(UserId, Disconnected) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.on(move |event| match event {
            Event::Disconnected { user, how } => Some(hook(user.clone(), *how)),
            _ => None,
        })
    }

    fn on<F>(self, hook: impl Fn(&Event) -> Option<F> + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.connect.listen(move |event| {
            if let Some(work) = hook(event) {
                tokio::spawn(work);
            }
        });
        self
    }

    /// The routes; an error when PagerDuty does not send people back to them.
    pub fn build(self) -> Result<Router<S>, NoCallback> {
        if self.connect.mounted_at().is_none() {
            return Err(NoCallback { redirect_uri: self.connect.registration().redirect_uri.clone() });
        }
        let door = Door {
            origin: self.connect.origin().into(),
            finished_url: self.finished_url,
            connect: self.connect,
        };
        Ok(Router::new()
            .route("/connect", get(ask::<U>).post(begin::<U>))
            .route(CALLBACK, get(finish::<U>))
            .route("/disconnect", post(disconnect::<U>))
            .layer(middleware::from_fn_with_state(Arc::clone(&door.origin), guard))
            .layer(axum::Extension(door)))
    }
}

/// What the routes share.
#[derive(Clone)]
struct Door {
    connect: Connect,
    /// `https://app.example`
    origin: Arc<str>,
    finished_url: LocalPath,
}

impl Connect {
    fn redirect(&self) -> Option<Url> {
        Url::parse(&self.registration().redirect_uri).ok()
    }

    /// `https://app.example`: what PagerDuty sends people back to, and so where this is reached.
    pub fn origin(&self) -> String {
        self.redirect().map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }

    /// Where the routes are, as seen from outside: `/integrations/pagerduty`. None when PagerDuty sends people to
    /// something else than their callback.
    fn mounted_at(&self) -> Option<String> {
        self.redirect()?.path().strip_suffix(CALLBACK).map(str::to_owned)
    }
}

/// Before anything else: what can change something comes from a page of this application.
async fn guard(State(origin): State<Arc<str>>, request: Request, next: Next) -> Response {
    let is_safe = request.method().is_safe();
    let mut response = if is_safe || Sender::of(request.headers(), &origin) == Sender::OwnPage {
        next.run(request).await
    } else {
        tracing::warn!(target: "security", event = "sender.refused", path = request.uri().path());
        page::refused()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // The callback's address holds a code: only the origin is told. Not `no-referrer`, under which browsers send
    // `Origin: null` with the page's own form.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
    response
}

#[derive(Deserialize)]
struct Asked {
    return_to: Option<String>,
}

impl Asked {
    fn return_to(&self) -> Option<LocalPath> {
        self.return_to.as_deref().and_then(LocalPath::parse)
    }
}

async fn ask<U: HostUser>(
    _: U,
    axum::Extension(door): axum::Extension<Door>,
    Query(asked): Query<Asked>,
) -> Response {
    page::button(&door.connect, asked.return_to().as_ref())
}

async fn begin<U: HostUser>(
    user: U,
    axum::Extension(door): axum::Extension<Door>,
    headers: HeaderMap,
    Form(asked): Form<Asked>,
) -> Response {
    let begun = door.connect.begin_for(&user.owner(), &Scopes::default(), asked.return_to(), &headers).await;
    match begun {
        Ok(begun) => see_other(begun.authorize_url.as_str(), &begun.cookies),
        Err(error) => page::trouble(&door.connect, &error),
    }
}

async fn finish<U: HostUser>(
    user: U,
    axum::Extension(door): axum::Extension<Door>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    match door.connect.finish_for(&user.owner(), query.as_deref().unwrap_or_default(), &headers).await {
        Ok(finished) => {
            let to = finished.return_to.as_ref().unwrap_or(&door.finished_url);
            see_other(to.as_str(), &finished.cookies)
        }
        Err(error) => page::trouble(&door.connect, &error),
    }
}

#[derive(Deserialize)]
struct Which {
    identity: Option<String>,
}

async fn disconnect<U: HostUser>(
    user: U,
    axum::Extension(door): axum::Extension<Door>,
    Form(which): Form<Which>,
) -> Response {
    let all = Filter::of(&user.owner());
    let filter = match which.identity.as_deref().map(UserId::parse) {
        Some(Some(identity)) => all.only(&identity),
        Some(None) => return page::trouble(&door.connect, &Error::NotConnected),
        None => all,
    };
    match door.connect.delete_identities(&filter).await {
        Ok(Deleted { deleted: 0, .. }) => page::trouble(&door.connect, &Error::NotConnected),
        Ok(Deleted { not_revoked: 0, .. }) => see_other(door.finished_url.as_str(), &[]),
        Ok(_) => page::not_revoked(&door.connect, &door.finished_url),
        Err(error) => page::dead_end(&door.connect, &error),
    }
}

/// 303, which turns whatever it was into a GET (RFC 9110 §15.4.4).
fn see_other(to: &str, cookies: &[String]) -> Response {
    let Ok(location) = HeaderValue::from_str(to) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
    let cookies = cookies.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok());
    response.headers_mut().extend(cookies.map(|cookie| (header::SET_COOKIE, cookie)));
    response
}
