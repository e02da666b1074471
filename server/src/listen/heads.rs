//! Request heads that two programs could read differently never get further.
//!
//! hyper is lenient where RFC 9112 lets it be: it takes a bare line feed for the
//! end of a line (§2.2), and picks one of two lengths (§6.3). A proxy in front may
//! pick the other, and then a request can hide inside another one.

use std::{
    io::{Error, ErrorKind, Result},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Reads along with hyper. A connection on which a head is ambiguous breaks off.
///
/// What follows a head with a body is not looked at: [`has_body`] ends the
/// connection after it.
#[derive(Debug)]
pub(super) struct Heads<S> {
    stream: S,
    /// The head so far; none once a body has begun.
    head: Option<Vec<u8>>,
}

impl<S> Heads<S> {
    pub(super) fn of(stream: S) -> Self {
        Self { stream, head: Some(Vec::new()) }
    }

    fn read_along(&mut self, bytes: &[u8]) -> Result<()> {
        for &byte in bytes {
            let Some(head) = &mut self.head else { return Ok(()) };
            if byte == b'\n' && head.last() != Some(&b'\r') {
                return Err(Error::new(ErrorKind::InvalidData, "a line ends without CR"));
            }
            head.push(byte);
            if head.ends_with(b"\r\n\r\n") {
                let lengths = count(head, b"content-length");
                let encodings = count(head, b"transfer-encoding");
                if lengths + encodings > 1 {
                    return Err(Error::new(ErrorKind::InvalidData, "the length is said twice"));
                }
                let with_body = lengths + encodings == 1;
                head.clear();
                if with_body {
                    self.head = None;
                }
            }
        }
        Ok(())
    }
}

/// How many lines of this name a head has.
fn count(head: &[u8], name: &[u8]) -> usize {
    let names = head.split(|b| *b == b'\n').filter_map(|line| line.split(|b| *b == b':').next());
    names.filter(|n| n.trim_ascii().eq_ignore_ascii_case(name)).count()
}

/// Whether a request may carry a body: it is then the last of its connection.
pub(super) fn has_body(headers: &http::HeaderMap) -> bool {
    headers.contains_key(http::header::CONTENT_LENGTH)
        || headers.contains_key(http::header::TRANSFER_ENCODING)
}

impl<S: AsyncRead + Unpin> AsyncRead for Heads<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        Poll::Ready(this.read_along(buf.filled().get(before..).unwrap_or_default()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Heads<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
