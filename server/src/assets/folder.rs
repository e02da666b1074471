//! The site in a folder, as cargo-leptos leaves it: beside the program or beside its folder, unless `LEPTOS_SITE_ROOT`
//! says otherwise. Read anew each time: while somebody works on the app, it changes.

use std::{
    borrow::Cow,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use leptos::config::{LeptosOptions, errors::LeptosConfigError, get_configuration};

use super::NAME;

/// Leptos' own options.
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

/// What stands in the name of the built file of this kind: listed in a small file beside the program.
pub(super) fn hash(options: &LeptosOptions, kind: &str) -> Option<String> {
    let hashes = fs::read_to_string(program_folder().join(&*options.hash_file)).ok()?;
    let mut hashes = hashes.lines().filter_map(|line| line.split_once(": "));
    hashes.find(|(of, _)| *of == kind).map(|(_, hash)| hash.to_owned())
}

pub(super) fn file(options: &LeptosOptions, path: &str) -> Option<Cow<'static, [u8]>> {
    match fs::read(Path::new(&*options.site_root).join(path)) {
        Ok(bytes) => Some(bytes.into()),
        Err(why) => {
            if !matches!(why.kind(), ErrorKind::NotFound | ErrorKind::InvalidFilename) {
                tracing::error!(event = "site.unreadable", path, cause = %why);
            }
            None
        }
    }
}
