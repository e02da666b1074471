//! `pdconnect ready`: what a container's or a service manager's check runs, where there is no HTTP client.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{Failure, say};
use crate::config::{Config, Flags};

/// The database may have to be waited for.
const PATIENCE: Duration = Duration::from_secs(10);
const QUESTION: &[u8] = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    let config = Config::load(flags).map_err(|e| e.to_string())?;
    let host = match config.listen {
        IpAddr::V4(it) if it.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(it) if it.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        it => it,
    };
    let address = SocketAddr::new(host, config.port);
    let nobody = |why: &dyn std::fmt::Display| format!("nobody answers at {address}: {why}. Is it running?");
    let answer =
        timeout(PATIENCE, ask(address)).await.map_err(|why| nobody(&why))?.map_err(|why| nobody(&why))?;
    if answer.starts_with("HTTP/1.1 200 ") {
        return say("ready");
    }
    let why = answer.split_once("\r\n\r\n").map_or("no answer", |(_, body)| body);
    Err(format!("it is not ready: {why}. Its log says more"))
}

async fn ask(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(QUESTION).await?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
