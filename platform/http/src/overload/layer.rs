//! The halls around a service: requests enter, wait or are shed.

use super::hall::{Arrival, Halls, Reason};
use super::{Class, Classes, Settings};
use crate::problem::Problem;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures::channel::oneshot;
use futures::future::{BoxFuture, Either, select};
use hanse_kernel::{Effects, Timestamp};
use http::StatusCode;
use metrics::{Counter, Gauge};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tower::{Layer, Service, ServiceExt};

const INSIDE: &str = "http_server_inside_requests";
const WAITING: &str = "http_server_waiting_requests";
const LIMIT: &str = "http_server_inside_limit";
const SHED: &str = "http_server_shed_total";

/// Lets in what can be done, and answers 503 to the rest. Clones share their halls.
#[derive(Clone)]
pub struct Overload {
    classes: Classes,
    desk: Arc<Desk>,
}

/// Who keeps the halls.
struct Desk {
    effects: Effects,
    halls: Mutex<Halls<oneshot::Sender<Admitted>>>,
    patience: [Duration; Class::COUNTED.len()],
    told: [Told; Class::COUNTED.len()],
}

/// A class in the metrics.
struct Told {
    inside: Gauge,
    waiting: Gauge,
    limit: Gauge,
    shed: [Counter; Reason::ALL.len()],
}

impl Told {
    fn new(class: Class) -> Self {
        let class = class.label();
        Self {
            inside: metrics::gauge!(INSIDE, "class" => class),
            waiting: metrics::gauge!(WAITING, "class" => class),
            limit: metrics::gauge!(LIMIT, "class" => class),
            shed: Reason::ALL.map(|r| metrics::counter!(SHED, "class" => class, "reason" => r.label())),
        }
    }
}

/// A place inside, until it is dropped.
pub struct Admitted {
    desk: Arc<Desk>,
    place: usize,
    since: Timestamp,
    /// Whether the time it takes tells something: not when its client leaves.
    answered: bool,
}

impl Admitted {
    fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let now = self.desk.effects.now();
        self.desk.leave(self.place, now, self.answered.then(|| now.since(self.since)));
    }
}

impl Overload {
    pub fn new(effects: &Effects, classes: Classes, settings: &Settings) -> Self {
        use metrics::Unit::Count;
        metrics::describe_gauge!(INSIDE, Count, "Requests that are worked on");
        metrics::describe_gauge!(WAITING, Count, "Requests that wait to be worked on");
        metrics::describe_gauge!(LIMIT, Count, "How many requests may be worked on at once");
        metrics::describe_counter!(SHED, "Requests that were refused because too much is asked");
        let desk = Desk {
            effects: effects.clone(),
            halls: Mutex::new(Halls::new(settings)),
            patience: settings.of().map(|rules| rules.patience),
            told: Class::COUNTED.map(Told::new),
        };
        for (place, told) in desk.told.iter().enumerate() {
            told.limit.set(desk.locked().limit(place));
        }
        Self { classes, desk: Arc::new(desk) }
    }

    /// How many requests of a class are inside, and how many wait.
    pub fn count(&self, class: Class) -> (usize, usize) {
        let halls = self.desk.locked();
        class.place().map_or((0, 0), |place| (halls.inside(place) as usize, halls.waiting(place)))
    }
}

impl Desk {
    fn locked(&self) -> std::sync::MutexGuard<'_, Halls<oneshot::Sender<Admitted>>> {
        self.halls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(self: &Arc<Self>, place: usize, since: Timestamp) -> Admitted {
        self.told[place].inside.increment(1.0);
        Admitted { desk: self.clone(), place, since, answered: false }
    }

    /// # Errors
    /// Why it is not even let in to wait.
    fn arrive(
        self: &Arc<Self>,
        place: usize,
    ) -> Result<Either<Admitted, oneshot::Receiver<Admitted>>, Reason> {
        let (now, mut waits) = (self.effects.now(), None);
        let arrival = self.locked().arrive(place, now, || {
            let (call, called) = oneshot::channel();
            waits = Some(called);
            call
        });
        match (arrival, waits) {
            (Arrival::Shed(reason), _) => Err(reason),
            (_, Some(called)) => Ok(Either::Right(called)),
            _ => Ok(Either::Left(self.admit(place, now))),
        }
    }

    fn leave(self: &Arc<Self>, place: usize, now: Timestamp, took: Option<Duration>) {
        self.told[place].inside.decrement(1.0);
        let mut next = Vec::new();
        let mut halls = self.locked();
        let there = |call: &oneshot::Sender<Admitted>| !call.is_canceled();
        if halls.leave(place, now, took, there, |place, call| next.push((place, call))) {
            self.told[place].limit.set(halls.limit(place));
        }
        drop(halls);
        for (place, call) in next {
            // Whoever left in this very moment gives the place back by not taking it.
            let _gone = call.send(self.admit(place, now));
        }
    }

    /// Waits to be called, for twice the patience of its class.
    async fn called(
        self: Arc<Self>,
        place: usize,
        called: oneshot::Receiver<Admitted>,
    ) -> Result<Admitted, Reason> {
        let _waits = Waits::begin(&self.told[place].waiting);
        match select(called, self.effects.timers.sleep(self.patience[place] * 2)).await {
            Either::Left((Ok(admitted), _)) => Ok(admitted),
            Either::Left((Err(oneshot::Canceled), _)) | Either::Right(_) => Err(Reason::Late),
        }
    }

    fn shed(&self, place: usize, reason: Reason) -> Response {
        let index = Reason::ALL.iter().position(|r| *r == reason).unwrap_or_default();
        self.told[place].shed[index].increment(1);
        refusal(Class::COUNTED[place])
    }
}

/// One that waits, in the metrics.
struct Waits<'a>(&'a Gauge);

impl<'a> Waits<'a> {
    fn begin(gauge: &'a Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// Who can come back later is told to; who is about to pay may try again at once.
fn refusal(class: Class) -> Response {
    let wait = if class <= Class::Cart { 1 } else { 5 };
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "Too many are here at once")
        .detail(format!(
            "nothing was done; try again in {wait} s, with the same idempotency key if there was one"
        ))
        .retry_after(wait)
        .into_response()
}

impl<S> Layer<S> for Overload {
    type Service = Guarded<S>;
    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { inner, overload: self.clone() }
    }
}

#[derive(Clone)]
pub struct Guarded<S> {
    inner: S,
    overload: Overload,
}

impl<S> Service<Request> for Guarded<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<
        std::future::Ready<Result<Response, S::Error>>,
        BoxFuture<'static, Result<Response, S::Error>>,
    >;

    /// Always: each request waits for a clone of the inner service.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let inner = self.inner.clone();
        let Some(place) = self.overload.classes.class_of(&request).place() else {
            return Either::Right(Box::pin(inner.oneshot(request)));
        };
        let desk = self.overload.desk.clone();
        let arrived = match desk.arrive(place) {
            Ok(arrived) => arrived,
            Err(reason) => return Either::Left(std::future::ready(Ok(desk.shed(place, reason)))),
        };
        Either::Right(Box::pin(async move {
            let admitted = match arrived {
                Either::Left(admitted) => {
                    // Reads run where they arrive and without a pause: those that arrived together would be let in one
                    // after the other, each finding nobody inside, while the rest wait unseen in their sockets.
                    others_first().await;
                    admitted
                }
                Either::Right(called) => match desk.clone().called(place, called).await {
                    Ok(admitted) => admitted,
                    Err(reason) => return Ok(desk.shed(place, reason)),
                },
            };
            let answer = inner.oneshot(request).await;
            admitted.answered();
            answer
        }))
    }
}

/// Lets everything run once that is ready to.
async fn others_first() {
    let mut waited = false;
    std::future::poll_fn(move |cx| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
