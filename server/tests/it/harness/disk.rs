//! A small disk, to be filled.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    process::Command,
};

use tempfile::TempDir;

/// A file system of its own, in memory. Dropping it unmounts it.
pub struct Disk(TempDir);

impl Disk {
    /// Nothing where this user may not mount, and a word about it.
    #[allow(clippy::print_stdout, reason = "a test that is skipped says so")]
    pub fn mount(kib: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={kib}k,mode=0700"), "tmpfs"]).arg(folder.path());
        match mount.output() {
            Ok(done) if done.status.success() => Some(Self(folder)),
            Ok(done) => {
                println!("skipped, no disk can be mounted: {}", String::from_utf8_lossy(&done.stderr));
                None
            }
            Err(why) => {
                println!("skipped, no disk can be mounted: {why}");
                None
            }
        }
    }

    /// A folder on it.
    pub fn folder(&self) -> TempDir {
        tempfile::tempdir_in(self.0.path()).unwrap()
    }

    /// Leaves no room at all.
    pub fn fill(&self) {
        let mut file = File::options().create(true).append(true).open(self.filler()).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        assert!(fs::write(self.0.path().join("more"), [0; 4096]).is_err(), "there is room left");
    }

    /// Gives the room back.
    pub fn clear(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> std::path::PathBuf {
        Path::join(self.0.path(), "filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        _ = Command::new("umount").arg("--lazy").arg(self.0.path()).output();
    }
}
