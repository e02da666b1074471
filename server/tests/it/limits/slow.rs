//! Clients that take their time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::harness::App;

/// The program's own limits are 10 and 15 seconds.
const BY_THEN: Duration = Duration::from_secs(30);

/// Sends the first part, then one byte a second until the other side hangs up;
/// all that came back. Panics when it never hangs up.
async fn drip(app: &App, first: &str, drop: Option<u8>) -> String {
    let mut stream = TcpStream::connect(&app.address).await.unwrap();
    stream.write_all(first.replace("{}", &app.authority).as_bytes()).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    let mut answer = Vec::new();
    let dripping = async {
        while let Some(byte) = drop {
            sleep(Duration::from_secs(1)).await;
            if write.write_all(&[byte]).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let closed = timeout(BY_THEN, async {
        tokio::select! {
            _ = read.read_to_end(&mut answer) => {}
            () = dripping => {}
        }
    });
    assert!(closed.await.is_ok(), "still open: {first:?}");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Asks for something large and reads none of it for a while; how much came in the end.
async fn take_nothing(app: &App, path: &str) -> usize {
    let mut stream = TcpStream::connect(&app.address).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", app.authority);
    stream.write_all(head.as_bytes()).await.unwrap();
    sleep(Duration::from_secs(20)).await;
    let mut answer = Vec::new();
    _ = timeout(BY_THEN, stream.read_to_end(&mut answer)).await.expect("still open");
    answer.len()
}

/// Two hundred connections on which nothing is ever said.
async fn silent_crowd(app: &App) {
    let mut crowd = Vec::new();
    for _ in 0..200 {
        crowd.push(TcpStream::connect(&app.address).await.unwrap());
    }
    for mut one in crowd {
        let read = timeout(BY_THEN, one.read_to_end(&mut Vec::new())).await;
        assert!(read.is_ok(), "a silent connection is still open");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sr_87_slow_clients_are_cut_off_and_nobody_else_waits_for_them() {
    const LARGE: usize = 32 << 20;
    let app = App::start().await;
    app.site_file("pkg/large.wasm", &vec![0; LARGE]);
    let over = Arc::new(AtomicBool::new(false));
    let others = {
        let (browser, over) = (app.browser(), Arc::clone(&over));
        tokio::spawn(async move {
            let mut answered = 0;
            while !over.load(Ordering::SeqCst) {
                assert_eq!(browser.get("/").await.status, 200);
                answered += 1;
                sleep(Duration::from_millis(100)).await;
            }
            answered
        })
    };
    let head = "GET / HTTP/1.1\r\nhost: {}\r\n";
    let post = "POST /csp HTTP/1.1\r\nhost: {}\r\ncontent-length: 1000\r\n\r\n";
    let chunks = "POST /csp HTTP/1.1\r\nhost: {}\r\ntransfer-encoding: chunked\r\n\r\n";
    let slow = format!("{head}x-slow: ");
    let (silent, half_head, slow_head, no_body, slow_body, slow_chunks, idle, taken, ()) = tokio::join!(
        drip(&app, "", None),
        drip(&app, head, None),
        drip(&app, &slow, Some(b'x')),
        drip(&app, post, None),
        drip(&app, post, Some(b'x')),
        drip(&app, chunks, Some(b'1')),
        drip(&app, "GET /robots.txt HTTP/1.1\r\nhost: {}\r\n\r\n", None),
        take_nothing(&app, "/pkg/large.wasm"),
        silent_crowd(&app),
    );
    over.store(true, Ordering::SeqCst);
    assert_eq!(silent, "");
    for cut in [half_head, slow_head] {
        assert!(cut.is_empty() || cut.starts_with("HTTP/1.1 408"), "{cut}");
    }
    for cut in [no_body, slow_body, slow_chunks] {
        assert!(
            cut.is_empty() || cut.starts_with("HTTP/1.1 408") || cut.starts_with("HTTP/1.1 400"),
            "{cut}"
        );
    }
    assert!(idle.starts_with("HTTP/1.1 404"), "{idle}");
    assert!(taken < LARGE, "an answer that nobody took was held for ever");
    assert!(others.await.unwrap() > 50, "other clients waited");
}
