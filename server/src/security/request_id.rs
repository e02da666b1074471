//! One line of the log for each request, with an id that the answer carries too.

use std::{net::IpAddr, time::Instant};

use axum::{
    extract::Request,
    http::{Method, StatusCode},
};

use super::Proxies;
use crate::listen::Peer;

pub(super) struct Line {
    id: String,
    span: tracing::Span,
    method: Method,
    path: String,
    /// Who is at the other end of the connection,
    peer: Option<IpAddr>,
    /// and who asks, where that is a proxy of ours.
    client: Option<IpAddr>,
    started: Instant,
}

impl Line {
    pub(super) fn new(request: &Request, proxies: &Proxies) -> Self {
        let mut bytes = [0; 8];
        // Without randomness ids repeat; nothing depends on them but reading the log.
        _ = getrandom::fill(&mut bytes);
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
        let id = hex::encode(bytes);
        Self {
            span: tracing::error_span!("request", id),
            id,
            method: request.method().clone(),
            // The path alone: a callback's query holds a code.
            path: pagerduty::error::printable(request.uri().path()),
            peer,
            client: peer.and_then(|peer| proxies.client(peer, request.headers())),
            started: Instant::now(),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Puts the id on every line that is logged while this request is answered.
    pub(super) fn span(&self) -> &tracing::Span {
        &self.span
    }

    pub(super) fn log(self, status: StatusCode) {
        let ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let _here = self.span.enter();
        tracing::info!(
            event = "request",
            method = %self.method,
            path = self.path,
            status = status.as_u16(),
            ms,
            peer = self.peer.map(tracing::field::display),
            client = self.client.map(tracing::field::display),
        );
    }
}
