//! A body that is too long, never ends, comes too slowly, or stops half-way.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::Notify;
use tokio::time::{Interval, Sleep, interval, sleep};

/// Bytes sent at once when nothing slows them.
const PIECE: usize = 64 * 1024;
/// Time for the half that was sent to leave.
const BEFORE_CUT: Duration = Duration::from_millis(20);

pub(crate) struct Flood {
    text: Bytes,
    left: u64,
    drip: Option<Interval>,
    piece: Bytes,
}

impl Flood {
    pub(crate) fn new(text: Vec<u8>, flood_bytes: u64, drip_ms: u64) -> Self {
        let drip = (drip_ms > 0).then(|| interval(Duration::from_millis(drip_ms)));
        Self { text: Bytes::from(text), left: flood_bytes, drip, piece: Bytes::from(vec![b'x'; PIECE]) }
    }

    fn next(&mut self) -> Option<Bytes> {
        let most = if self.drip.is_some() { 1 } else { PIECE };
        if !self.text.is_empty() {
            return Some(self.text.split_to(most.min(self.text.len())));
        }
        let count = usize::try_from(self.left).unwrap_or(usize::MAX).min(most);
        if self.left != u64::MAX {
            self.left = self.left.saturating_sub(count as u64);
        }
        (count > 0).then(|| self.piece.slice(..count))
    }
}

impl Body for Flood {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(drip) = &mut self.drip {
            ready!(drip.poll_tick(cx));
        }
        Poll::Ready(self.next().map(|piece| Ok(Frame::data(piece))))
    }
}

/// The first half of a body; then the connection is reset.
pub(crate) struct Half {
    piece: Option<Bytes>,
    pause: Pin<Box<Sleep>>,
    reset: Arc<Notify>,
}

impl Half {
    pub(crate) fn new(whole: &Bytes, reset: Arc<Notify>) -> Self {
        Self { piece: Some(whole.slice(..whole.len() / 2)), pause: Box::pin(sleep(BEFORE_CUT)), reset }
    }
}

impl Body for Half {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(piece) = self.piece.take() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        ready!(self.pause.as_mut().poll(cx));
        self.reset.notify_one();
        Poll::Pending
    }
}
