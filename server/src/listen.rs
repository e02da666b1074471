//! The accept loop: `axum::serve` sets no timer, so a client that never
//! finishes its headers would hold a connection for ever. This one gives every
//! stage of a connection its time, and the program a bound on connections.

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

mod heads;

/// The first byte, and then every request's headers, must come within this.
const HEADER_PATIENCE: Duration = Duration::from_secs(10);
/// A client that takes nothing of an answer for so long is gone.
const WRITE_PATIENCE: Duration = Duration::from_secs(15);
/// Connections at once; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 2048;
const MAX_HEADERS: usize = 64;
const MAX_HEADER_BYTES: usize = 16 << 10;
/// Out of file descriptors: wait for some to come back.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);

/// Who is at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Serves until `stop` resolves, then lets requests under way finish, for so long.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>, drain: Duration) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let draining = GracefulShutdown::new();
    let stopping = CancellationToken::new();
    let mut stop = pin!(stop);
    loop {
        let place = tokio::select! {
            place = Arc::clone(&room).acquire_owned() => place,
            () = &mut stop => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(event = "accept.failed", cause = %error);
                tokio::time::sleep(ACCEPT_BACKOFF).await;
                continue;
            }
        };
        let router = router.clone();
        let watcher = draining.watcher();
        let stopping = stopping.clone();
        tokio::spawn(async move {
            if has_spoken(&stream, &stopping).await {
                connection(stream, Peer(peer), router, watcher).await;
            }
            drop(place);
        });
    }
    drop(listener);
    stopping.cancel();
    if timeout(drain, draining.shutdown()).await.is_err() {
        tracing::warn!(event = "drain.cut", "requests still under way were cut off");
    }
}

/// Waits for the first byte; hyper's own timer starts with it. Nobody who has not
/// sent one is waited for when the program stops.
async fn has_spoken(stream: &TcpStream, stopping: &CancellationToken) -> bool {
    tokio::select! {
        biased;
        spoken = timeout(HEADER_PATIENCE, stream.readable()) => spoken.is_ok(),
        () = stopping.cancelled() => false,
    }
}

async fn connection(stream: TcpStream, peer: Peer, router: Router, watcher: Watcher) {
    _ = stream.set_nodelay(true);
    let mut stream = tokio_io_timeout::TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_PATIENCE));

    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let last = heads::has_body(request.headers());
        let answer = router.clone().oneshot(request);
        async move {
            let mut answer = answer.await?;
            if last {
                answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(answer)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_PATIENCE)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEADER_BYTES)
        .serve_connection(TokioIo::new(heads::Heads::of(Box::pin(stream))), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(event = "connection.broken", cause = %error);
    }
}
