//! A ready client, or the way to one.

use std::fmt;

use axum::{
    Json,
    extract::{FromRequestParts, OriginalUri},
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, header, request::Parts};
use pagerduty::Api;
use serde_json::json;

use super::{HostUser, see_other};
use crate::{Connect, Error, Identity};

/// PagerDuty as the user of this request may use it. Needs [`Connect::layer`] above the route.
///
/// Who is not connected, or must connect again, is sent to the page with the button, and comes back to this address;
/// a program that asks for JSON gets 401 and where to connect.
#[derive(Clone, Debug)]
pub struct PagerDuty<U> {
    /// Who is signed in at the host.
    pub user: U,
    /// Their fresh token; of several connections, of the one made last.
    pub identity: Identity,
    connect: Connect,
    asked: Asked,
}

impl<U> PagerDuty<U> {
    /// Calls the REST API in the user's name, by [`Connect::call`]: when PagerDuty takes the token back before its time,
    /// with another one, once.
    ///
    /// # Errors
    ///
    /// A handler that gives them on as its answer (`?`) leads on as this extractor does: who must connect again, to the
    /// page with the button.
    pub async fn call<T>(
        &self,
        api: impl AsyncFn(Api<'_>) -> Result<T, pagerduty::Error>,
    ) -> Result<T, NoAnswer> {
        let (client, api) = (self.connect.client(), &api);
        let answer =
            self.connect.call(&self.identity.user, |it| async move { api(it.api(client)).await }).await;
        answer.map_err(|error| NoAnswer { error, connect: self.connect.clone(), asked: self.asked.clone() })
    }

    /// The REST API, in the user's name, with the token as it is: that PagerDuty has taken it back is for the caller to
    /// see. [`PagerDuty::call`] sees to it.
    pub fn api(&self) -> Api<'_> {
        self.identity.api(self.connect.client())
    }
}

impl<U, S> FromRequestParts<S> for PagerDuty<U>
where
    U: HostUser + FromRequestParts<S>,
    S: Send + Sync,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let Some(connect) = parts.extensions.get::<Connect>().cloned() else {
            tracing::error!(
                event = "layer.missing",
                "add `connect.layer()` above the routes that take `PagerDuty`"
            );
            return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response());
        };
        let user = U::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let asked = Asked::of(parts);
        match connect.identity_of(&user.owner()).await {
            Ok(identity) => Ok(Self { user, identity, connect, asked }),
            Err(error) => Err(NoAnswer { error, connect, asked }.into_response()),
        }
    }
}

/// Why [`PagerDuty::call`] brought nothing. As an answer to the request it leads on.
pub struct NoAnswer {
    error: Error,
    connect: Connect,
    asked: Asked,
}

impl NoAnswer {
    /// What was wrong.
    pub fn error(&self) -> &Error {
        &self.error
    }
}

impl fmt::Debug for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for NoAnswer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl IntoResponse for NoAnswer {
    fn into_response(self) -> Response {
        let Self { error, connect, asked } = self;
        let to = format!("{}/connect", connect.mounted_at().unwrap_or_default());
        if error.is_reconnect_required() && asked.is_page {
            let query =
                form_urlencoded::Serializer::new(String::new()).append_pair("return_to", &asked.at).finish();
            return see_other(&format!("{to}?{query}"), &[]);
        }
        if asked.is_page {
            return super::page::trouble(&connect, &error);
        }
        let words = error.words();
        let mut body =
            json!({ "error": error.code(), "message": format!("{}. {}", words.title, words.next) });
        if error.is_reconnect_required()
            && let Some(body) = body.as_object_mut()
        {
            body.insert("connect_url".into(), to.into());
        }
        let mut response = (error.status(), Json(body)).into_response();
        if let Error::Later { wait, .. } = error {
            response.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().max(1).into());
        }
        response
    }
}

/// What of a request says where whoever made it is to be led.
#[derive(Clone, Debug)]
struct Asked {
    /// Whether it is a browser's, for a page that it can come back to.
    is_page: bool,
    /// As it was sent: inside a nested router a part of it is cut off.
    at: String,
}

impl Asked {
    fn of(parts: &Parts) -> Self {
        let accepts = parts.headers.get(header::ACCEPT).map(|accept| accept.as_bytes());
        let is_page = parts.method == Method::GET
            && accepts.is_some_and(|all| all.windows(9).any(|part| part == b"text/html"));
        let sent = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |sent| &sent.0);
        let at = sent.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Self { is_page, at }
    }
}
