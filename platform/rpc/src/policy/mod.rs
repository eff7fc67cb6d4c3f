//! What every question goes through on its way to another service, in both shapes: a deadline that shrinks, another try
//! where the contract allows one and the budget has one, and a breaker for a service that does not answer.

mod breaker;
mod budget;
mod meter;
mod plain;

use crate::body::{self, Read};
use crate::call::{self, Answered};
use crate::trace;
use bytes::Bytes;
use hanse_kernel::{Effects, Timestamp};
use http::{Request, Response};
use std::sync::Mutex;
use std::time::Duration;
use tonic::body::Body;
use tonic::{Code, Status};

pub(crate) use plain::Unanswered;

use breaker::Breaker;
use budget::Budget;
use meter::Meter;

/// Unless the caller's deadline is nearer, a question waits so long for its answer.
const LONGEST: Duration = Duration::from_secs(5);
/// Tries after the first.
const MORE_TRIES: u32 = 2;
/// The pause before the second try is at most so long, before the third at most twice that: long enough to be over a
/// restart of a connection, short beside what a shopper notices.
const PAUSE: Duration = Duration::from_millis(50);

/// One service as another one depends on it.
pub(crate) struct Dependency {
    caller: &'static str,
    service: &'static str,
    effects: Effects,
    breaker: Breaker,
    budget: Mutex<Budget>,
    meter: Meter,
}

impl Dependency {
    pub fn new(caller: &'static str, service: &'static str, effects: Effects) -> Self {
        Self {
            caller,
            service,
            breaker: Breaker::new(caller, service),
            budget: Mutex::default(),
            meter: Meter::new(caller, service),
            effects,
        }
    }

    /// Asks by `attempt`, once or more often. `repeatable`: the contract says that it may be asked again.
    pub async fn ask<F, Fut>(
        &self,
        mut request: Request<Body>,
        repeatable: bool,
        attempt: F,
    ) -> Response<Body>
    where
        F: Fn(Request<Body>) -> Fut + Send,
        Fut: Future<Output = Response<Body>> + Send,
    {
        let began = self.effects.now();
        let limit = call::timeout_of(request.headers()).unwrap_or(LONGEST).min(LONGEST);
        let work = trace::asking(&self.effects, self.caller, self.service, &mut request);
        let response = self.tries(request, repeatable, limit, attempt).await;
        if let Some(work) = work {
            trace::end(work, &response);
        }
        self.meter.answered(call::code_of(&response), self.effects.now().since(began));
        response
    }

    async fn tries<F, Fut>(
        &self,
        request: Request<Body>,
        repeatable: bool,
        limit: Duration,
        attempt: F,
    ) -> Response<Body>
    where
        F: Fn(Request<Body>) -> Fut + Send,
        Fut: Future<Output = Response<Body>> + Send,
    {
        let deadline = self.effects.now().plus(limit);
        self.budget().called();
        let mut question = match Question::of(request, repeatable).await {
            Ok(question) => question,
            Err(broken) => return broken.into_http(),
        };
        for tries in 0.. {
            let now = self.effects.now();
            let left = deadline.since(now);
            if left.is_zero() {
                return self.too_late();
            }
            let Some(pass) = self.breaker.pass(now) else {
                return Status::unavailable(self.pause_is_given()).into_http();
            };
            let Some(request) = question.next(left) else { return self.too_late() };
            let response = match self.effects.within(left, attempt(request)).await {
                Some(response) => response,
                None => self.too_late(),
            };
            let code = call::code_of(&response);
            // Whatever else it says, a service that says it is there.
            pass.report(!matches!(code, Code::Unavailable | Code::DeadlineExceeded), self.effects.now());
            if code != Code::Unavailable || tries == MORE_TRIES || !question.can_be_asked_again() {
                return response;
            }
            if !self.again(tries, deadline).await {
                return response;
            }
        }
        self.too_late()
    }

    /// Whether there is another try, after its pause.
    async fn again(&self, tries: u32, deadline: Timestamp) -> bool {
        let pause = self.pause(tries);
        if pause >= deadline.since(self.effects.now()) || !self.budget().take() {
            return false;
        }
        self.meter.tried_again();
        self.effects.timers.sleep(pause).await;
        true
    }

    fn pause_is_given(&self) -> String {
        format!("{} has not been answering; it is given a pause", self.service)
    }

    fn budget(&self) -> std::sync::MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Somewhere in the whole of it ("full jitter"), so that callers who failed together do not come back together.
    fn pause(&self, tries: u32) -> Duration {
        let most = u64::try_from(PAUSE.as_micros()).unwrap_or(u64::MAX) << tries;
        Duration::from_micros(self.effects.rng.u64() % most)
    }

    fn too_late(&self) -> Response<Body> {
        let mut response =
            Status::deadline_exceeded(format!("{} did not answer in time", self.service)).into_http();
        response.extensions_mut().insert(Answered(Code::DeadlineExceeded));
        response
    }
}

/// A question as it is sent, if need be again.
struct Question {
    parts: http::request::Parts,
    body: Kept,
}

enum Kept {
    Whole(Bytes),
    Once(Option<Body>),
}

impl Question {
    async fn of(request: Request<Body>, repeatable: bool) -> Result<Self, Status> {
        let (parts, body) = request.into_parts();
        let body = if !repeatable {
            Kept::Once(Some(body))
        } else {
            match body::read(body).await? {
                Read::Whole { data, .. } => Kept::Whole(data),
                Read::Long(body) => Kept::Once(Some(body)),
            }
        };
        Ok(Self { parts, body })
    }

    fn can_be_asked_again(&self) -> bool {
        matches!(self.body, Kept::Whole(_))
    }

    /// The request for the next try, with what is left of the deadline. `None` when it cannot be sent again.
    fn next(&mut self, left: Duration) -> Option<Request<Body>> {
        let (parts, body) = match &mut self.body {
            Kept::Whole(data) => (self.parts.clone(), body::replay(data.clone(), None)),
            Kept::Once(body) => {
                // Sent once only: nobody needs these again.
                let (empty, ()) = Request::new(()).into_parts();
                (std::mem::replace(&mut self.parts, empty), body.take()?)
            }
        };
        let mut request = Request::from_parts(parts, body);
        call::set_timeout(request.headers_mut(), left);
        Some(request)
    }
}
