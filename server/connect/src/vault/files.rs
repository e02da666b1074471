//! Files of secrets: for their owner's eyes only, whole or not at all.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::VaultError;
use crate::token;

pub(super) fn failed(path: &Path) -> impl Fn(io::Error) -> VaultError {
    move |e| VaultError::File { path: path.into(), why: e.to_string() }
}

/// Makes an empty file, unless it is there.
pub(super) fn create(path: &Path) -> Result<(), VaultError> {
    make_private_folder(path).map_err(failed(path))?;
    private_file().create(true).truncate(false).open(path).map_err(failed(path))?;
    Ok(())
}

/// Writes a whole file at once: a crash leaves the old one or the new one.
/// With `fresh`, refuses to replace one that is there.
pub(super) fn write_whole(path: &Path, content: &[u8], fresh: bool) -> io::Result<()> {
    make_private_folder(path)?;
    // A name of its own: others may be writing the same file, in processes of the same number.
    let temporary = beside(path);
    let written = private_file().create_new(true).open(&temporary).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    let placed = written
        .and_then(|()| if fresh { fs::hard_link(&temporary, path) } else { fs::rename(&temporary, path) });
    _ = fs::remove_file(&temporary);
    placed?;
    folder(path)?.sync_all()
}

/// A name for a file that is to become this one.
pub(super) fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", token::random()));
    PathBuf::from(name)
}

/// Gives a finished file its name, unless something stands there; the name it had stays, too.
pub(super) fn place(finished: &Path, path: &Path) -> io::Result<()> {
    fs::File::open(finished)?.sync_all()?;
    fs::hard_link(finished, path)?;
    folder(path)?.sync_all()
}

/// For as long as the answer is kept, others who want to change the file wait.
pub(super) fn take_turn(path: &Path) -> io::Result<fs::File> {
    let folder = folder(path)?;
    // A file system that knows no locks goes without.
    _ = folder.lock();
    Ok(folder)
}

fn folder(path: &Path) -> io::Result<fs::File> {
    fs::File::open(path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// Writes a file for its owner's eyes only, whole or not at all; one that is there is left as it is, and an error.
pub fn write_new_secret(path: &Path, content: &[u8]) -> io::Result<()> {
    write_whole(path, content, true)
}

/// Refuses a file of secrets that its group or everyone can read.
pub fn refuse_if_others_can_read(path: &Path) -> Result<(), VaultError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let meta = fs::metadata(path).map_err(failed(path))?;
        if meta.permissions().mode() & 0o077 != 0 {
            return Err(VaultError::Readable(path.into()));
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn make_private_folder(file: &Path) -> io::Result<()> {
    let Some(folder) = file.parent().filter(|f| !f.as_os_str().is_empty() && !f.exists()) else {
        return Ok(());
    };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
