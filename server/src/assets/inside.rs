//! The site inside the program, which then needs no other file.

use std::{borrow::Cow, convert::Infallible};

use include_dir::{Dir, include_dir};
use leptos::config::{Env, LeptosOptions};

use super::NAME;

/// As it was when the program was built: `scripts/build` makes it first.
static SITE: Dir<'static> = include_dir!("$LEPTOS_SITE_ROOT");

/// Leptos' own options: nothing of the environment has a say.
pub fn options() -> Result<LeptosOptions, Infallible> {
    Ok(LeptosOptions::builder().output_name(NAME).env(Env::PROD).build())
}

/// What stands in the name of the built file of this kind.
pub(super) fn hash(options: &LeptosOptions, kind: &str) -> Option<String> {
    let (start, end) = (format!("{}.", options.output_name), format!(".{kind}"));
    let built = SITE.get_dir(&*options.site_pkg_dir)?.files();
    let mut names = built.filter_map(|file| file.path().file_name()?.to_str());
    names.find_map(|name| name.strip_prefix(&*start)?.strip_suffix(&*end).map(str::to_owned))
}

pub(super) fn file(_: &LeptosOptions, path: &str) -> Option<Cow<'static, [u8]>> {
    SITE.get_file(path).map(|file| Cow::Borrowed(file.contents()))
}
