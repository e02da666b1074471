//! nginx with the configuration that OPERATIONS.md hands out, on ports of a test's own.

use std::{
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{PATIENCE, program::free_port};

const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/nginx.conf");

/// Of one that takes TLS connections for `localhost`.
const CERTIFICATE: &str = "[req]\ndistinguished_name = name\nx509_extensions = it\n[name]\n[it]\n\
     basicConstraints = critical, CA:FALSE\nsubjectAltName = DNS:localhost\n";

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
        certify(folder.path());
        let path = |name: &str| folder.path().join(name).display().to_string();

        let server = "    server 127.0.0.1:5000 ";
        let handed_out = fs::read_to_string(CONFIGURATION).unwrap();
        let line = handed_out.lines().find(|line| line.starts_with(server)).unwrap();
        let one = |port: &u16| line.replace(":5000", &format!(":{port}"));
        let mut site = handed_out.replace(line, &replicas.iter().map(one).collect::<Vec<_>>().join("\n"));
        for (here, there) in [
            ("listen 80;", format!("listen 127.0.0.1:{plain};")),
            ("listen 443 ssl", format!("listen 127.0.0.1:{port} ssl")),
            ("server_name connect.example.com;", "server_name localhost;".to_owned()),
            ("/etc/ssl/connect.example.com.crt", path("it.crt")),
            ("/etc/ssl/private/connect.example.com.key", path("it.key")),
            ("/var/log/nginx/pdconnect.access.log", path("access")),
            ("/var/log/nginx/pdconnect.error.log", path("error")),
        ] {
            assert!(site.contains(here), "{here} is not in the configuration any more");
            site = site.replace(here, &there);
        }
        fs::write(path("pdconnect.conf"), site).unwrap();
        // What Debian has around it, in a folder of the test's own.
        let of_root =
            fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0);
        let user = if of_root { "user root;" } else { "" };
        let folders: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {};\n", path(name)))
            .concat();
        let whole = format!(
            "{user}\ndaemon off;\nworker_processes 2;\npid {};\nevents {{}}\n\
             http {{\naccess_log {};\n{folders}include {};\n}}\n",
            path("pid"),
            path("usual"),
            path("pdconnect.conf"),
        );
        fs::write(path("nginx.conf"), whole).unwrap();

        let log = fs::File::create(path("log")).unwrap();
        let child = Command::new(program())
            .args(["-e", &path("log"), "-c", &path("nginx.conf")])
            .stderr(log)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut nginx = Self { child, folder, url: url.to_owned(), plain };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = nginx.child.try_wait().unwrap();
            assert!(ended.is_none() && started.elapsed() < PATIENCE, "{ended:?} {}", nginx.log());
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

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Whatever it wrote of requests: where the configuration says, and where Debian's own does.
    pub fn requests(&self) -> String {
        let read = |name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        ["access", "error", "usual", "log"].map(read).concat()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its first process ends the others.
        _ = Command::new("/bin/sh").args(["-c", "kill -TERM \"$0\"", &self.child.id().to_string()]).status();
        _ = self.child.wait();
    }
}

/// On the `PATH`, or where Debian has it.
fn program() -> PathBuf {
    let places = ["nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx"].map(PathBuf::from);
    let found = places.into_iter().find(|it| Command::new(it).arg("-v").output().is_ok());
    found.expect("nginx is needed. Debian and Ubuntu: sudo apt-get install nginx")
}

fn certify(folder: &Path) {
    fs::write(folder.join("request"), CERTIFICATE).unwrap();
    let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
                 -config request -keyout it.key -out it.crt";
    let made = Command::new("openssl").args(words.split_whitespace()).current_dir(folder).output();
    let made = made.expect("openssl is needed. Debian and Ubuntu: sudo apt-get install openssl");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
