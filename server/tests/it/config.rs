//! The real program and its settings, in a folder of its own.

mod files;
mod serving;
mod vault;

use pagerduty_sandbox::Options;

use crate::harness::program::{Ended, Place, free_port};

const SECRET: &str = "CANARY-SECRET-e7a1";
const SAMPLE: &str = r#"{"PD_CLIENT_ID":"id-of-file","PD_CLIENT_SECRET":"CANARY-SECRET-e7a1","REDIRECT_URI":"http://localhost:5000/callback"}"#;
const DOWNLOADED: &str = r#"{"client_id":"id-of-file","client_secret":"CANARY-SECRET-e7a1","name":"My App","scopes":["users.read"]}"#;

/// `NAME source value` of what `pdconnect config` prints.
fn setting<'a>(ended: &'a Ended, name: &str) -> (&'a str, &'a str) {
    assert!(ended.ok, "{}", ended.err);
    let line = ended.out.lines().find(|l| l.split_whitespace().next() == Some(name)).expect(name);
    let mut words = line.split_whitespace();
    words.next();
    let source = words.next().unwrap();
    (source, line.split_once(source).unwrap().1.trim())
}

/// It stopped, and said why: the setting's name and this.
fn assert_stopped(ended: &Ended, says: &[&str]) {
    assert!(!ended.ok, "it did not stop: {}", ended.out);
    for text in says {
        assert!(ended.err.contains(text), "“{text}” is not in: {}", ended.err);
    }
    assert!(!ended.err.contains("CANARY") && !ended.out.contains("CANARY"), "{}", ended.err);
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
}

#[test]
fn without_settings_the_defaults_stand() {
    let ended = Place::new().run(&["config"]);
    for (name, value) in [
        ("PD_CLIENT_ID", "none: the sandbox is used"),
        ("REDIRECT_URI", "http://localhost:5000/callback"),
        ("PD_SCOPES", "incidents.read oncalls.read openid services.read teams.read users.read"),
        ("PUBLIC_URL", "http://localhost:5000"),
        ("LISTEN", "127.0.0.1"),
        ("PORT", "5000"),
        ("METRICS_LISTEN", "none"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "none"),
        ("OTEL_SERVICE_NAME", "pdconnect"),
        ("DATABASE_URL", "sqlite:data/sandbox.db"),
        ("VAULT_KEY_FILE", "data/vault.key"),
        ("KEEP_ALIVE", "on"),
        ("REVEAL_TOKENS", "on"),
        ("PD_IDENTITY_URL", "https://identity.pagerduty.com"),
        ("PD_API_URL", "https://api.pagerduty.com"),
        ("PD_EU_API_URL", "https://api.eu.pagerduty.com"),
    ] {
        assert_eq!(setting(&ended, name), ("default", value), "{name}");
    }
}

#[test]
fn tokens_are_not_shown_beyond_this_machine_unless_somebody_says_so() {
    let file = r#"{"PD_CLIENT_ID":"id","PD_CLIENT_SECRET":"s","PUBLIC_URL":"https://connect.example.com"}"#;
    let place = Place::new().file("config.json", file);
    assert_eq!(setting(&place.run(&["config"]), "REVEAL_TOKENS"), ("default", "off"));
    let ended = place.run(&["config", "--reveal-tokens", "on"]);
    assert_eq!(setting(&ended, "REVEAL_TOKENS"), ("flag", "on"));
}

#[test]
fn flags_stand_over_the_environment_and_that_over_the_file() {
    let file = r#"{"PD_CLIENT_ID":"id-of-file","PD_CLIENT_SECRET":"s","PORT":5003,"PD_SCOPES":"openid users.read teams.read"}"#;
    let place = Place::new().file("config.json", file);
    let ended = place.run(&["config"]);
    assert_eq!(setting(&ended, "PORT"), ("file", "5003"));
    assert_eq!(setting(&ended, "PD_SCOPES"), ("file", "openid teams.read users.read"));
    assert_eq!(setting(&ended, "DATABASE_URL"), ("default", "sqlite:data/pdconnect.db"));
    assert_eq!(setting(&ended, "REDIRECT_URI").1, "http://localhost:5003/callback");

    let place = place.env("PORT", "5004").env("PD_CLIENT_ID", "id-of-environment");
    let ended = place.run(&["config"]);
    assert_eq!(setting(&ended, "PORT"), ("environment", "5004"));
    assert_eq!(setting(&ended, "PD_CLIENT_ID"), ("environment", "id-of-environment"));

    let ended = place.run(&["config", "--port", "5005", "--client-id", "id-of-flag"]);
    assert_eq!(setting(&ended, "PORT"), ("flag", "5005"));
    assert_eq!(setting(&ended, "PD_CLIENT_ID"), ("flag", "id-of-flag"));
    assert_eq!(setting(&ended, "PUBLIC_URL"), ("default", "http://localhost:5005"));
    // An empty variable is none.
    assert_eq!(setting(&place.env("PORT", "").run(&["config"]), "PORT"), ("file", "5003"));
}

#[test]
fn both_shapes_of_the_file_are_read_and_neither_shows_its_secret() {
    for text in [SAMPLE, DOWNLOADED] {
        let ended = Place::new().file("config.json", text).run(&["config"]);
        assert_eq!(setting(&ended, "PD_CLIENT_ID"), ("file", "id-of-file"));
        assert_eq!(setting(&ended, "PD_CLIENT_SECRET").0, "file");
        assert!(!format!("{ended:?}").contains("CANARY"), "{ended:?}");
    }
    let place = Place::new().file("elsewhere.json", DOWNLOADED);
    assert_eq!(setting(&place.run(&["config"]), "PD_CLIENT_ID").0, "default");
    assert_eq!(setting(&place.run(&["config", "--config", "elsewhere.json"]), "PD_CLIENT_ID").0, "file");
}

#[test]
fn sr_80_the_secret_is_taken_from_no_command_line() {
    let place = Place::new();
    for flag in ["--client-secret", "--pd-client-secret", "--secret"] {
        let ended = place.run(&["config", "--client-id", "x", flag, SECRET]);
        assert!(!ended.ok, "{flag} is accepted");
        assert!(!ended.out.contains("CANARY"), "{}", ended.out);
    }
    let help = place.run(&["serve", "--help"]);
    assert!(help.ok && !help.out.contains("--client-secret"), "{}", help.out);
    let ended = place.env("PD_CLIENT_ID", "x").env("PD_CLIENT_SECRET", SECRET).run(&["config"]);
    assert_eq!(setting(&ended, "PD_CLIENT_SECRET").0, "environment");
    assert!(!format!("{ended:?}").contains("CANARY"), "{ended:?}");
}

#[test]
fn a_wrong_value_stops_the_start_with_the_settings_name() {
    let with_credentials = || Place::new().file("config.json", DOWNLOADED);
    for (name, value, says) in [
        ("PORT", "x", "1 to 65535"),
        ("PORT", "0", "1 to 65535"),
        ("PORT", "65536", "1 to 65535"),
        ("PORT", "-1", "1 to 65535"),
        ("LISTEN", "localhost", "IP address"),
        ("LISTEN", "1.2.3", "IP address"),
        ("PUBLIC_URL", "connect.example.com", "address like"),
        ("PUBLIC_URL", "http://connect.example.com", "https://"),
        ("PUBLIC_URL", "https://connect.example.com/app", "nothing after the host"),
        ("PUBLIC_URL", "https://u:p@connect.example.com", "nothing after the host"),
        ("PUBLIC_URL", "javascript:alert(1)", "address like"),
        ("PD_IDENTITY_URL", "http://example.com", "https://"),
        ("PD_API_URL", "http://example.com", "https://"),
        ("PD_EU_API_URL", "ftp://example.com", "address like"),
        ("PD_IDENTITY_URL", "http://localhost.example.com", "https://"),
        ("PD_IDENTITY_URL", "http://127.0.0.1.example.com", "https://"),
        ("REDIRECT_URI", "not an address", "not an address"),
        ("REDIRECT_URI", "http://example.com/callback", "https://"),
        ("REDIRECT_URI", "https://example.com/other", "https://example.com/callback"),
        ("REDIRECT_URI", "http://localhost:5000/callback/", "http://localhost:5000/callback"),
        ("PD_SCOPES", " ", "names no scope"),
    ] {
        for command in ["config", "serve"] {
            assert_stopped(&with_credentials().env(name, value).run(&[command]), &[name, says]);
        }
    }
    let place = with_credentials()
        .env("PUBLIC_URL", "https://a.example")
        .env("REDIRECT_URI", "https://b.example/callback");
    assert_stopped(&place.run(&["serve"]), &["REDIRECT_URI", "https://a.example/callback"]);
}

#[test]
fn sr_12_plain_http_to_another_machine_never_starts() {
    for name in ["PD_IDENTITY_URL", "PD_API_URL", "PD_EU_API_URL"] {
        let place = Place::new().file("config.json", DOWNLOADED).env(name, "http://example.com");
        assert_stopped(&place.run(&["serve"]), &[name, "https://"]);
        assert!(!place.path("data").exists(), "something was written");
    }
}

#[test]
fn half_of_the_credentials_is_none() {
    assert_stopped(&Place::new().env("PD_CLIENT_ID", "x").run(&["serve"]), &["PD_CLIENT_SECRET", "missing"]);
    assert_stopped(
        &Place::new().env("PD_CLIENT_SECRET", SECRET).run(&["serve"]),
        &["PD_CLIENT_ID", "missing"],
    );
    assert_stopped(&Place::new().run(&["serve", "--client-id", "x"]), &["PD_CLIENT_SECRET", "missing"]);
}

#[test]
fn a_port_that_is_taken_is_named_with_a_way_out() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    assert_stopped(&Place::new().run(&["serve", "--port", &port]), &[&port, "taken", "PORT"]);
}

#[test]
fn sr_97_the_sandbox_serves_this_machine_only() {
    for listen in ["0.0.0.0", "::", "192.0.2.1"] {
        assert_stopped(&Place::new().run(&["serve", "--listen", listen]), &["LISTEN", "sandbox"]);
    }
    let place = Place::new().env("PUBLIC_URL", "https://connect.example.com");
    assert_stopped(&place.run(&["serve"]), &["PUBLIC_URL", "sandbox"]);
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let ended = Place::new().run(&["sandbox", "--listen", address]);
        assert_stopped(&ended, &["--listen", "loopback"]);
    }
    // Hosts wait for the credentials that the setup will bring; until then it is the same sandbox.
    let place = place.env("PD_IDENTITY_URL", "http://127.0.0.1:5001");
    assert_stopped(&place.run(&["serve"]), &["PUBLIC_URL", "sandbox"]);
}

#[tokio::test]
async fn sr_97_with_credentials_no_sandbox_is_started() {
    let (place, sandbox, port) = Place::with_sandbox(Options::default()).await;
    let running = place.serve(&["serve"], port);
    assert!(!running.out().contains("sandbox"), "{}", running.out());
    // It listens on its own port and no other.
    let table = std::fs::read_to_string(format!("/proc/{}/net/tcp", running.pid())).unwrap_or_default();
    let sockets = listening(running.pid(), &table);
    assert!(sockets.is_empty() || sockets == [port], "{sockets:?}");
    drop(sandbox);

    let port = free_port();
    let place = Place::new().env("PORT", &port.to_string());
    let running = place.serve(&["serve"], port);
    assert!(running.out().contains("sandbox stands in"), "{}", running.out());
    let page = crate::harness::program::get(port, "/").await.body;
    assert!(page.contains("bethany@acme.example"), "{page}");
}

/// Ports that a process listens on, by its open sockets.
fn listening(pid: u32, table: &str) -> Vec<u16> {
    let Ok(open) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    let sockets: Vec<String> = open
        .filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok())
        .filter_map(|to| Some(to.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_owned()))
        .collect();
    let listens = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (words.get(1)?, words.get(3)?, words.get(9)?);
        (*state == "0A" && sockets.iter().any(|s| s == inode))
            .then(|| u16::from_str_radix(local.split(':').nth(1)?, 16).ok())?
    };
    table.lines().filter_map(listens).collect()
}
