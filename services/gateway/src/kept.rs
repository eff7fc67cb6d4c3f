//! Answers that are the same for everybody, kept in front of the services for a moment: what all shoppers look at is
//! passed on a few times a second instead of each time. The route table says whose answers may be kept, and for how long.

use axum::response::Response;
use bytes::Bytes;
use hanse_kernel::{Clock, Timestamp};
use http::header::{CONTENT_LENGTH, DATE, ETAG, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::{BodyExt, Limited};
use moka::future::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Bytes of all that is kept, and of one answer.
const ROOM: u64 = 32 << 20;
const LARGEST: usize = 256 << 10;
/// They are of one request and not of the answer.
const OF_THE_REQUEST: [HeaderName; 4] = [
    HeaderName::from_static("x-correlation-id"),
    HeaderName::from_static("traceparent"),
    DATE,
    CONTENT_LENGTH,
];

/// What one gateway keeps. Clones share it.
#[derive(Clone)]
pub struct Kept(Arc<Inner>);

struct Inner {
    answers: Cache<String, Arc<Answer>>,
    /// Counts what staff have changed through this gateway: they see at once what they did.
    changes: AtomicU64,
    clock: Arc<dyn Clock>,
}

pub(crate) struct Answer {
    headers: HeaderMap,
    bytes: Bytes,
    until: Timestamp,
    changes: u64,
}

/// Taken before a request goes on, so that a change meanwhile is not missed.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    changes: u64,
    began: Timestamp,
}

/// Something is being changed; when this goes, whether it was done or is unknown, nothing kept before is good any more.
pub(crate) struct Changing(Kept);

impl Drop for Changing {
    fn drop(&mut self) {
        self.0.0.changes.fetch_add(1, Ordering::Release);
    }
}

impl Kept {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let size = |key: &String, answer: &Arc<Answer>| {
            u32::try_from(key.len() + answer.bytes.len() + 1024).unwrap_or(u32::MAX)
        };
        let answers = Cache::builder().max_capacity(ROOM).weigher(size).build();
        Self(Arc::new(Inner { answers, changes: AtomicU64::new(0), clock }))
    }

    pub(crate) fn changing(&self) -> Changing {
        Changing(self.clone())
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment { changes: self.0.changes.load(Ordering::Acquire), began: self.0.clock.now() }
    }

    pub(crate) async fn find(&self, key: &str) -> Option<Arc<Answer>> {
        let answer = self.0.answers.get(key).await.filter(|answer| {
            answer.changes == self.0.changes.load(Ordering::Acquire) && self.0.clock.now() < answer.until
        });
        let outcome = if answer.is_some() { "hit" } else { "miss" };
        metrics::counter!("gateway_kept_answers_total", "outcome" => outcome).increment(1);
        answer
    }

    /// Keeps an answer that is good until so long after `moment`, if it can be.
    ///
    /// # Errors
    /// The answer as it was, when it is not to be kept; or none, when it broke off.
    pub(crate) async fn keep(
        &self,
        key: String,
        moment: Moment,
        lasts: Duration,
        response: Response,
    ) -> Result<Arc<Answer>, Option<Response>> {
        if !may_be_kept(&response) {
            return Err(Some(response));
        }
        let (mut parts, body) = response.into_parts();
        let bytes = Limited::new(body, LARGEST).collect().await.map_err(|_| None)?.to_bytes();
        for name in OF_THE_REQUEST {
            parts.headers.remove(name);
        }
        let Moment { changes, began } = moment;
        let answer = Arc::new(Answer { headers: parts.headers, bytes, until: began.plus(lasts), changes });
        self.0.answers.insert(key, answer.clone()).await;
        Ok(answer)
    }
}

impl Answer {
    /// The whole of it, or 304 for who has it already.
    pub(crate) fn to(&self, known: Option<&HeaderValue>) -> Response {
        let has_it = known.is_some() && known == self.headers.get(ETAG);
        let mut response = Response::default();
        if has_it {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            *response.body_mut() = self.bytes.clone().into();
        }
        *response.headers_mut() = self.headers.clone();
        response
    }
}

/// A whole answer of known, bearable length that differs by nothing but its address and language.
fn may_be_kept(response: &Response) -> bool {
    let headers = response.headers();
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let by_language = headers.get_all(VARY).iter().all(|by| by.as_bytes() == b"accept-language");
    response.status() == StatusCode::OK
        && length.is_some_and(|length: usize| length <= LARGEST)
        && by_language
        && !headers.contains_key(SET_COOKIE)
}
