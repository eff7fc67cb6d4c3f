//! An answer on its way out: its connection is idle again when the last of it has been handed on.

use super::guests::Guest;
use axum::body::{Body, Bytes, HttpBody};
use hanse_kernel::Clock;
use hyper::body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

pub(super) struct Answering {
    pub body: Body,
    pub until: Until,
}

/// Notes the end when it is dropped.
pub(super) struct Until {
    pub guest: Arc<Guest>,
    pub clock: Arc<dyn Clock>,
}

impl Drop for Until {
    fn drop(&mut self) {
        self.guest.is_idle(self.clock.now());
    }
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if frame.is_ready() {
            // A client that takes its answer piece by piece is not slow.
            self.until.guest.is_answered(self.until.clock.now());
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
