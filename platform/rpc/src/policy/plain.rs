//! What a plain request goes through on its way to another service: as a question does, as far as its method allows.

use super::{Dependency, MORE_TRIES};
use http::{Method, Request};
use http_body::Body as _;
use std::time::Duration;
use tonic::body::Body;

/// A request that changes nothing waits so long for its answer to begin. What changes something is not given up by us:
/// it may be done already, and a service that hangs loses its connection before long.
const LONGEST: Duration = Duration::from_secs(8);

/// Why a request was not answered.
pub(crate) struct Unanswered {
    pub why: String,
    /// Nobody has done anything about it.
    pub untouched: bool,
    /// The service has nothing to do with that: whoever asked broke off.
    pub by_asker: bool,
}

impl Dependency {
    /// Sends it by `attempt`; what changes nothing is sent again when its connection broke under it. Only a request that
    /// a service took and did not answer counts against it: whether there is a connection is known without a breaker.
    pub async fn pass_on<T, F, Fut>(&self, request: Request<Body>, attempt: F) -> Result<T, Unanswered>
    where
        T: Send,
        F: Fn(Request<Body>) -> Fut + Send,
        Fut: Future<Output = Result<T, Unanswered>> + Send,
    {
        let changes_nothing = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        if !changes_nothing || !request.body().is_end_stream() {
            return self.attempt(attempt(request)).await;
        }
        let deadline = self.effects.now().plus(LONGEST);
        self.budget().called();
        let (parts, _empty) = request.into_parts();
        for tries in 0.. {
            let left = deadline.since(self.effects.now());
            let sent = attempt(Request::from_parts(parts.clone(), Body::empty()));
            let in_time = async { self.effects.within(left, sent).await.unwrap_or_else(|| Err(too_late())) };
            let done = self.attempt(in_time).await;
            let broke = done.as_ref().is_err_and(|e| !e.untouched);
            if !broke || tries == MORE_TRIES || !self.again(tries, deadline).await {
                return done;
            }
        }
        Err(too_late())
    }

    /// Unless the breaker is open.
    async fn attempt<T>(&self, sent: impl Future<Output = Result<T, Unanswered>>) -> Result<T, Unanswered> {
        let Some(pass) = self.breaker.pass(self.effects.now()) else {
            return Err(Unanswered { why: self.pause_is_given(), untouched: true, by_asker: false });
        };
        let done = sent.await;
        match &done {
            Err(Unanswered { untouched: true, .. } | Unanswered { by_asker: true, .. }) => {}
            answered => pass.report(answered.is_ok(), self.effects.now()),
        }
        done
    }
}

fn too_late() -> Unanswered {
    let why = format!("no answer within {} s", LONGEST.as_secs());
    Unanswered { why, untouched: false, by_asker: false }
}
