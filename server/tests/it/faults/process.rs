//! The real program, where the system gives it less than it asks for.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpStream,
    time::Duration,
};

use pagerduty_sandbox::Options;

use crate::harness::{
    BETHANY, Browser, eventually,
    program::{Place, browser, get},
};

/// Requests that each leave a line in the log; together more than a pipe holds.
async fn much_to_log(browser: &Browser) {
    for _ in 0..400 {
        let forged = browser.form("/api/disconnect", &[]).header("origin", "https://evil.example");
        assert_eq!(browser.send(forged.timeout(Duration::from_secs(20))).await.status, 403);
    }
}

/// Waits for the address in the greeting.
fn is_greeted(out: impl std::io::Read) {
    assert!(BufReader::new(out).lines().any(|line| line.unwrap().contains('→')));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rf_30_nobody_reads_the_log_and_requests_go_on() {
    let (place, _sandbox, port) = Place::with_sandbox(Options::default()).await;
    let (_running, out, _log) = place.piped(&["serve"]);
    is_greeted(out);
    let person = browser(port);
    assert_eq!(person.connect_as(BETHANY).await.location(), "/welcome");
    much_to_log(&person).await;
    assert_eq!(person.check().await, "checked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rf_30_the_log_is_closed_and_requests_go_on() {
    let (place, _sandbox, port) = Place::with_sandbox(Options::default()).await;
    let (mut running, out, log) = place.piped(&["serve"]);
    is_greeted(out);
    drop(log);
    let person = browser(port);
    assert_eq!(person.connect_as(BETHANY).await.location(), "/welcome");
    much_to_log(&person).await;
    assert_eq!(person.check().await, "checked");
    assert!(running.is_alive());
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rf_28_out_of_files_it_waits_and_serves_again() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};

    let (place, _sandbox, port) = Place::with_sandbox(Options::default()).await;
    let running = place.serve(&["serve"], port);
    let person = browser(port);
    assert_eq!(person.connect_as(BETHANY).await.location(), "/welcome");
    let open = fs::read_dir(format!("/proc/{}/fd", running.pid())).unwrap().count() as u64;
    let few = Some(open + 8);
    let pid = Pid::from_raw(running.pid().cast_signed());
    prlimit(pid, Resource::Nofile, Rlimit { current: few, maximum: few }).unwrap();

    let idle: Vec<_> = (0..64).map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap()).collect();
    eventually("there are none left", async || running.err().contains("accept.failed")).await;
    drop(idle);
    assert_eq!(get(port, "/healthz").await.status, 200);
    eventually("all is as before", async || person.check().await == "checked").await;
    let (status, log) = running.terminate();
    assert!(status.success() && !log.contains("panicked"), "{log}");
}
