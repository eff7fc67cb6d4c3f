//! A connection whose last request was refused for want of room rests before the next one is read from it.
//!
//! To read a request and to refuse it costs about as much as to answer a small one. Clients that come again at once would
//! leave a process no time for anything but refusing; so what they send waits in their sockets, where it costs nothing.

use super::guests::Guest;
use futures::future::BoxFuture;
use hanse_kernel::Timers;
use http::header::RETRY_AFTER;
use http::{Response, StatusCode};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// So many requests a second are refused at most, together, by all who are connected.
const REFUSALS: u32 = 2_000;
const LONGEST: Duration = Duration::from_secs(1);

/// How long each of so many connections rests after a refusal.
pub(super) fn rest(connections: usize) -> Duration {
    let connections = u32::try_from(connections).unwrap_or(u32::MAX);
    (Duration::from_secs(1) / REFUSALS).saturating_mul(connections).min(LONGEST)
}

/// Whether the client was told to come again later.
pub(super) fn refused<B>(answer: &Response<B>) -> bool {
    answer.status() == StatusCode::SERVICE_UNAVAILABLE && answer.headers().contains_key(RETRY_AFTER)
}

/// Nothing is read while the guest rests; writing goes on.
pub(super) struct Resting<S> {
    pub stream: S,
    pub guest: Arc<Guest>,
    pub timers: Arc<dyn Timers>,
    pub rest: Option<BoxFuture<'static, ()>>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Resting<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(rest) = self.guest.has_to_rest() {
            self.rest = Some(self.timers.sleep(rest));
        }
        if let Some(rest) = &mut self.rest {
            std::task::ready!(rest.as_mut().poll(cx));
            self.rest = None;
        }
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Resting<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_hardly_rest_and_many_no_longer_than_a_second() {
        assert_eq!(rest(0), Duration::ZERO);
        assert_eq!(rest(64), Duration::from_millis(32));
        assert_eq!(rest(100_000), LONGEST);
        assert_eq!(rest(usize::MAX), LONGEST);
    }
}
