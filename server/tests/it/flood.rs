//! Many people at once, and many callbacks that nobody sent.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::{Mutex, Semaphore};

use crate::harness::{App, BETHANY, Setup};

const PEOPLE: u32 = 1000;
/// Requests on the wire at one moment. Sandbox, browsers and app share the machine:
/// with more, it is the sandbox that answers too late.
const ON_THE_WIRE: usize = 100;

/// One flood at a time.
static FLOOD: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_people_connect_at_once_and_none_is_lost_or_crossed() {
    let _alone = FLOOD.lock().await;
    let app = Arc::new(App::start_with(Setup { crowd: PEOPLE, ..Setup::default() }).await);
    app.sandbox.set_switches(|s| s.code_seconds = 600);
    let wire = Arc::new(Semaphore::new(ON_THE_WIRE));
    let leaving = (1..=PEOPLE).map(|n| {
        let (app, wire) = (Arc::clone(&app), Arc::clone(&wire));
        tokio::spawn(async move {
            let _turn = wire.acquire().await.unwrap();
            let browser = app.browser();
            let back = browser.until_callback(&format!("person-{n:04}@acme.example")).await;
            (n, browser, back)
        })
    });
    // Nobody goes back before everybody has consented: a thousand attempts are under way.
    let mut waiting = Vec::new();
    for one in leaving.collect::<Vec<_>>() {
        waiting.push(one.await.unwrap());
    }
    let all = waiting.into_iter().map(|(n, browser, back)| {
        let wire = Arc::clone(&wire);
        tokio::spawn(async move {
            let _turn = wire.acquire().await.unwrap();
            let reply = browser.callback(&back).await;
            assert_eq!((reply.status, reply.location()), (303, "/welcome"), "person {n}: {}", reply.body);
            let page = browser.get("/welcome").await;
            assert_eq!(page.status, 200, "person {n}");
            for theirs in [format!("Person {n:04}"), format!("person-{n:04}@acme.example")] {
                assert!(page.body.contains(&theirs), "person {n} is not greeted as {theirs}");
            }
            let others = page.body.matches("person-").count();
            assert_eq!(
                others,
                page.body.matches(&format!("person-{n:04}@")).count(),
                "person {n} sees others"
            );
            browser.session().unwrap()
        })
    });
    let mut sessions = std::collections::HashSet::new();
    for one in all.collect::<Vec<_>>() {
        sessions.insert(one.await.unwrap());
    }
    assert_eq!(sessions.len(), 1000);
    for table in ["connection", "session"] {
        assert_eq!(app.rows(table).await, i64::from(PEOPLE), "{table}");
    }
    assert_eq!(app.token_calls(), 1000);
    let bad: Vec<_> =
        app.sandbox.requests().into_iter().filter(|r| r.status.is_none_or(|s| s >= 400)).collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

/// Callbacks that nobody sent: grammar, mutation and plain noise, the same at every run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_malformed_callbacks_do_nothing_and_break_nothing() {
    const CALLBACKS: usize = 10_000;
    let _alone = FLOOD.lock().await;
    let app = Arc::new(App::start().await);
    app.sandbox.set_switches(|s| s.code_seconds = 600);
    let at_once = (0..LANES).map(|lane| {
        let app = Arc::clone(&app);
        tokio::spawn(async move {
            let mut dice = Dice::new(lane as u64 + 1);
            let browser = app.browser();
            // A good attempt in the same browser, so that the cookie is there and only the callback is wrong.
            let good = browser.until_callback(BETHANY).await;
            let mut statuses = BTreeMap::new();
            for number in 0..CALLBACKS / LANES {
                let path = malformed(&mut dice, &good);
                // Some as a browser would write them, some byte for byte.
                let reply = if number % 4 == 0 {
                    let cookie = browser.cookies().iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>();
                    let head = format!(
                        "GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/html\r\nCookie: {}\r\nConnection: close\r\n\r\n",
                        app.authority,
                        cookie.join("; ")
                    );
                    app.raw(&head.into_bytes()).await
                } else {
                    browser.callback(&path).await
                };
                assert!((400..500).contains(&reply.status), "{} for {path:?}", reply.status);
                let cookies = reply.cookies();
                assert!(cookies.iter().all(|c| c.name != "__Host-pdc_s"), "a session for {path:?}");
                *statuses.entry((reply.status, reply.problem())).or_insert(0) += 1;
            }
            (browser, good, statuses)
        })
    });
    let mut statuses = BTreeMap::<(u16, Option<String>), usize>::new();
    let mut kept = Vec::new();
    for lane in at_once.collect::<Vec<_>>() {
        let (browser, good, seen) = lane.await.unwrap();
        seen.into_iter().for_each(|(kind, n)| *statuses.entry(kind).or_default() += n);
        kept.push((browser, good));
    }
    assert_eq!(statuses.values().sum::<usize>(), CALLBACKS);
    assert!(statuses.len() >= 4, "the corpus is too even: {statuses:?}");
    assert_eq!(app.token_calls(), 0, "a code was redeemed");
    assert_eq!((app.rows("session").await, app.rows("connection").await), (0, 0));
    // The app is as well as before, and no attempt was spoilt on the way.
    for (browser, good) in kept {
        let reply = browser.callback(&good).await;
        assert_eq!((reply.status, reply.location()), (303, "/welcome"), "{}", reply.body);
    }
}

const LANES: usize = 16;

/// A callback that must be refused before its attempt is used, made from a good one.
fn malformed(dice: &mut Dice, good: &str) -> String {
    let (_, query) = good.split_once('?').unwrap();
    let mut parts: Vec<String> = query.split('&').map(str::to_owned).collect();
    let broken = match dice.below(6) {
        // The state, changed in one place.
        0 | 1 => {
            let part = parts.iter_mut().find(|p| p.starts_with("state=")).unwrap();
            let at = 6 + dice.below(part.len() - 6);
            let was = part.as_bytes()[at];
            let new = if was == b'x' { 'y' } else { 'x' };
            part.replace_range(at..=at, &new.to_string());
            parts
        }
        // A parameter twice.
        2 => {
            let again = parts[dice.below(parts.len())].clone();
            let name = again.split('=').next().unwrap();
            let twice = if dice.below(2) == 0 { again.clone() } else { format!("{name}={}", dice.noise(20)) };
            parts.insert(dice.below(parts.len() + 1), twice);
            parts
        }
        // No state, or an empty one.
        3 => {
            parts.retain(|p| !p.starts_with("state="));
            if dice.below(2) == 0 {
                parts.push("state=".into());
            }
            parts
        }
        // Too long.
        4 => {
            parts.push(format!("pad={}", "x".repeat(2049 + dice.below(9000))));
            parts
        }
        // Names known and unknown, with noise for values.
        _ => {
            let names = ["code", "state", "iss", "error", "error_description", "%73tate", "", "state[]", "&"];
            (0..dice.below(8))
                .map(|_| format!("{}={}", names[dice.below(names.len())], dice.noise(40)))
                .collect()
        }
    };
    let odd = ["/callback", "/callback/", "/callback"][dice.below(3)];
    format!("{odd}?{}", broken.join("&"))
}

/// Noise that is the same at every run (xorshift).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    /// Characters that a request line may hold, escapes of those that it may not,
    /// and broken escapes.
    fn noise(&mut self, most: usize) -> String {
        const PIECES: [&str; 24] = [
            "a",
            "Z",
            "0",
            "-",
            "_",
            ".",
            "~",
            "+",
            "/",
            ":",
            "@",
            "%00",
            "%0d%0a",
            "%ff%fe",
            "%e2%80%ae",
            "%",
            "%zz",
            "%25",
            "<",
            "\\",
            "'",
            "%3Cscript%3E",
            "%F0%9F%92%A5",
            "%C0%AF",
        ];
        (0..self.below(most)).map(|_| PIECES[self.below(PIECES.len())]).collect()
    }

    /// Bytes that a header may hold.
    fn header(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most))
            .map(|_| [b' ', b'"', b',', b'=', b'A', b'z', b'9', 0x80, 0xff, b'\t'][self.below(10)])
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sr_24_made_up_session_ids_are_never_adopted() {
    let _alone = FLOOD.lock().await;
    let app = Arc::new(App::start().await);
    let at_once = (0..8).map(|lane| {
        let app = Arc::clone(&app);
        tokio::spawn(async move {
            let mut dice = Dice::new(1000 + lane);
            let browser = app.browser();
            for number in 0..250 {
                let mut line = b"__Host-pdc_s=".to_vec();
                match number % 3 {
                    0 => line.extend((0..43).map(|_| b"ABCxyz019-_"[dice.below(11)])),
                    1 => line.extend(dice.header(200)),
                    _ => line.extend(dice.noise(300).into_bytes()),
                }
                let path = ["/welcome", "/", "/how", "/avatar"][dice.below(4)];
                let visit = browser.navigation(path, "none").header("cookie", line.clone());
                let reply = browser.send(visit).await;
                let said = String::from_utf8_lossy(&line).into_owned();
                assert!(reply.status < 500, "{} for {said}", reply.status);
                assert!(reply.cookies().is_empty(), "{path} set a cookie for {said}");
            }
        })
    });
    for lane in at_once.collect::<Vec<_>>() {
        lane.await.unwrap();
    }
    assert_eq!(app.rows("session").await, 0);
}
