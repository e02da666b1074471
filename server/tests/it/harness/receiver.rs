//! Somebody else's webhook, which answers as a test tells it to.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What happens to a request once it was read.
#[derive(Clone, Debug)]
pub enum Answer {
    /// This status, and these header lines.
    Status(u16, &'static str),
    /// A redirect to there.
    Redirect(String),
    /// The connection is reset.
    Reset,
    /// Nothing, for ever.
    Hang,
}

/// A request, in full.
#[derive(Clone, Debug)]
pub struct Heard {
    pub path: String,
    /// Names in lower case.
    pub headers: HashMap<String, String>,
    pub body: String,
    /// Whether it was answered with 200.
    pub taken: bool,
}

impl Heard {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }
}

#[derive(Clone)]
pub struct Receiver {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    next: Arc<Mutex<VecDeque<Answer>>>,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let receiver = Self { url, next: Arc::default(), heard: Arc::default() };
        let this = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(this.clone().serve(stream));
            }
        });
        receiver
    }

    /// The requests that come next are answered so, in this order; later ones with 200.
    pub fn answers(&self, next: impl IntoIterator<Item = Answer>) {
        self.next.lock().unwrap().extend(next);
    }

    /// Everything that was posted, in order.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// What it has taken.
    pub fn taken(&self) -> Vec<Heard> {
        self.heard().into_iter().filter(|heard| heard.taken).collect()
    }

    async fn serve(self, mut stream: TcpStream) {
        let Some((path, headers, body)) = read(&mut stream).await else { return };
        let answer = self.next.lock().unwrap().pop_front().unwrap_or(Answer::Status(200, ""));
        let taken = matches!(answer, Answer::Status(200, _));
        self.heard.lock().unwrap().push(Heard { path, headers, body, taken });
        let head = match answer {
            Answer::Status(status, lines) => format!("HTTP/1.1 {status} Said\r\n{lines}"),
            Answer::Redirect(to) => format!("HTTP/1.1 307 Said\r\nlocation: {to}\r\n"),
            Answer::Reset => return stream.set_zero_linger().unwrap(),
            Answer::Hang => std::future::pending().await,
        };
        let text = format!("{head}content-length: 0\r\nconnection: close\r\n\r\n");
        _ = stream.write_all(text.as_bytes()).await;
    }
}

async fn read(stream: &mut TcpStream) -> Option<(String, HashMap<String, String>, String)> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let mut lines = head.lines();
        let path = lines.next()?.split(' ').nth(1)?.to_owned();
        let headers: HashMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        if body.len() >= headers["content-length"].parse().ok()? {
            return Some((path, headers, body.to_owned()));
        }
    }
}
