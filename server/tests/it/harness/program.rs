//! The real program, in a folder and an environment of its own.

use std::{
    fs::{self, File},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

use http::Method;
use pagerduty_sandbox::{Options, Sandbox};
use reqwest::RequestBuilder;
use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use super::{PATIENCE, Reply};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pdconnect");

/// A folder to run the program in, and what to run it with.
pub struct Place {
    folder: TempDir,
    env: Vec<(String, String)>,
}

/// A program that ended by itself.
#[derive(Debug)]
pub struct Ended {
    pub ok: bool,
    pub code: Option<i32>,
    pub out: String,
    /// Standard error: the log, and the last word.
    pub err: String,
}

/// A running program.
pub struct Running {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), env: Vec::new() }
    }

    /// Ready to serve with this sandbox for PagerDuty, on the returned port.
    pub async fn with_sandbox(options: Options) -> (Self, Sandbox, u16) {
        let sandbox = Sandbox::start_with(options).await.unwrap();
        let port = free_port();
        sandbox.add_redirect_url(&format!("http://localhost:{port}/callback"));
        let place = Self::new()
            .file(
                "config.json",
                &serde_json::json!({
                    "PD_CLIENT_ID": sandbox.client_id(),
                    "PD_CLIENT_SECRET": sandbox.client_secret(),
                })
                .to_string(),
            )
            .env("PORT", &port.to_string())
            .env("PD_IDENTITY_URL", sandbox.identity_url())
            .env("PD_API_URL", sandbox.api_url())
            .env("PD_EU_API_URL", sandbox.eu_api_url());
        (place, sandbox, port)
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes a file for its owner's eyes only.
    pub fn file(self, name: &str, content: &str) -> Self {
        fs::write(self.path(name), content).unwrap();
        self.mode(name, 0o600);
        self
    }

    pub fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// The permission bits of a file.
    pub fn mode_of(&self, name: &str) -> u32 {
        fs::metadata(self.path(name)).unwrap().permissions().mode() & 0o777
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A connection of our own to the database of a program with credentials.
    pub async fn database(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.path("data/pdconnect.db"));
        options.connect().await.unwrap()
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> (Command, PathBuf, PathBuf) {
        // Through a shell, which lets everyone read new files unless the program says otherwise.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "umask 000; exec \"$0\" \"$@\"", PROGRAM]).args(arguments);
        command.current_dir(self.folder.path()).env_clear();
        command.env("LEPTOS_OUTPUT_NAME", "pdconnect");
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        // Several may run in one place.
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let (out, err) = (self.path(&format!("stdout-{number}")), self.path(&format!("stderr-{number}")));
        command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
        (command, out, err)
    }

    /// Runs a command that ends by itself.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        let (mut command, out, err) = self.command(arguments);
        if arguments.first() == Some(&"serve") && !self.env.iter().any(|(name, _)| name == "PORT") {
            // Not the usual one: another test, or somebody at this machine, may have it.
            command.env("PORT", free_port().to_string());
        }
        let mut child = command.spawn().unwrap();
        let status = wait(&mut child);
        Ended { ok: status.success(), code: status.code(), out: read(&out), err: read(&err) }
    }

    /// The same with standard output into something that is there already.
    pub fn run_into(&self, out: &str, arguments: &[&str]) -> Ended {
        let (mut command, _, err) = self.command(arguments);
        let mut child = command.stdout(File::options().write(true).open(out).unwrap()).spawn().unwrap();
        let status = wait(&mut child);
        Ended { ok: status.success(), code: status.code(), out: String::new(), err: read(&err) }
    }

    /// Starts something, and does not wait for it.
    pub fn start(&self, arguments: &[&str]) -> Running {
        let (mut command, out, err) = self.command(arguments);
        Running { child: command.spawn().unwrap(), out, err }
    }

    /// Starts something whose output goes nowhere unless the test reads it.
    pub fn piped(&self, arguments: &[&str]) -> (Running, ChildStdout, ChildStderr) {
        let (mut command, out, err) = self.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let pipes = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        (Running { child, out, err }, pipes.0, pipes.1)
    }

    /// Starts serving; returns when the program answers.
    pub fn serve(&self, arguments: &[&str], port: u16) -> Running {
        let mut running = self.start(arguments);
        let started = Instant::now();
        // Greeted, and somebody is at the door.
        let is_up = |running: &Running| {
            running.out().contains('→') && TcpStream::connect(("127.0.0.1", port)).is_ok()
        };
        while !is_up(&running) {
            if let Some(status) = running.child.try_wait().unwrap() {
                panic!("{status}: {}", running.err());
            }
            assert!(started.elapsed() < PATIENCE, "{}", running.err());
            sleep(Duration::from_millis(20));
        }
        running
    }
}

impl Running {
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn out(&self) -> String {
        read(&self.out)
    }

    pub fn err(&self) -> String {
        read(&self.err)
    }

    /// Asks it to stop, as a service manager does.
    pub fn ask_to_stop(&self) {
        let pid = self.pid().to_string();
        Command::new("/bin/sh").args(["-c", "kill -TERM \"$0\"", &pid]).status().unwrap();
    }

    /// Waits for its end: how it ended, and what it had logged.
    pub fn ended(mut self) -> (ExitStatus, String) {
        let status = wait(&mut self.child);
        (status, self.err())
    }

    /// Asks it to stop, and waits.
    pub fn terminate(self) -> (ExitStatus, String) {
        self.ask_to_stop();
        self.ended()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// A browser for a program on a port; see [`super::Browser`] for what it does.
pub fn browser(port: u16) -> super::Browser {
    super::Browser::of(&format!("http://localhost:{port}"), &format!("127.0.0.1:{port}"))
}

/// The same cookies on new connections: the old ones ended with the program.
pub fn reopened(old: &super::Browser, port: u16) -> super::Browser {
    let new = browser(port);
    old.cookies().iter().for_each(|(name, value)| new.set_cookie(name, value));
    new
}

/// One plain request, with nothing but `Host`.
pub async fn get(port: u16, path: &str) -> Reply {
    let browser = browser(port);
    let request: RequestBuilder = browser.request(Method::GET, path);
    browser.send(request).await
}

/// A port that is free, and the next one too: a sandbox takes both. Below the
/// range the system gives out by itself, so that no other test is given it
/// between now and the start of the program.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let free = |port| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    loop {
        let count = NEXT.fetch_add(2, Ordering::Relaxed);
        let start = (std::process::id() % 8_192) as u16 * 2;
        let port = 12_000 + (start + count) % 16_384;
        if free(port) && free(port + 1) {
            return port;
        }
    }
}

fn wait(child: &mut Child) -> ExitStatus {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if started.elapsed() > PATIENCE {
            _ = child.kill();
            panic!("the program did not end");
        }
        sleep(Duration::from_millis(20));
    }
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()
}
