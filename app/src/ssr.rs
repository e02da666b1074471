//! The server's half of the pages: who is asking → one library call → map the result.

use std::sync::Arc;

use axum::extract::FromRef;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_axum::ResponseOptions;
use pagerduty::{Scopes, rate::Share};
use pagerduty_connect::{Connect, Disconnected, Error, LocalPath, Session};

use crate::{
    account::Account,
    board::Board,
    boards::{
        connection::{self as connection_board, More},
        explorer as exploring, how as how_board,
    },
    connect::Invitation,
    error::AppError,
    page::LoadPage,
    shell::Assets,
};

pub(crate) mod asker;
pub(crate) mod fields;
pub(crate) mod trouble;

pub mod live;

mod boards;
mod imports;
mod map;
mod standing;

use asker::Asker;
use fields::Fields;

pub(crate) use boards::{change_incidents, explorer, incidents, on_call, services};
pub(crate) use imports::{change_import, choose_rows, import, imports};
pub(crate) use map::{is_pagerduty_page, moment, permissions};
pub(crate) use standing::ago;

/// Where people go when they did not want to go anywhere else.
const HOME: &str = "/welcome";
/// Where a disconnect ends that PagerDuty could not be told of.
const NOT_REVOKED: &str = "revoked=no";
/// Or that had nothing to revoke with.
const UNREADABLE: &str = "revoked=unreadable";
/// Where a person's access token is shown, by POST. The server's own route: no page of the app holds a token.
pub const REVEAL: &str = "/token";
const CONNECTION: &str = "/connection";
const HOW: &str = "/how";
/// Where a form ends that could not be answered.
const UNAVAILABLE: &str = "/unavailable";

/// What every page and server function can reach.
#[derive(Clone, Debug, FromRef)]
pub struct AppState {
    pub connect: Connect,
    pub options: LeptosOptions,
    pub assets: Assets,
    /// Whether people may have their access token shown.
    pub reveals: bool,
    /// How much of a person's rate limit an import may spend.
    pub import_share: Share,
    /// Whom one can sign in as while the sandbox stands in for PagerDuty; nobody otherwise.
    pub sandbox_people: Arc<[String]>,
    /// Whether the app can be given credentials, at [`crate::setup::PATH`].
    #[from_ref(skip)]
    pub sets_up: bool,
}

pub fn invitation() -> Result<Invitation, AppError> {
    let state = state()?;
    Ok(Invitation { permissions: permissions(state.connect.scopes()), sandbox: about_sandbox(&state) })
}

fn about_sandbox(state: &AppState) -> String {
    if state.sandbox_people.is_empty() {
        return String::new();
    }
    let people = state.sandbox_people.iter().map(|person| view! { <li><code>{person.clone()}</code></li> });
    let about = view! {
        <section class="sandbox-people">
            <h2>"In the sandbox, sign in as"</h2>
            <ul>{people.collect::<Vec<_>>()}</ul>
            <p>"Any password will do."</p>
            {state
                .sets_up
                .then(|| {
                    view! {
                        <p>
                            <a href=crate::setup::PATH rel="external">
                                "Use your own PagerDuty account"
                            </a>
                        </p>
                    }
                })}
        </section>
    };
    about.to_html()
}

pub async fn begin_connect(return_to: Option<String>, ask_for: Option<String>) -> Result<(), AppError> {
    let return_to = return_to.as_deref().and_then(LocalPath::parse);
    let begin = async || {
        let connect = state()?.connect;
        let session = session().await.ok().flatten();
        let more = Scopes::parse(ask_for.as_deref().unwrap_or_default());
        let more = connect.to_ask(&more, session.as_ref().map(|session| &session.user)).await;
        let begun = connect.begin_asking(&more, return_to, &headers()).await?;
        set_cookies(&begun.cookies);
        Ok(begun.authorize_url.into())
    };
    lead(begin().await)
}

pub async fn finish_connect() -> Result<(), AppError> {
    let connect = state()?.connect;
    let Some(query) = callback_query() else { return Err(Error::Malformed("it is not a callback").into()) };
    let headers = headers();
    match connect.finish(&query, &headers).await {
        Ok(finished) => {
            set_cookies(&finished.cookies);
            redirect(finished.return_to.as_ref().map_or(HOME, LocalPath::as_str));
            Ok(())
        }
        // Their application hears of it.
        Err(Error::Returned { to, why }) => {
            redirect(&format!("{to}?error={}", why.code()));
            Ok(())
        }
        // The same callback again, by the back button or a second click: they are connected already.
        Err(Error::AlreadyUsed) if connect.session(&headers).await.is_ok_and(|s| s.is_some()) => {
            redirect(HOME);
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

pub async fn disconnect() -> Result<(), AppError> {
    let disconnect = async || {
        let connect = state()?.connect;
        // Nobody is signed in here: there is nothing to end, and nothing to claim.
        let Some(session) = session().await? else { return Ok("/".to_owned()) };
        let outcome = connect.disconnect(&session.user).await?;
        leave(&connect);
        Ok(match outcome {
            Disconnected::Revoked | Disconnected::WasNone => "/disconnected".to_owned(),
            Disconnected::NotRevoked => format!("/disconnected?{NOT_REVOKED}"),
            Disconnected::Unreadable => format!("/disconnected?{UNREADABLE}"),
        })
    };
    lead(disconnect().await)
}

/// Nothing stays in a browser whose session has ended.
fn leave(connect: &Connect) {
    set_cookies(&connect.signed_out_cookies());
    set_header(HeaderName::from_static("clear-site-data"), "\"cache\", \"storage\"");
}

/// Says so when a disconnect could not be told to PagerDuty.
pub fn disconnected(query: &str) -> Result<(), AppError> {
    match query {
        NOT_REVOKED => Err(AppError::not_revoked()),
        UNREADABLE => Err(AppError::unreadable()),
        _ => Ok(()),
    }
}

/// Why a form could not be answered, as a page. That was another request: this one can be.
pub fn unavailable() -> Result<(), AppError> {
    // Where that form was, nobody knows any more.
    let problem = AppError { can_connect: false, ..Error::Stopped.into() };
    answer(200);
    Err(problem)
}

pub async fn account() -> Result<Option<Account>, AppError> {
    let connect = state()?.connect;
    let Some(session) = session().await? else { return Ok(None) };
    let connection = connect.connection(&session.user).await?;
    Ok(connection.map(|connection| map::account(connection, connect.client(), connect.now())))
}

/// Why this browser's session counts no more, where that is known.
pub async fn ended() -> Result<Option<(String, String)>, AppError> {
    let reason = state()?.connect.ended_session(&headers()).await?;
    Ok(reason.map(|reason| {
        let (title, detail) = reason.words(false);
        (title.to_owned(), detail.to_owned())
    }))
}

pub async fn check() -> Result<(), AppError> {
    let check = async || {
        let Some(session) = session().await? else { return Ok(CONNECTION.to_owned()) };
        let note = match state()?.connect.check(&session.user).await {
            Ok(()) => "checked",
            // The page itself says how it stands.
            Err(e) if e.is_reconnect_required() => return Ok(CONNECTION.to_owned()),
            Err(Error::Later { .. }) => "later",
            Err(Error::Misconfigured) => "misconfigured",
            Err(Error::Api(e)) => standing::note_of(&e),
            Err(e) => return Err(e),
        };
        Ok(format!("{CONNECTION}?note={note}"))
    };
    lead(check().await)
}

pub async fn sign_out() -> Result<(), AppError> {
    let end = async || {
        let connect = state()?.connect;
        if let Some(session) = session().await? {
            connect.sign_out(&session).await?;
        }
        leave(&connect);
        Ok("/".to_owned())
    };
    lead(end().await)
}

pub async fn end_other_sessions() -> Result<(), AppError> {
    let end = async || {
        let Some(session) = session().await? else { return Ok(CONNECTION.to_owned()) };
        state()?.connect.end_other_sessions(&session).await?;
        Ok(format!("{CONNECTION}?note=others-ended"))
    };
    lead(end().await)
}

pub async fn connection(query: &str) -> Result<Board, AppError> {
    let asker = Asker::at(Fields::parse(query).address(CONNECTION)).await?;
    let (curl, left) = (exploring::curl_of_me(&asker), asker.left());
    let Asker { connect, session, connection, .. } = asker;
    let (seats, now) = (connect.sessions(&session).await?, connect.now());
    let more = More {
        clocks: standing::clocks(&connection, now),
        seats: seats.into_iter().map(|seat| standing::seat(seat, now)).collect(),
        // What was just done there: see [`check`].
        note: query.strip_prefix("note=").and_then(standing::note),
        left,
        curl,
        reveals: state()?.reveals,
    };
    Ok(connection_board::page(map::account(connection, connect.client(), now), more))
}

pub async fn how_it_worked() -> Result<Board, AppError> {
    let asker = Asker::at(HOW.to_owned()).await?;
    Ok(how_board::page(asker.connection.about.steps.into_iter().map(map::step).collect()))
}

/// Sets the status of the page or answer under way.
///
/// A page that the app's own Wasm asks for is 200 whatever it says: Leptos
/// would read any other status as a failure of the asking.
pub fn answer(status: u16) {
    if use_context::<Parts>().is_some_and(|parts| parts.uri.path() == LoadPage::PATH) {
        return;
    }
    if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(status)) {
        response.set_status(status);
    }
}

/// Says that what was sent is nothing a server function takes.
pub fn answer_not_understood() {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::BAD_REQUEST);
    }
}

/// Sends the browser on: to a path of this app that was checked, or to
/// PagerDuty's authorize address. 303, so that a POST becomes a GET; for the
/// app's own Wasm, a header that its router follows.
fn redirect(location: &str) {
    set_header(header::LOCATION, location);
    if navigates() {
        answer(303);
    } else {
        set_header(HeaderName::from_static("serverfnredirect"), "");
    }
}

/// The answer to a form: where to go on. A browser that follows forms by itself
/// is led to a page even when there is none.
fn lead(place: Result<String, Error>) -> Result<(), AppError> {
    match place {
        Ok(place) => redirect(&place),
        Err(_) if navigates() => redirect(UNAVAILABLE),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

fn navigates() -> bool {
    headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_none_or(|a| a.contains("text/html"))
}

/// Says when it is worth trying again, in seconds.
pub fn retry_after(seconds: u64) {
    set_header(header::RETRY_AFTER, &seconds.to_string());
}

/// The page's own policy: the scripts that carry this answer's nonce, and what they load.
///
/// `form-action` names PagerDuty because browsers hold a form's redirects to it too.
pub fn allow_own_scripts(nonce: &str) {
    let Ok(state) = state() else { return };
    let identity = state.connect.client().endpoints().identity().origin().ascii_serialization();
    let reload = if cfg!(debug_assertions) { " ws://127.0.0.1:5005 ws://localhost:5005" } else { "" };
    set_header(
        header::CONTENT_SECURITY_POLICY,
        &format!(
            "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
             style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; \
             connect-src 'self'{reload}; manifest-src 'self'; base-uri 'none'; object-src 'none'; \
             form-action 'self' {identity}; frame-ancestors 'none'; report-uri /csp"
        ),
    );
}

fn state() -> Result<AppState, Error> {
    use_context::<AppState>().ok_or(Error::Stopped)
}

/// The session of the browser that asks. Identity is never an argument.
async fn session() -> Result<Option<Session>, Error> {
    state()?.connect.session(&headers()).await
}

fn headers() -> HeaderMap {
    use_context::<Parts>().map(|parts| parts.headers).unwrap_or_default()
}

/// The query of a browser's own visit to `/callback`; none for any other request.
fn callback_query() -> Option<String> {
    let parts = use_context::<Parts>()?;
    (parts.method == Method::GET && parts.uri.path() == "/callback")
        .then(|| parts.uri.query().unwrap_or_default().to_owned())
}

fn set_cookies(cookies: &[String]) {
    let Some(response) = use_context::<ResponseOptions>() else { return };
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            response.append_header(header::SET_COOKIE, value);
        }
    }
}

fn set_header(name: HeaderName, value: &str) {
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(value)) {
        response.insert_header(name, value);
    }
}
