//! Message bodies that are kept whole, so that a question can be asked again and an answer is known to be complete.

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::Frame;
use http_body_util::BodyExt;
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::Status;
use tonic::body::Body;

/// What is larger passes by without being kept.
pub(crate) const KEPT: usize = 1024 * 1024;

/// A body as far as it was read.
pub(crate) enum Read {
    Whole {
        data: Bytes,
        trailers: Option<HeaderMap>,
    },
    /// Longer than [`KEPT`]: goes on as it is.
    Long(Body),
}

/// Reads a body to its end, or until it is too long to be kept.
pub(crate) async fn read(mut body: Body) -> Result<Read, Status> {
    let (mut first, mut more, mut trailers) = (Bytes::new(), BytesMut::new(), None);
    while let Some(frame) = body.frame().await {
        match frame?.into_data() {
            // One message mostly comes in one piece, which then is not copied.
            Ok(data) if first.is_empty() && more.is_empty() => first = data,
            Ok(data) => {
                more.extend_from_slice(&std::mem::take(&mut first));
                more.extend_from_slice(&data);
            }
            Err(frame) => trailers = frame.into_trailers().ok(),
        }
        if first.len() + more.len() > KEPT {
            let data = if more.is_empty() { first } else { more.freeze() };
            return Ok(Read::Long(Body::new(Replay { data: Some(data), then: Then::Rest(body) })));
        }
    }
    let data = if more.is_empty() { first } else { more.freeze() };
    Ok(Read::Whole { data, trailers })
}

/// A body of what was read.
pub(crate) fn replay(data: Bytes, trailers: Option<HeaderMap>) -> Body {
    Body::new(Replay { data: Some(data).filter(|d| !d.is_empty()), then: Then::End(trailers) })
}

struct Replay {
    data: Option<Bytes>,
    then: Then,
}

enum Then {
    End(Option<HeaderMap>),
    Rest(Body),
}

impl http_body::Body for Replay {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Some(data) = self.data.take() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        match &mut self.then {
            Then::End(trailers) => Poll::Ready(trailers.take().map(|t| Ok(Frame::trailers(t)))),
            Then::Rest(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && matches!(self.then, Then::End(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{Full, StreamBody};

    async fn all(body: Body) -> usize {
        body.collect().await.unwrap().to_bytes().len()
    }

    #[tokio::test]
    async fn a_short_body_is_kept_and_a_long_one_passes_by_whole() {
        let body = Body::new(Full::new(Bytes::from_static(b"abc")).map_err(|never| match never {}));
        let Read::Whole { data, trailers: None } = read(body).await.unwrap() else { panic!("it is short") };
        assert_eq!(data, "abc");
        assert_eq!(all(replay(data.clone(), None)).await + all(replay(data, None)).await, 6);

        let pieces = (0..40).map(|_| Ok::<_, Status>(Frame::data(Bytes::from(vec![7; KEPT / 20]))));
        let Read::Long(body) = read(Body::new(StreamBody::new(futures::stream::iter(pieces)))).await.unwrap()
        else {
            panic!("it is long")
        };
        assert_eq!(all(body).await, 40 * (KEPT / 20));
    }
}
