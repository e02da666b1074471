//! Its own accept loop, because a test must be able to have a connection reset under its client.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::front;
use crate::state::Here;

/// A client gets so long to send its request headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// The pause after a failed accept, which is mostly a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts for ever. Dropping the future closes the listener and every connection.
pub(crate) async fn accept(listener: TcpListener, here: Here, routes: Router) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, here.clone(), routes.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "sandbox: accept failed");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, here: Here, routes: Router) {
    let reset = Arc::new(Notify::new());
    let service = {
        let reset = Arc::clone(&reset);
        service_fn(move |request| {
            let (here, routes, reset) = (here.clone(), routes.clone(), Arc::clone(&reset));
            async move { Ok::<_, Infallible>(front::answer(here, routes, reset, request).await) }
        })
    };
    let _ = stream.set_nodelay(true);
    let mut serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = &mut serving => {}
        () = reset.notified() => {
            let stream = serving.into_parts().io.into_inner();
            // With a linger of zero, closing sends RST instead of FIN.
            let _ = stream.set_zero_linger();
        }
    }
}
