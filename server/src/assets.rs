//! The files cargo-leptos built: Wasm, its JavaScript, styles, pictures.

use std::{fs, io, path::Path};

use app::shell::Assets;
use axum::{Router, routing::MethodRouter};
use leptos::config::LeptosOptions;
use tower_http::services::{ServeDir, ServeFile};

/// Finds the names of the built files. With `hash-files` cargo-leptos writes the
/// hashes into a small file beside the program (or below the site root).
pub fn read(options: &LeptosOptions) -> Assets {
    let hashes = hash_file(options).unwrap_or_default();
    let hash = |kind: &str| {
        hashes
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(k, _)| k.trim() == kind)
            .map(|(_, hash)| format!(".{}", hash.trim()))
            .unwrap_or_default()
    };
    let (pkg, name) = (&options.site_pkg_dir, &options.output_name);
    Assets {
        js: format!("/{pkg}/{name}{}.js", hash("js")),
        wasm: format!("/{pkg}/{name}{}.wasm", hash("wasm")),
        css: format!("/{pkg}/{name}{}.css", hash("css")),
    }
}

fn hash_file(options: &LeptosOptions) -> io::Result<String> {
    if !options.hash_files {
        return Ok(String::new());
    }
    let beside_program = std::env::current_exe()?.with_file_name(&*options.hash_file);
    fs::read_to_string(beside_program)
        .or_else(|_| fs::read_to_string(Path::new(&*options.site_root).join(&*options.hash_file)))
}

/// `/pkg/…`: compressed beforehand; names carry a hash, so they never change.
pub(crate) fn built(options: &LeptosOptions) -> Router {
    let folder = Path::new(&*options.site_root).join(&*options.site_pkg_dir);
    let files =
        ServeDir::new(folder).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
    Router::new().fallback_service(files)
}

/// One file of the site root.
pub(crate) fn file<S: Clone + Send + Sync + 'static>(options: &LeptosOptions, name: &str) -> MethodRouter<S> {
    let file = ServeFile::new(Path::new(&*options.site_root).join(name));
    axum::routing::get_service(file)
}
