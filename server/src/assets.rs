//! The site cargo-leptos built: Wasm, its JavaScript, styles, pictures.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use app::shell::Assets;
use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use leptos::config::{LeptosOptions, errors::LeptosConfigError, get_configuration};
use tower_http::services::{ServeDir, ServeFile};

/// As in `Cargo.toml`, under `workspace.metadata.leptos`.
const NAME: &str = "pdconnect";

/// Leptos' own options. The site stands beside the program or beside its
/// folder, as cargo-leptos leaves it, unless `LEPTOS_SITE_ROOT` says otherwise.
pub fn options() -> Result<LeptosOptions, LeptosConfigError> {
    let read = get_configuration(None)?.leptos_options;
    let options = LeptosOptions::builder()
        .output_name(NAME)
        .site_root(site_root(&read).to_string_lossy().as_ref())
        .env(read.env)
        .reload_port(read.reload_port)
        .build();
    Ok(options)
}

fn site_root(read: &LeptosOptions) -> PathBuf {
    let named = PathBuf::from(&*read.site_root);
    if named.is_absolute() {
        return named;
    }
    let folder = program_folder();
    [folder.join("site"), folder.join("../site")].into_iter().find(|p| p.is_dir()).unwrap_or(named)
}

fn program_folder() -> PathBuf {
    std::env::current_exe().ok().and_then(|p| p.parent().map(Path::to_owned)).unwrap_or_default()
}

/// The names of the built files. cargo-leptos puts a hash of the content into
/// each and lists the hashes in a small file beside the program.
pub fn read(options: &LeptosOptions) -> Assets {
    let (pkg, name) = (&options.site_pkg_dir, &options.output_name);
    let folder = Path::new(&*options.site_root).join(&**pkg);
    let hashes = fs::read_to_string(program_folder().join(&*options.hash_file)).unwrap_or_default();
    let address = |kind: &str| {
        let hash = hashes.lines().filter_map(|line| line.split_once(": ")).find(|(k, _)| *k == kind);
        let hashed = hash.map(|(_, hash)| format!("{name}.{hash}.{kind}"));
        // A development build has no hashes, but may find those of an earlier one.
        let file = hashed.filter(|file| folder.join(file).is_file()).unwrap_or(format!("{name}.{kind}"));
        if !folder.join(&file).is_file() {
            tracing::warn!(event = "site.missing", file, "the site is not built: pages will be plain HTML");
        }
        format!("/{pkg}/{file}")
    };
    Assets { js: address("js"), wasm: address("wasm"), css: address("css") }
}

/// `/pkg/…`: compressed beforehand; names carry a hash, so they never change.
pub(crate) fn built(options: &LeptosOptions) -> Router {
    let folder = Path::new(&*options.site_root).join(&*options.site_pkg_dir);
    let files =
        ServeDir::new(folder).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
    Router::new().fallback(move |request: Request| {
        let mut files = files.clone();
        async move { files.try_call(request).await.map_or_else(no_file, IntoResponse::into_response) }
    })
}

/// A name that no file can have is the asker's mistake.
fn no_file(error: io::Error) -> Response {
    if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::InvalidFilename) {
        return StatusCode::NOT_FOUND.into_response();
    }
    tracing::error!(event = "site.unreadable", cause = %error);
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// One file of the site root.
pub(crate) fn file<S: Clone + Send + Sync + 'static>(options: &LeptosOptions, name: &str) -> MethodRouter<S> {
    let file = ServeFile::new(Path::new(&*options.site_root).join(name));
    axum::routing::get_service(file)
}
