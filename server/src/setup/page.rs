//! `/setup`: the first run in a browser. It is there while a sandbox stands in for PagerDuty, which is on this machine
//! only; what guards every other form (the host, the sender) guards this one.

use std::sync::Arc;

use app::{
    setup::{self as pages, Form, Outcome},
    ssr::AppState,
};
use axum::{
    Extension, Router,
    body::Body,
    extract::{FromRequest, Multipart, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing,
};
use pagerduty::Scopes;
use tokio::sync::{Mutex, Notify};

use super::{Credentials, Draft, refuse_existing};
use crate::{
    config::{Config, DATABASE, Flags},
    security::{NoUpload, read_small},
};

/// It loads its style and its pictures, sends its form, and does nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";
/// Of a path or an address.
const MAX_PLACE: usize = 1024;

/// The way from the sandbox to PagerDuty. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Setup(Arc<Inner>);

struct Inner {
    flags: Flags,
    redirect_uri: String,
    scopes: Scopes,
    database_is_set: bool,
    /// One at a time.
    turn: Mutex<()>,
    written: Notify,
}

/// What a person sent.
#[derive(Default)]
struct Sent {
    file: Vec<u8>,
    text: String,
    home: String,
    sqlite: String,
    postgres: String,
    anyway: bool,
}

impl Setup {
    pub(crate) fn new(flags: Flags, config: &Config) -> Self {
        Self(Arc::new(Inner {
            flags,
            redirect_uri: config.redirect_uri.clone(),
            scopes: config.scopes.clone(),
            database_is_set: config.database_is_set(),
            turn: Mutex::new(()),
            written: Notify::new(),
        }))
    }

    pub(crate) fn routes(&self) -> Router<AppState> {
        let routes = Router::new().route(pages::PATH, routing::get(show).post(receive));
        routes.layer(Extension(self.clone()))
    }

    /// Resolves when there is a configuration to go on with.
    pub(crate) async fn written(&self) {
        self.0.written.notified().await;
    }

    fn form(&self, in_postgres: bool, offers_anyway: bool) -> Form {
        Form {
            redirect_uri: self.0.redirect_uri.clone(),
            scopes: self.0.scopes.clone(),
            file: self.file(),
            database: (!self.0.database_is_set).then(|| DATABASE.to_owned()),
            in_postgres,
            offers_anyway,
        }
    }

    fn file(&self) -> String {
        self.0.flags.config_file().display().to_string()
    }

    /// Reads, checks, writes. The page that says how it went, with its status.
    async fn set_up(&self, state: &AppState, sent: Sent) -> (StatusCode, String) {
        let _turn = self.0.turn.lock().await;
        let assets = &state.assets;
        let path = self.0.flags.config_file();
        if let Err(why) = refuse_existing(path) {
            return (StatusCode::CONFLICT, pages::written(assets, why));
        }
        let in_postgres = sent.home == "postgres";
        let again = |outcome: Outcome| {
            let offers = matches!(&outcome, Outcome::Failed(found) if Draft::may_be_written(found, true));
            (StatusCode::UNPROCESSABLE_ENTITY, pages::asking(assets, self.form(in_postgres, offers), outcome))
        };
        let refused = |why: String| again(Outcome::Refused(vec![why]));
        let credentials = match Credentials::read(sent.credentials()) {
            Ok(credentials) => credentials,
            Err(wrong) => return again(Outcome::Refused(wrong)),
        };
        let database = match sent.database(self.0.database_is_set) {
            Ok(database) => database,
            Err(why) => return refused(why.to_owned()),
        };
        let draft = match Draft::new(self.0.flags.clone(), credentials, database.as_deref()) {
            Ok(draft) => draft,
            Err(why) => return refused(why),
        };
        let findings = match draft.check_up().await {
            Ok(findings) => findings,
            Err(why) => return refused(why),
        };
        if !Draft::may_be_written(&findings, sent.anyway) {
            return again(Outcome::Failed(findings));
        }
        let left = draft.left.clone();
        if let Err(why) = draft.write(path) {
            return refused(why);
        }
        tracing::info!(target: "security", event = "setup.written");
        self.0.written.notify_one();
        (StatusCode::OK, pages::done(assets, &self.file(), &left, findings))
    }
}

impl Sent {
    /// What was chosen counts before what was pasted.
    fn credentials(&self) -> &[u8] {
        if self.file.is_empty() { self.text.as_bytes() } else { &self.file }
    }

    /// None where the default, or what is set already, is to stay.
    fn database(&self, is_set: bool) -> Result<Option<String>, &'static str> {
        if is_set {
            return Ok(None);
        }
        let (sqlite, postgres) = (self.sqlite.trim(), self.postgres.trim());
        if self.home == "postgres" {
            return match postgres {
                "" => Err(
                    "The address of the PostgreSQL database is missing: postgres://user:password@host/database.",
                ),
                it if it.starts_with("postgres://") || it.starts_with("postgresql://") => {
                    Ok(Some(it.to_owned()))
                }
                _ => Err("The address of a PostgreSQL database begins with postgres://."),
            };
        }
        let path = sqlite.trim_start_matches("sqlite:");
        if path.contains("://") {
            return Err("That is the address of a database, and no file. Choose “In PostgreSQL” for it.");
        }
        let chosen = format!("sqlite:{path}");
        Ok(Some(chosen).filter(|it| !path.is_empty() && it != DATABASE))
    }
}

async fn show(State(state): State<AppState>, Extension(setup): Extension<Setup>) -> Response {
    let assets = &state.assets;
    let (status, page) = match refuse_existing(setup.0.flags.config_file()) {
        Ok(()) => (StatusCode::OK, pages::asking(assets, setup.form(false, false), Outcome::Asking)),
        Err(why) => (StatusCode::CONFLICT, pages::written(assets, why)),
    };
    answer(status, page)
}

async fn receive(
    State(state): State<AppState>,
    Extension(setup): Extension<Setup>,
    request: Request,
) -> Response {
    let (status, page) = match read(request).await {
        Ok(sent) => setup.set_up(&state, sent).await,
        Err(why) => {
            let outcome = Outcome::Refused(vec![why.to_owned()]);
            let page = pages::asking(&state.assets, setup.form(false, false), outcome);
            (StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    };
    answer(status, page)
}

async fn read(request: Request) -> Result<Sent, &'static str> {
    const BROKEN: &str = "The form did not arrive whole. Send it again.";
    let (parts, body) = request.into_parts();
    let whole = read_small(body).await.map_err(|why| match why {
        NoUpload::TooLarge => {
            "The file is far too large; PagerDuty’s credentials file has a few hundred bytes. Choose the JSON file that \
             App Registration let you download."
        }
        NoUpload::BrokeOff | NoUpload::TooSlow => BROKEN,
    })?;
    let request = Request::from_parts(parts, Body::from(whole));
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| BROKEN)?;
    let mut sent = Sent::default();
    while let Some(field) = form.next_field().await.map_err(|_| BROKEN)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            sent.file = field.bytes().await.map_err(|_| BROKEN)?.into();
            continue;
        }
        let text = field.text().await.map_err(|_| BROKEN)?;
        match &*name {
            "text" => sent.text = text,
            "anyway" => sent.anyway = text == "yes",
            "home" => sent.home = text,
            "sqlite" if text.len() <= MAX_PLACE => sent.sqlite = text,
            "postgres" if text.len() <= MAX_PLACE => sent.postgres = text,
            _ => return Err("The form holds more than it has fields for. Send it again."),
        }
    }
    if sent.file.is_empty() && sent.text.trim().is_empty() {
        return Err(
            "There is no file in the form. Choose the one that PagerDuty let you download, or paste its text.",
        );
    }
    Ok(sent)
}

fn answer(status: StatusCode, page: String) -> Response {
    let policy = [(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))];
    (status, policy, Html(page)).into_response()
}

/// Also there when the setup is over: its last page loads it from the program that has gone on.
pub(crate) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css")], include_str!("../../../style/setup.css"))
}
