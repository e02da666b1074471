//! Requests that two programs in a row could read differently.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::harness::App;

/// All that comes back on one connection, until the other side closes it.
async fn answers(app: &App, request: &str) -> String {
    let mut stream = TcpStream::connect(&app.address).await.unwrap();
    _ = stream.write_all(request.replace("HOST", &app.authority).as_bytes()).await;
    let mut all = Vec::new();
    let closed = timeout(std::time::Duration::from_secs(30), stream.read_to_end(&mut all)).await;
    assert!(closed.is_ok(), "the connection stays open after {request:?}");
    String::from_utf8_lossy(&all).into_owned()
}

/// A well-made second request, hidden behind the first.
const HIDDEN: &str = "GET /robots.txt HTTP/1.1\r\nhost: HOST\r\nx-hidden: 1\r\n\r\n";

#[tokio::test]
async fn sr_89_a_message_with_two_readings_is_refused() {
    const HEAD: &str = "POST /csp HTTP/1.1\r\nhost: HOST\r\n";
    const REPORT: &str = r#"{"csp-report":{}}"#;
    assert_eq!(REPORT.len(), 17);
    let app = App::start().await;
    let chunked = format!("11\r\n{REPORT}\r\n0\r\n\r\n");
    let corpus = [
        // Two lengths.
        format!("{HEAD}content-length: 17\r\ntransfer-encoding: chunked\r\n\r\n{chunked}"),
        format!("{HEAD}transfer-encoding: chunked\r\ncontent-length: 17\r\n\r\n{chunked}"),
        format!("{HEAD}content-length: 17\r\ncontent-length: 0\r\n\r\n{REPORT}"),
        format!("{HEAD}content-length: 17\r\ncontent-length: 17\r\n\r\n{REPORT}"),
        format!("{HEAD}content-length: 17, 17\r\n\r\n{REPORT}"),
        format!("{HEAD}content-length: 17, 0\r\n\r\n{REPORT}"),
        // A length that is none.
        format!("{HEAD}content-length: +17\r\n\r\n{REPORT}"),
        format!("{HEAD}content-length: 0x11\r\n\r\n{REPORT}"),
        format!("{HEAD}content-length: -1\r\n\r\n{REPORT}"),
        format!("{HEAD}content-length: 1 7\r\n\r\n{REPORT}"),
        format!("{HEAD}content-length:\r\n\r\n{REPORT}"),
        format!("{HEAD}content-length: 99999999999999999999999\r\n\r\n{REPORT}"),
        // Encodings that are not chunked at the end, or chunked in disguise.
        format!("{HEAD}transfer-encoding: gzip\r\n\r\n{REPORT}"),
        format!("{HEAD}transfer-encoding: chunked, identity\r\n\r\n{chunked}"),
        format!("{HEAD}transfer-encoding: identity\r\ncontent-length: 17\r\n\r\n{REPORT}"),
        format!("{HEAD}transfer-encoding: xchunked\r\n\r\n{chunked}"),
        format!("{HEAD}transfer-encoding : chunked\r\n\r\n{chunked}"),
        format!("{HEAD} transfer-encoding: chunked\r\n\r\n{chunked}"),
        format!("POST /csp HTTP/1.0\r\nhost: HOST\r\ntransfer-encoding: chunked\r\n\r\n{chunked}"),
        // Chunks that are no chunks.
        format!("{HEAD}transfer-encoding: chunked\r\n\r\n0x11\r\n{REPORT}\r\n0\r\n\r\n"),
        format!("{HEAD}transfer-encoding: chunked\r\n\r\n-1\r\n{REPORT}\r\n0\r\n\r\n"),
        format!("{HEAD}transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{REPORT}\r\n0\r\n\r\n"),
        format!("{HEAD}transfer-encoding: chunked\r\n\r\n11\r\n{REPORT}XX0\r\n\r\n"),
        // Lines that are folded, end early, or hold what no line holds.
        format!("{HEAD}x-a: 1\r\n folded: 2\r\ncontent-length: 17\r\n\r\n{REPORT}"),
        format!("{HEAD}x-a: 1\r\n\tcontent-length: 3\r\ncontent-length: 17\r\n\r\n{REPORT}"),
        format!("POST /csp HTTP/1.1\nhost: HOST\ncontent-length: 17\n\n{REPORT}"),
        format!("{HEAD}content-length: 17\r\n\n{REPORT}"),
        format!("{HEAD}x-a: 1\ncontent-length: 17\r\n\r\n{REPORT}"),
        format!("{HEAD}x-a: 1\rcontent-length: 3\r\ncontent-length: 17\r\n\r\n{REPORT}"),
        format!("{HEAD}x-a: 1\0\r\ncontent-length: 17\r\n\r\n{REPORT}"),
        format!("{HEAD}x-\0a: 1\r\ncontent-length: 17\r\n\r\n{REPORT}"),
        format!("{HEAD}x a: 1\r\ncontent-length: 17\r\n\r\n{REPORT}"),
        format!("{HEAD}no colon here\r\ncontent-length: 17\r\n\r\n{REPORT}"),
        format!("{HEAD}: no name\r\ncontent-length: 17\r\n\r\n{REPORT}"),
        format!("POST /csp\0 HTTP/1.1\r\nhost: HOST\r\ncontent-length: 17\r\n\r\n{REPORT}"),
        format!("POST  /csp HTTP/1.1\r\nhost: HOST\r\ncontent-length: 17\r\n\r\n{REPORT}"),
        format!("POST /csp HTTP/1.1 \r\nhost: HOST\r\ncontent-length: 17\r\n\r\n{REPORT}"),
        format!("POST /csp HTTP/9.9\r\nhost: HOST\r\ncontent-length: 17\r\n\r\n{REPORT}"),
        format!("POST /c sp HTTP/1.1\r\nhost: HOST\r\ncontent-length: 17\r\n\r\n{REPORT}"),
        "POST /csp\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}".to_owned(),
    ];
    let mut taken = Vec::new();
    for request in corpus {
        let all = answers(&app, &format!("{request}{HIDDEN}")).await;
        let statuses: Vec<&str> =
            all.match_indices("HTTP/1.1 ").map(|(at, _)| all[at..].get(9..12).unwrap_or("")).collect();
        let refused = statuses.is_empty() || statuses == ["400"] || statuses == ["505"];
        if !refused {
            taken.push(format!("{request:?} was answered {statuses:?}"));
        }
    }
    assert!(taken.is_empty(), "{taken:#?}");
    assert_eq!(app.browser().get("/").await.status, 200);
}

#[tokio::test]
async fn sr_89_well_made_requests_share_a_connection_until_one_has_a_body() {
    let app = App::start().await;
    let get = "GET /robots.txt HTTP/1.1\r\nhost: HOST\r\n\r\n";
    let report = "POST /csp HTTP/1.1\r\nhost: HOST\r\ncontent-length: 17\r\n\r\n{\"csp-report\":{}}";
    let chunks = "POST /csp HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding: chunked\r\n\r\n\
        11\r\n{\"csp-report\":{}}\r\n0\r\n\r\n";
    for post in [report, chunks] {
        let all = answers(&app, &format!("{get}{get}{get}{post}{get}")).await;
        let statuses: Vec<&str> =
            all.match_indices("HTTP/1.1 ").map(|(at, _)| &all[at + 9..at + 12]).collect();
        assert_eq!(statuses, ["404", "404", "404", "204"], "{all}");
    }
}
