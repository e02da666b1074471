//! Plans, reports, templates and exports: CSV to keep.

use app::ssr::AppState;
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use pagerduty::{
    Error as ApiError,
    import::{
        Kind, csv,
        export::{self as exporting},
    },
};
use pagerduty_connect::{Error, ImportError, imports::ImportState};

use super::{PAGE, UNAVAILABLE, back, to};

/// By it Excel knows that the letters are UTF-8.
const MARK: &str = "\u{feff}";
/// Of the name of a file that was loaded.
const MAX_NAME: usize = 60;

/// A plan before it is applied, a report from then on.
pub(crate) async fn report(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let connect = &state.connect;
    // Its page says that nobody is signed in, and leads back.
    let page = format!("{PAGE}/{id}");
    let session = match connect.session(&headers).await {
        Ok(Some(session)) => session,
        Ok(None) => return to(&page),
        Err(_) => return to(UNAVAILABLE),
    };
    let told = async {
        let import = connect.import(&session.user, &id).await?;
        Ok((connect.import_as_csv(&session.user, &id).await?, import))
    };
    match told.await {
        Ok((text, import)) => {
            let what = match import.state {
                ImportState::Planning | ImportState::Planned => "plan",
                _ => "report",
            };
            file(&format!("{}-{what}.csv", safe(&import.about.file)), &text)
        }
        Err(ImportError::Unknown) => (StatusCode::NOT_FOUND, "There is no such import.").into_response(),
        Err(_) => to(UNAVAILABLE),
    }
}

/// A file to begin with. It says nothing of anybody.
pub(crate) async fn template(Path(kind): Path<String>) -> Response {
    match Kind::named(&kind) {
        Some(kind) => file(&format!("{}-template.csv", kind.name()), &csv::template(kind)),
        None => unknown_kind(),
    }
}

/// Everything of that kind that the account has.
pub(crate) async fn export(
    State(state): State<AppState>,
    Path(kind): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(kind) = Kind::named(&kind) else { return unknown_kind() };
    let connect = &state.connect;
    let exported = async {
        let session = connect.session(&headers).await?.ok_or(Error::NotConnected)?;
        let connection = connect.connection(&session.user).await?.ok_or(Error::NotConnected)?;
        let missing = exporting::scopes(kind).missing_from(&connection.about.granted());
        if !missing.is_empty() {
            return Err(Error::Api(ApiError::MissingScope { required: missing.to_string() }));
        }
        connect.export(&session.user, kind).await
    };
    match exported.await {
        Ok(text) => file(&format!("{}.csv", kind.name()), &text),
        Err(Error::Api(ApiError::MissingScope { .. })) => {
            to(&format!("{PAGE}?note=export-scopes&kind={}", kind.name()))
        }
        Err(e) if e.is_reconnect_required() => to(PAGE),
        Err(e) => {
            tracing::warn!(event = "export.failed", cause = %e);
            back("export-failed")
        }
    }
}

fn unknown_kind() -> Response {
    (StatusCode::NOT_FOUND, "There are users and services to load, and nothing else.").into_response()
}

fn file(name: &str, text: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, format!("{MARK}{text}")).into_response()
}

/// What is safe in a header and on every disk: the rest of the name becomes dashes.
fn safe(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let plain = |it: char| if it.is_ascii_alphanumeric() || matches!(it, '-' | '_') { it } else { '-' };
    let name: String = stem.chars().take(MAX_NAME).map(plain).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "import".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn names_of_files_hold_nothing_that_ends_a_header_or_leaves_a_folder() {
        for (name, kept) in [
            ("people.csv", "people"),
            ("../../etc/passwd", "import"),
            ("/etc/passwd.csv", "etc-passwd"),
            ("a\"b\r\nSet-Cookie: x.csv", "a-b--Set-Cookie--x"),
            ("Männer und Frauen.csv", "M-nner-und-Frauen"),
            (".csv", "import"),
            ("", "import"),
        ] {
            assert_eq!(safe(name), kept);
        }
    }
}
