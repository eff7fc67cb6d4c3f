//! Lets an early refusal reach its client. Most clients read nothing before they have sent their whole body; when the
//! connection is closed under them they see a broken pipe in place of the 413 that was written. So what a handler left
//! of a body is still read and thrown away, up to a bound. And a body that stops coming is given up.

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use bytes::Bytes;
use futures::future::BoxFuture;
use hanse_kernel::Effects;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, EXPECT};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tower::{Layer, Service};

/// Bytes that are thrown away at most: more than the largest upload that is taken anywhere, so that somebody a little
/// over that limit is told so.
const MOST: usize = 128 * 1024 * 1024;
/// And for so long at most, whatever trickles in.
const LONGEST: Duration = Duration::from_secs(10);
/// What fits the buffers of a connection is gone with the request's head already.
const SMALL: u64 = 16 * 1024;

/// Watches over the bodies of requests: what is left of them is read, and none is waited for without end.
#[derive(Clone)]
pub struct Linger {
    effects: Effects,
    latest: Duration,
}

impl Linger {
    pub fn new(effects: Effects) -> Self {
        Self { effects, latest: Duration::from_secs(300) }
    }

    /// How long a body may take that does not come at once, 5 minutes unless set: longer than any honest upload.
    #[must_use]
    pub fn latest(self, latest: Duration) -> Self {
        Self { latest, ..self }
    }
}

impl<S> Layer<S> for Linger {
    type Service = Lingering<S>;
    fn layer(&self, inner: S) -> Lingering<S> {
        Lingering { inner, watch: self.clone() }
    }
}

#[derive(Clone)]
pub struct Lingering<S> {
    inner: S,
    watch: Linger,
}

impl<S: Service<Request>> Service<Request> for Lingering<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> S::Future {
        if request.body().is_end_stream() {
            return self.inner.call(request);
        }
        let cut = may_be_cut(request.headers());
        let watch = self.watch.clone();
        self.inner.call(request.map(|body| Body::new(Watched { body, over: !cut, late: None, watch })))
    }
}

/// A client that asks first (RFC 9110 section 10.1.1) sends nothing to a refusal.
fn may_be_cut(headers: &HeaderMap) -> bool {
    let announced = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    announced.is_none_or(|n| n > SMALL) && !headers.contains_key(EXPECT)
}

/// A body that is read to its end when whoever had it lets go of it.
struct Watched {
    body: Body,
    /// Nothing is left that is worth reading: it has ended or failed, or is small.
    over: bool,
    /// Set when it is first waited for.
    late: Option<BoxFuture<'static, ()>>,
    watch: Linger,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        this.over |= matches!(polled, Poll::Ready(None | Some(Err(_))));
        if polled.is_ready() {
            return polled;
        }
        let late = this.late.get_or_insert_with(|| this.watch.effects.timers.sleep(this.watch.latest));
        late.as_mut().poll(cx).map(|()| {
            this.over = true;
            Some(Err(axum::Error::new(io::Error::from(io::ErrorKind::TimedOut))))
        })
    }
    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.over || self.body.is_end_stream() {
            return;
        }
        let body = std::mem::take(&mut self.body);
        let effects = self.watch.effects.clone();
        let rest = async move {
            // In time or not, read or failed: nobody waits for what comes of it.
            let _whether = effects.within(LONGEST, throw_away(body)).await;
        };
        self.watch.effects.spawn.spawn("linger", Box::pin(rest));
    }
}

async fn throw_away(mut body: Body) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > MOST {
            return;
        }
    }
}
