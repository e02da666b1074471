//! nginx with the configuration that OPERATIONS.md hands out, on ports of a test's own.

use std::{
    fs,
    net::TcpStream,
    process::{Child, Command},
    thread::sleep,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{PATIENCE, program::free_port};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/nginx");
const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/nginx.conf");

/// A running nginx. Dropping it ends it.
pub struct Nginx {
    child: Child,
    folder: TempDir,
    /// `https://localhost:PORT`
    pub url: String,
    /// Where it takes plain connections.
    pub plain: u16,
}

impl Nginx {
    /// In front of programs on these ports of this machine, reached at `url`.
    pub fn start(url: &str, replicas: &[u16]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port: u16 = url.rsplit_once(':').unwrap().1.parse().unwrap();
        let plain = free_port();
        let child = Command::new(SCRIPT)
            .arg(CONFIGURATION)
            .arg(folder.path())
            .args([port, plain].iter().chain(replicas).map(u16::to_string))
            .stderr(fs::File::create(folder.path().join("said")).unwrap())
            .spawn()
            .unwrap();
        let mut nginx = Self { child, folder, url: url.to_owned(), plain };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = nginx.child.try_wait().unwrap();
            assert!(ended.is_none() && started.elapsed() < PATIENCE, "{ended:?} {}", nginx.read("said"));
            sleep(Duration::from_millis(20));
        }
        nginx
    }

    /// A client that trusts its certificate, and comes from another address of this machine than it does itself.
    pub fn client(&self) -> reqwest::Client {
        let certificate = fs::read(self.folder.path().join("it.crt")).unwrap();
        super::client()
            .tls_certs_only([reqwest::Certificate::from_pem(&certificate).unwrap()])
            .local_address("127.0.0.2".parse::<std::net::IpAddr>().unwrap())
            .build()
            .unwrap()
    }

    /// Whatever it wrote of requests: where the configuration says, and where Debian's own does.
    pub fn requests(&self) -> String {
        ["access", "error", "usual", "log", "said"].map(|name| self.read(name)).concat()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its first process ends the others.
        _ = Command::new("/bin/sh").args(["-c", "kill -TERM \"$0\"", &self.child.id().to_string()]).status();
        _ = self.child.wait();
    }
}
