//! A PostgreSQL of a test's own, to be stopped and started.

use std::process::Command;

use tempfile::TempDir;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/postgres");

/// A running server. Dropping it ends it and removes its folder.
pub struct Cluster {
    folder: TempDir,
    pub url: String,
}

impl Cluster {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = script(&folder, &["start"]).trim().to_owned();
        Self { folder, url }
    }

    /// Ends it; `immediate` is what a crash looks like.
    pub fn stop(&self, how: &str) {
        script(&self.folder, &["stop", how]);
    }

    /// Starts it again, on the same port.
    pub fn resume(&self) {
        script(&self.folder, &["resume"]);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let folder = self.folder.path();
        _ = Command::new(SCRIPT).arg("stop").arg(folder).arg("immediate").output();
    }
}

/// What, the folder, how.
fn script(folder: &TempDir, words: &[&str]) -> String {
    let (what, how) = words.split_first().unwrap();
    let done = Command::new(SCRIPT).arg(what).arg(folder.path()).args(how).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}
