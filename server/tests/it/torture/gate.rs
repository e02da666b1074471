//! Stands between one process and PagerDuty's token endpoint.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// When the process behind a redemption is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// PagerDuty never gets the request.
    BeforeSend,
    /// PagerDuty has acted, the answer is not handed over.
    BeforeReply,
    /// The answer is handed over: has it been stored?
    AfterReply(Duration),
}

const MOMENTS: [Moment; 5] = [
    Moment::BeforeReply,
    Moment::AfterReply(Duration::ZERO),
    Moment::BeforeSend,
    Moment::AfterReply(Duration::from_millis(2)),
    Moment::AfterReply(Duration::from_millis(10)),
];

/// One redemption, as the gate saw it.
#[derive(Clone, Debug)]
pub struct Redemption {
    pub member: usize,
    pub is_code: bool,
    /// `refresh_token` or the code that was redeemed.
    pub spent: String,
    pub came: Instant,
    pub done: Instant,
    /// PagerDuty's status; none when it never got the request.
    pub status: Option<u16>,
    /// The refresh token in PagerDuty's answer.
    pub given: Option<String>,
    /// Whether the answer was handed over whole.
    pub handed_over: bool,
}

/// What all gates share.
pub struct Gates {
    /// `127.0.0.1:PORT`
    pub pagerduty: String,
    latency: Mutex<Duration>,
    armed: AtomicBool,
    pub seen: Mutex<Vec<Redemption>>,
    kill_every: usize,
    refreshes: AtomicUsize,
    kills_placed: AtomicUsize,
}

impl Gates {
    pub fn new(pagerduty: String, kill_every: usize) -> Self {
        Self {
            pagerduty,
            latency: Mutex::default(),
            armed: AtomicBool::new(false),
            seen: Mutex::default(),
            kill_every,
            refreshes: AtomicUsize::new(0),
            kills_placed: AtomicUsize::new(0),
        }
    }

    /// From now on refreshes take so long, and every so many kill.
    pub fn arm(&self, latency: Duration) {
        *self.latency.lock().unwrap() = latency;
        self.armed.store(true, Ordering::SeqCst);
    }

    /// Nobody is slow and nobody is killed.
    pub fn disarm(&self) {
        *self.latency.lock().unwrap() = Duration::ZERO;
        self.armed.store(false, Ordering::SeqCst);
    }

    /// Whether this refresh is one whose process is to die, and when.
    fn moment(&self) -> Option<Moment> {
        if !self.armed.load(Ordering::SeqCst) {
            return None;
        }
        let number = self.refreshes.fetch_add(1, Ordering::SeqCst) + 1;
        if !number.is_multiple_of(self.kill_every) {
            return None;
        }
        let placed = self.kills_placed.fetch_add(1, Ordering::SeqCst);
        Some(MOMENTS[placed % MOMENTS.len()])
    }
}

/// Lets `member` through to PagerDuty; `kill` kills it.
pub fn open(
    listener: TcpListener,
    member: usize,
    gates: Arc<Gates>,
    kill: impl Fn() + Clone + Send + Sync + 'static,
) {
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (gates, kill) = (Arc::clone(&gates), kill.clone());
            tokio::spawn(async move {
                // The process may be killed, and its connection with it, at any point.
                _ = pass(stream, member, &gates, &kill).await;
            });
        }
    });
}

async fn pass(
    mut process: TcpStream,
    member: usize,
    gates: &Gates,
    kill: &(impl Fn() + Sync),
) -> std::io::Result<()> {
    let request = read_message(&mut process).await?;
    let text = String::from_utf8_lossy(&request).into_owned();
    let Some(spent) = field(&text, "refresh_token=").or(field(&text, "code=")) else {
        let answer = forward(gates, &request).await?;
        return process.write_all(&answer).await;
    };
    let refresh = text.contains("grant_type=refresh_token");
    let moment = if refresh { gates.moment() } else { None };
    let latency = if refresh { *gates.latency.lock().unwrap() } else { Duration::ZERO };
    let came = Instant::now();
    let mut seen = Redemption {
        member,
        is_code: !refresh,
        spent,
        came,
        done: came,
        status: None,
        given: None,
        handed_over: false,
    };

    if moment == Some(Moment::BeforeSend) {
        kill();
        seen.done = Instant::now();
        gates.seen.lock().unwrap().push(seen);
        return Ok(());
    }
    tokio::time::sleep(latency / 2).await;
    let answer = forward(gates, &request).await?;
    let answered = String::from_utf8_lossy(&answer).into_owned();
    seen.status = answered.split(' ').nth(1).and_then(|status| status.parse().ok());
    seen.given = answered
        .split_once("\"refresh_token\":\"")
        .and_then(|(_, rest)| Some(rest.split_once('"')?.0.to_owned()));
    tokio::time::sleep(latency / 2).await;

    if moment == Some(Moment::BeforeReply) {
        kill();
    } else {
        seen.handed_over = process.write_all(&answer).await.is_ok() && process.shutdown().await.is_ok();
    }
    seen.done = Instant::now();
    gates.seen.lock().unwrap().push(seen);
    if let Some(Moment::AfterReply(pause)) = moment {
        tokio::time::sleep(pause).await;
        kill();
    }
    Ok(())
}

/// PagerDuty's whole answer, on a connection of its own.
async fn forward(gates: &Gates, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut pagerduty = TcpStream::connect(&gates.pagerduty).await?;
    let head_ends = request.windows(2).position(|w| w == b"\r\n").unwrap_or(0);
    pagerduty.write_all(&request[..head_ends]).await?;
    pagerduty.write_all(b"\r\nconnection: close").await?;
    pagerduty.write_all(&request[head_ends..]).await?;
    let mut answer = Vec::new();
    pagerduty.read_to_end(&mut answer).await?;
    Ok(answer)
}

/// One request: its head, and as much of a body as the head says.
async fn read_message(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).await?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        message.extend_from_slice(&chunk[..count]);
        let Some(head) = message.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let lower = String::from_utf8_lossy(&message[..head]).to_ascii_lowercase();
        let length: usize = lower
            .split_once("content-length: ")
            .and_then(|(_, rest)| rest.split("\r\n").next()?.parse().ok())
            .unwrap_or(0);
        if message.len() >= head + 4 + length {
            return Ok(message);
        }
    }
}

fn field(body: &str, name: &str) -> Option<String> {
    let body = body.split_once("\r\n\r\n")?.1;
    body.split('&').find_map(|pair| pair.strip_prefix(name)).map(|value| value.replace("%2B", "+"))
}
