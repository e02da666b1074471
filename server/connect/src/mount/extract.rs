//! A ready client, or the way to one.

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
}

impl<U> PagerDuty<U> {
    /// The REST API, in the user's name.
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
        match connect.identity_of(&user.owner()).await {
            Ok(identity) => Ok(Self { user, identity, connect }),
            Err(error) => Err(way_on(&connect, parts, &error)),
        }
    }
}

fn way_on(connect: &Connect, parts: &Parts, error: &Error) -> Response {
    let to = format!("{}/connect", connect.mounted_at());
    let is_page = parts.method == Method::GET
        && parts
            .headers
            .get(header::ACCEPT)
            .is_some_and(|accept| accept.as_bytes().windows(9).any(|part| part == b"text/html"));
    if error.is_reconnect_required() && is_page {
        // As it was sent: inside a nested router a part of it is cut off.
        let sent = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |sent| &sent.0);
        let here = sent.path_and_query().map_or("/", |path| path.as_str());
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("return_to", here).finish();
        return see_other(&format!("{to}?{query}"), &[]);
    }
    if is_page {
        return super::page::trouble(connect, error);
    }
    let words = error.words();
    let mut body = json!({ "error": error.code(), "message": format!("{}. {}", words.title, words.next) });
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
