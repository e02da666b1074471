//! Files of an import: in by a form of their own, out as CSV; and what goes on while one is carried out.

use app::ssr::AppState;
use axum::{
    body::Body,
    extract::{FromRequest, Multipart, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use pagerduty::import::{Kind, table::MAX_BYTES};
use pagerduty_connect::{Connect, Error, ImportError, UserId};

use crate::security::{NoUpload, hear_out, read_upload};

mod events;
mod files;

pub(crate) use events::{Seats, follow};
pub(crate) use files::{export, report, template};

const PAGE: &str = "/import";
/// Where a form ends that could not be answered.
const UNAVAILABLE: &str = "/unavailable";

/// A file that somebody sent.
struct Upload {
    kind: Kind,
    file: String,
    bytes: Vec<u8>,
}

/// Takes a file, and leads to the page of its import. Who sends it is asked first: nobody else's bytes are kept.
pub(crate) async fn receive(State(state): State<AppState>, request: Request) -> Response {
    let connect = &state.connect;
    let user = match sender(connect, request.headers()).await {
        Ok(user) => user,
        Err(_) => return turned_away(request, UNAVAILABLE).await,
    };
    let Some(user) = user else { return turned_away(request, PAGE).await };
    let upload = match read(request).await {
        Ok(upload) => upload,
        Err(answer) => return answer,
    };
    match connect.begin_import(&user, upload.kind, &upload.file, upload.bytes).await {
        Ok(id) => to(&format!("{PAGE}/{id}")),
        Err(ImportError::TooMany) => back("too-many"),
        // Disconnected meanwhile.
        Err(ImportError::Connect(e)) if e.is_reconnect_required() => to(PAGE),
        Err(_) => to(UNAVAILABLE),
    }
}

/// Who is signed in, or was until a moment ago: what they chose is kept for them until they have signed in again.
async fn sender(connect: &Connect, headers: &HeaderMap) -> Result<Option<UserId>, Error> {
    match connect.session(headers).await? {
        Some(session) => Ok(Some(session.user)),
        None => connect.late_session(headers).await,
    }
}

async fn read(request: Request) -> Result<Upload, Response> {
    let (parts, body) = request.into_parts();
    let reads_pages = parts
        .headers
        .get(header::ACCEPT)
        .is_some_and(|it| it.to_str().is_ok_and(|it| it.contains("text/html")));
    let whole = match read_upload(body).await {
        Ok(whole) => whole,
        Err(NoUpload::TooLarge) if !reads_pages => return Err(too_large()),
        Err(NoUpload::TooLarge) => return Err(back("too-large")),
        Err(NoUpload::TooSlow) => return Err(back("slow")),
        Err(NoUpload::BrokeOff) => return Err(back("broken")),
    };
    let request = Request::from_parts(parts, Body::from(whole));
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| back("broken"))?;
    let (mut kind, mut file) = (None, None);
    while let Some(field) = form.next_field().await.map_err(|_| back("broken"))? {
        match field.name() {
            Some("kind") => kind = field.text().await.ok().and_then(|it| Kind::named(&it)),
            Some("file") => {
                let name = field.file_name().unwrap_or_default().to_owned();
                let bytes = field.bytes().await.map_err(|_| back("broken"))?;
                file = Some((name, bytes));
            }
            _ => {}
        }
    }
    let kind = kind.ok_or_else(|| back("no-kind"))?;
    // A form in which none was chosen sends an empty one without a name.
    let chosen = file.filter(|(name, bytes)| !(name.is_empty() && bytes.is_empty()));
    let (file, bytes) = chosen.ok_or_else(|| back("no-file"))?;
    if bytes.len() > MAX_BYTES {
        return Err(back("too-large"));
    }
    Ok(Upload { kind, file, bytes: bytes.into() })
}

/// A program is told by the status.
fn too_large() -> Response {
    let said = "The file is larger than 5 MiB. Split it, and load the parts one after the other.";
    (StatusCode::PAYLOAD_TOO_LARGE, said).into_response()
}

/// Nothing of the body is kept, but it is heard: a browser that is cut off shows no answer.
async fn turned_away(request: Request, place: &str) -> Response {
    hear_out(request.into_body()).await;
    to(place)
}

/// To the form, which says why.
fn back(note: &str) -> Response {
    to(&format!("{PAGE}?note={note}"))
}

fn to(place: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
}
