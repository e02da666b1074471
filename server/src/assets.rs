//! The site cargo-leptos built: Wasm, its JavaScript, styles, pictures.
//!
//! With the feature `embed` it is inside the program, else in a folder. Everything but where the bytes come from is
//! the same.

use std::borrow::Cow;

use app::shell::Assets;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use leptos::config::LeptosOptions;
use sha2::{Digest, Sha256};

#[cfg(not(feature = "embed"))]
mod folder;
#[cfg(feature = "embed")]
mod inside;

#[cfg(not(feature = "embed"))]
use folder as place;
#[cfg(feature = "embed")]
use inside as place;
pub use place::options;

/// As in `Cargo.toml`, under `workspace.metadata.leptos`.
const NAME: &str = "pdconnect";

/// Compressed beforehand, the smaller first; and how their files' names end.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// The addresses of the built files. cargo-leptos puts a hash of the content into each name.
pub fn read(options: &LeptosOptions) -> Assets {
    let (pkg, name) = (&options.site_pkg_dir, &options.output_name);
    let address = |kind: &str| {
        let hashed = place::hash(options, kind).map(|hash| format!("{name}.{hash}.{kind}"));
        let is_there = |file: &String| place::file(options, &format!("{pkg}/{file}")).is_some();
        // A development build has no hashes, but may find those of an earlier one.
        let file = hashed.filter(is_there).unwrap_or(format!("{name}.{kind}"));
        if !is_there(&file) {
            tracing::warn!(event = "site.missing", file, "the site is not built: pages will be plain HTML");
        }
        format!("/{pkg}/{file}")
    };
    Assets { js: address("js"), wasm: address("wasm"), css: address("css") }
}

/// `/pkg/…`: names carry a hash, so what they name never changes.
pub(crate) fn built(options: &LeptosOptions) -> Router {
    let options = options.clone();
    Router::new().fallback_service(get(async move |request: Request| {
        let name = request.uri().path().strip_prefix('/').unwrap_or_default();
        // Whatever a file of the site is called, it is not called anything else.
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        if name.is_empty() || name.starts_with('.') || !name.bytes().all(plain) {
            return StatusCode::NOT_FOUND.into_response();
        }
        answer(&options, &format!("{}/{name}", options.site_pkg_dir), request.headers())
    }))
}

/// One file of the site root.
pub(crate) fn file<S: Clone + Send + Sync + 'static>(
    options: &LeptosOptions,
    name: &'static str,
) -> MethodRouter<S> {
    let options = options.clone();
    get(async move |headers: HeaderMap| answer(&options, name, &headers))
}

/// The file as whoever asks likes it best: not at all, if they have it already.
fn answer(options: &LeptosOptions, path: &str, headers: &HeaderMap) -> Response {
    let compressed = CODINGS.iter().filter(|(coding, _)| takes(headers, coding));
    let compressed = compressed
        .filter_map(|(coding, end)| Some((*coding, place::file(options, &format!("{path}{end}"))?)));
    let Some(plain) = place::file(options, path) else { return StatusCode::NOT_FOUND.into_response() };
    let (coding, bytes) =
        compressed.map(|(coding, bytes)| (Some(coding), bytes)).next().unwrap_or((None, plain));

    let mut answer = Response::new(Body::empty());
    let tag = tag(&bytes);
    let known = headers.get_all(header::IF_NONE_MATCH).iter().any(|it| names(it, &tag));
    let told = answer.headers_mut();
    told.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(path)));
    told.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        told.insert(header::ETAG, tag);
    }
    if known {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        return answer;
    }
    if let Some(coding) = coding {
        told.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    *answer.body_mut() = Body::from(match bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    });
    answer
}

/// RFC 9110 §12.5.3, as far as it matters here: named, and not with the weight of nothing.
fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|it| it.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let weight = weight.trim().strip_prefix("q=").and_then(|it| it.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(coding) && weight != Some(0.0)
    })
}

/// Strong: compressed bytes have another one.
fn tag(bytes: &[u8]) -> String {
    let mut hash = hex::encode(Sha256::digest(bytes));
    hash.truncate(32);
    format!("\"{hash}\"")
}

/// RFC 9110 §13.1.2: by weak comparison.
fn names(line: &HeaderValue, tag: &str) -> bool {
    let line = line.to_str().unwrap_or_default();
    line.split(',').map(str::trim).any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == tag)
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}
