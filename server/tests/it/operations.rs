//! The commands of OPERATIONS.md, run in its order while somebody stays signed in.
//!
//! Paths lead into a folder of the test's own. What would change this machine has a stand-in: see [`stand_ins`].

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use pagerduty_sandbox::{Options, Sandbox};
use tempfile::TempDir;
use url::Url;

use crate::harness::{
    BETHANY, Browser,
    postgres::Database,
    program::{browser, free_port, reopened},
};

mod stand_ins;

use stand_ins::STAND_INS;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What a test has not got, as the page says it.
const MISSING: [&str; 4] = ["needs-systemd", "needs-caddy", "needs-podman", "needs-an-empty-server"];

struct Block {
    section: String,
    /// Nothing, `postgres`, or one of [`MISSING`].
    mark: String,
    text: String,
}

/// Every block of the page that is in this language.
fn blocks(language: &str) -> Vec<Block> {
    let page = fs::read_to_string(Path::new(ROOT).join("OPERATIONS.md")).unwrap();
    let (mut section, mut open, mut all) = (String::new(), None::<Block>, Vec::new());
    for line in page.lines() {
        if let Some(fence) = line.trim_start().strip_prefix("```") {
            match open.take() {
                Some(block) => all.push(block),
                None => {
                    let (words, mark) = fence.split_once(' ').unwrap_or((fence, ""));
                    let mark = if words == language { mark.to_owned() } else { "not of it".to_owned() };
                    open = Some(Block { section: section.clone(), mark, text: String::new() });
                }
            }
        } else if let Some(block) = &mut open {
            block.text += line;
            block.text += "\n";
        } else if let Some(title) = line.strip_prefix("## ") {
            section = title.to_owned();
        }
    }
    assert!(open.is_none(), "a block is not closed");
    all.retain(|block| block.mark != "not of it");
    all
}

/// A machine as the page has it.
struct Machine {
    folder: TempDir,
    port: u16,
    sandbox: Sandbox,
    database: Option<Database>,
}

impl Machine {
    async fn new(database: Option<Database>) -> Self {
        let sandbox = Sandbox::start_with(Options::default()).await.unwrap();
        let port = free_port();
        sandbox.add_redirect_url(&format!("http://localhost:{port}/callback"));
        let machine = Self { folder: tempfile::tempdir().unwrap(), port, sandbox, database };
        for folder in [
            "bin",
            "lib",
            "stand-ins",
            "state",
            "units",
            "nginx",
            "here/target/release-file",
            "etc",
            "backups",
        ] {
            fs::create_dir_all(machine.at(folder)).unwrap();
        }
        for (name, script) in STAND_INS {
            let path = machine.at("stand-ins").join(name);
            fs::write(&path, format!("#!/bin/sh\nset -eu\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        symlink(Path::new(ROOT).join("server"), machine.at("here/server")).unwrap();
        let file = machine.at("here/target/release-file/pdconnect");
        symlink(env!("CARGO_BIN_EXE_pdconnect"), &file).unwrap();
        let sum =
            Command::new("sha256sum").arg("pdconnect").current_dir(file.parent().unwrap()).output().unwrap();
        fs::write(file.with_extension("sha256"), sum.stdout).unwrap();

        let mut settings: serde_json::Value = serde_json::from_str(&blocks("json")[0].text).unwrap();
        for (name, value) in [
            ("PD_CLIENT_ID", machine.sandbox.client_id()),
            ("PD_CLIENT_SECRET", machine.sandbox.client_secret()),
            ("PUBLIC_URL", &format!("http://localhost:{port}")),
        ] {
            assert!(settings[name].is_string(), "{name}");
            settings[name] = value.into();
        }
        if let Some(database) = &machine.database {
            settings["DATABASE_URL"] = database.url().into();
            machine.tell_of(database);
        }
        fs::write(machine.at("here/config.json"), machine.here(&settings.to_string())).unwrap();
        machine
    }

    /// The page's files for PostgreSQL's programs, about this database.
    fn tell_of(&self, database: &Database) {
        let url = Url::parse(database.url()).unwrap();
        let [service, passwords] = ["ini", "text"].map(|kind| blocks(kind).remove(0).text);
        let name = url.path().trim_start_matches('/');
        let port = url.port().unwrap().to_string();
        let mut service = self.here(&service);
        for (there, here) in [
            ("host=db.example.com", format!("host={}", url.host_str().unwrap())),
            ("port=5432", format!("port={port}")),
            ("dbname=pdconnect", format!("dbname={name}")),
            ("user=pdconnect", format!("user={}", url.username())),
            ("sslmode=verify-full", "sslmode=disable".to_owned()),
        ] {
            assert!(service.contains(there), "{there}");
            service = service.replace(there, &here);
        }
        let of_the_same = "db.example.com:5432:pdconnect:pdconnect:PASSWORD";
        assert_eq!(passwords.trim(), of_the_same);
        fs::write(self.at("here/pg_service.conf"), service).unwrap();
        fs::write(self.at("here/pgpass"), passwords).unwrap();
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the page says, with the places it would be said of here.
    fn here(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (there, here) in [
            ("/etc/pdconnect", "etc"),
            ("/usr/local/bin", "bin"),
            ("/usr/local/lib", "lib"),
            ("/var/lib/pdconnect", "state"),
            ("/var/backups", "backups"),
            ("/etc/systemd/system", "units"),
            ("/etc/nginx/conf.d", "nginx"),
        ] {
            text = text.replace(there, &self.at(here).display().to_string());
        }
        text.replace("127.0.0.1:5000", &format!("127.0.0.1:{}", self.port))
    }

    fn run(&self, block: &Block) {
        let at = |name: &str| self.at(name).display().to_string();
        let programs =
            Command::new(Path::new(ROOT).join("scripts/postgres")).arg("programs").output().unwrap();
        let programs = String::from_utf8(programs.stdout).unwrap();
        let path = format!("{}:{}:{}:/usr/bin:/bin:/usr/sbin", at("stand-ins"), at("bin"), programs.trim());
        let port = self.port.to_string();
        let (bin, etc, state, backups) = (at("bin"), at("etc"), at("state"), at("backups"));
        let env = [
            ("PATH", &*path),
            ("PROGRAM", env!("CARGO_BIN_EXE_pdconnect")),
            ("BIN", &bin),
            ("ETC", &etc),
            ("STATE", &state),
            ("BACKUPS", &backups),
            ("LEPTOS_OUTPUT_NAME", "pdconnect"),
            ("PORT", &port),
            ("PD_IDENTITY_URL", self.sandbox.identity_url()),
            ("PD_API_URL", self.sandbox.api_url()),
            ("PD_EU_API_URL", self.sandbox.eu_api_url()),
        ];
        let kept = env.map(|(name, _)| name).join(" ");
        let done = Command::new("/bin/bash")
            .args(["-euo", "pipefail", "-c", &self.here(&block.text)])
            .current_dir(self.at("here"))
            .env_clear()
            .envs(env)
            .env("KEPT", kept + " KEPT")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
        assert!(done.status.success(), "{}:\n{}\n{said}", block.section, block.text);
    }

    fn serves(&self) -> bool {
        std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let kill = "kill -KILL \"$(cat \"$0\")\"";
        _ = Command::new("/bin/sh").args(["-c", kill]).arg(self.at("state.pid")).output();
    }
}

/// Runs what is for this machine. From the moment somebody is signed in, they are after every block.
async fn walk(machine: &Machine, is_for_it: impl Fn(&Block) -> bool) -> usize {
    let (mut signed_in, mut count) = (None::<Browser>, 0);
    for block in blocks("sh").iter().filter(|block| is_for_it(block)) {
        tokio::task::block_in_place(|| machine.run(block));
        let copies = |block: &Block| ["pdconnect backup", "pg_dump"].iter().any(|it| block.text.contains(it));
        if block.section == "Backup and restore" && copies(block) {
            // It is made every day.
            tokio::time::sleep(Duration::from_millis(1100)).await;
            tokio::task::block_in_place(|| machine.run(block));
        }
        count += 1;
        if !machine.serves() {
            assert!(signed_in.is_none(), "nobody serves after this:\n{}", block.text);
            continue;
        }
        let person = match signed_in.take() {
            Some(person) => reopened(&person, machine.port),
            None => {
                let person = browser(machine.port);
                assert_eq!(person.connect_as(BETHANY).await.location(), "/welcome");
                person
            }
        };
        assert!(person.is_greeted("Bethany Developer").await, "{}:\n{}", block.section, block.text);
        assert_eq!(person.check().await, "checked", "{}", block.text);
        signed_in = Some(person);
    }
    assert!(signed_in.is_some());
    count
}

#[test]
fn every_block_of_the_page_is_run_or_says_what_it_needs() {
    for block in blocks("sh") {
        let known = ["", "postgres"].contains(&&*block.mark) || MISSING.contains(&&*block.mark);
        assert!(known, "{}: {}", block.section, block.mark);
    }
    for language in ["bash", "shell", "console", ""] {
        assert!(blocks(language).is_empty(), "a block that no test knows of: {language}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_works_on_one_machine() {
    let machine = Machine::new(None).await;
    let count = walk(&machine, |block| block.mark.is_empty()).await;
    assert!(count >= 13, "only {count} blocks");
    assert_eq!(fs::metadata(machine.at("etc/config.json")).unwrap().permissions().mode() & 0o777, 0o600);
    let key = fs::read_to_string(machine.at("state/vault.key")).unwrap();
    assert_eq!(key.lines().count(), 1, "old keys are forgotten");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_works_on_several_machines_with_postgresql() {
    let machine = Machine::new(Some(Database::create().await)).await;
    let is_for_it = |block: &Block| {
        let text = &block.text;
        block.mark == "postgres"
            || (block.mark.is_empty() && !text.contains(".db") && !text.contains("prepare"))
    };
    let count = walk(&machine, is_for_it).await;
    assert!(count >= 8, "only {count} blocks");
}

#[test]
#[allow(clippy::print_stdout, reason = "a test that is skipped says so")]
fn the_unit_is_one_that_systemd_takes_and_leaves_the_program_little() {
    let unit = fs::read_to_string(Path::new(ROOT).join("server/deploy/pdconnect.service")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pdconnect.service");
    let here = unit.replace("/usr/local/bin/pdconnect", env!("CARGO_BIN_EXE_pdconnect"));
    fs::write(&path, here.replace("Documentation", "# Documentation")).unwrap();
    let analyze = |words: &[&str]| Command::new("systemd-analyze").args(words).arg(&path).output();
    let verified = match analyze(&["verify", "--man=no"]) {
        Ok(verified) => verified,
        Err(why) => return println!("skipped, systemd-analyze is missing: {why}"),
    };
    let said = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success() && !said.contains("pdconnect.service"), "{said}");
    // Of 10, which is no protection at all; the program needs IP, a user and its state.
    let rated = analyze(&["security", "--offline=true", "--no-pager", "--threshold=15"]).unwrap();
    assert!(rated.status.success(), "{}", String::from_utf8_lossy(&rated.stdout));
}
