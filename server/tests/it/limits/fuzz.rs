//! Requests made up at random, the same ones at every run.

use std::{panic, sync::Arc};

use crate::harness::{App, BETHANY, routes};

/// Whoever comes through these is gone.
const LEAVING: [&str; 2] = ["/api/disconnect", "/api/sign_out"];
const REQUESTS: u32 = 20_000;
const WORKERS: u32 = 8;

/// xorshift64*: small, and the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.roll() >> 33).unwrap() % n
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most + 1)).map(|_| self.roll().to_be_bytes()[0]).collect()
    }

    /// Text that may stand in a request line or header: no line ends, no NUL.
    fn text(&mut self, most: usize) -> String {
        const PIECES: [&str; 24] = [
            "a",
            "Z",
            "0",
            "%",
            "%2f",
            "%00",
            "%ff",
            "%e2%80%a8",
            "/",
            "..",
            ";",
            "=",
            "&",
            "?",
            "+",
            "[",
            "]",
            "state",
            "code",
            "iss",
            "\u{fc}",
            "<",
            "'",
            "{\"a\":",
        ];
        (0..self.below(most + 1)).map(|_| *self.pick(&PIECES)).collect()
    }
}

const METHODS: [&str; 10] = ["GET", "GET", "GET", "POST", "POST", "POST", "HEAD", "PUT", "OPTIONS", "BREW"];
const TYPES: [&str; 10] = [
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded",
    "application/json",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=b",
    "text/plain; charset=utf-16",
    "application/cbor",
    ";;;",
];
const SITES: [&str; 6] = ["same-origin", "same-origin", "same-origin", "cross-site", "none", "\u{e9}"];
const HEADERS: [&str; 14] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "referer",
    "origin",
    "if-modified-since",
    "if-none-match",
    "range",
    "content-encoding",
    "x-forwarded-for",
    "expect",
    "upgrade",
    "te",
    "authorization",
];
const VALUES: [&str; 16] = [
    "text/html",
    "application/json",
    "*/*",
    "gzip, br",
    "bytes=0-0",
    "bytes=-1",
    "bytes=9-1",
    "bytes=0-,0-,0-",
    "Sat, 21 Nov 2026 00:00:00 GMT",
    "\"x\"",
    "W/\"x\"",
    "100-continue",
    "websocket",
    "trailers",
    "",
    "null",
];

fn request(dice: &mut Dice, paths: &[String], authority: &str, session: &str) -> Vec<u8> {
    let method = *dice.pick(&METHODS);
    let mut target = dice.pick(paths).clone();
    if dice.one_in(4) {
        target.push_str(&dice.text(6));
    }
    if dice.one_in(2) {
        target = format!("{target}?{}", dice.text(20));
    }
    if !target.starts_with('/') {
        target.insert(0, '/');
    }
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n");
    if !dice.one_in(5) {
        head += &format!("sec-fetch-site: {}\r\n", dice.pick(&SITES));
    }
    for _ in 0..dice.below(3) {
        let value = if dice.one_in(2) { (*dice.pick(&VALUES)).to_owned() } else { dice.text(10) };
        head += &format!("{}: {value}\r\n", dice.pick(&HEADERS));
    }
    match dice.below(8) {
        0 | 4 | 5 => head += &format!("cookie: __Host-pdc_s={session}\r\n"),
        1 => head += &format!("cookie: __Host-pdc_s={}\r\n", dice.text(20)),
        2 => {
            head += &format!("cookie: __Host-pdc_tx_{}={}; {}\r\n", dice.text(3), dice.text(5), dice.text(9))
        }
        3 => head += &format!("cookie: __Host-pdc_s={session}; __Host-pdc_s={session}\r\n"),
        _ => {}
    }
    let mut body = match dice.below(5) {
        0 => dice.bytes(200),
        1 => dice.text(100).into_bytes(),
        2 => format!("path=%2F{}", dice.text(10)).into_bytes(),
        3 => format!("return_to={}", dice.text(30)).into_bytes(),
        _ => Vec::new(),
    };
    if method != "GET" || dice.one_in(10) {
        head += &format!("content-type: {}\r\ncontent-length: {}\r\n", dice.pick(&TYPES), body.len());
    } else {
        body.clear();
    }
    [head.as_bytes(), b"\r\n", &body].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sr_90_no_request_brings_the_program_down() {
    let app = Arc::new(App::start().await);
    let (browser, session) = app.connected(BETHANY).await;
    let mut workers = Vec::new();
    for worker in 0..WORKERS {
        let (app, session) = (Arc::clone(&app), session.clone());
        // Ending the connection is not what this is about.
        let paths: Vec<String> =
            routes::all().into_iter().filter(|p| !LEAVING.contains(&p.as_str())).collect();
        workers.push(tokio::spawn(async move {
            let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (u64::from(worker) + 1));
            let mut seen = [0u32; 6];
            for _ in 0..REQUESTS / WORKERS {
                let bytes = request(&mut dice, &paths, &app.authority, &session);
                let reply = app.raw(&bytes).await;
                let shown = String::from_utf8_lossy(&bytes).into_owned();
                assert!(reply.status != 0, "no answer to {shown:?}");
                assert!(reply.status < 500, "{} to {shown:?}: {}", reply.status, reply.body);
                seen[usize::from(reply.status / 100)] += 1;
            }
            seen
        }));
    }
    let mut seen = [0u32; 6];
    for worker in workers {
        match worker.await {
            Ok(counts) => counts.iter().zip(&mut seen).for_each(|(n, all)| *all += n),
            Err(failed) => panic::resume_unwind(failed.into_panic()),
        }
    }
    assert!(seen[2] > 500 && seen[4] > 1_000, "all alike: {seen:?}");
    assert_eq!(browser.get("/").await.status, 200);
    assert!(browser.is_greeted("Bethany Developer").await);
}
