//! One replica of a service: an address, its connection, and how much is under way there.

use super::connect::{Connection, connect, explain};
use super::pool::Pool;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tonic::body::Body;

/// A connection that lived so long was a good one: the next is tried at once.
const GOOD: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

pub(super) struct Replica {
    pub address: SocketAddr,
    line: Mutex<Line>,
    under_way: AtomicUsize,
    /// The name of the service does not lead here any more.
    gone: AtomicBool,
    /// It shall be tried now, however long it has been away.
    wanted: AtomicBool,
    /// Something for the keeper to look at.
    look: Notify,
}

enum Line {
    Connecting,
    Up(SendRequest<Body>),
    Down(String),
}

/// What a replica can do for a call.
pub(super) enum Standing {
    Ready(SendRequest<Body>),
    /// May be ready soon.
    Soon,
    Down(String),
}

/// Why a call came back without an answer.
pub(super) struct Failed {
    pub why: String,
    /// The replica has certainly done nothing about it: it is safe to ask another.
    pub untouched: bool,
    /// Whoever asked broke off.
    pub by_asker: bool,
    /// The request itself, when it was not sent at all.
    pub request: Option<Request<Body>>,
}

impl Failed {
    /// It was not sent.
    pub fn before(why: String, request: Request<Body>) -> Self {
        Self { why, untouched: true, by_asker: false, request: Some(request) }
    }
}

impl Replica {
    /// A replica that connects by itself until it is told that it is gone, or nobody has the pool any more.
    pub fn open(address: SocketAddr, pool: &Arc<Pool>) -> Arc<Self> {
        let this = Arc::new(Self {
            address,
            line: Mutex::new(Line::Connecting),
            under_way: AtomicUsize::new(0),
            gone: AtomicBool::new(false),
            wanted: AtomicBool::new(false),
            look: Notify::new(),
        });
        let keeper = keep(this.clone(), Arc::downgrade(pool));
        pool.effects.spawn.spawn("rpc.replica", Box::pin(keeper));
        this
    }

    /// No new calls; those under way are finished.
    pub fn leave(&self) {
        self.gone.store(true, Ordering::Release);
        *self.line() = Line::Down("it is gone".into());
        self.look.notify_one();
    }

    /// Another one has left: this one is tried at once, since it may have come to take over, and is waited for.
    pub fn want(&self) {
        let mut line = self.line();
        if !matches!(&*line, Line::Down(_)) || self.gone.load(Ordering::Acquire) {
            return;
        }
        *line = Line::Connecting;
        drop(line);
        self.wanted.store(true, Ordering::Release);
        self.look.notify_one();
    }

    pub fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    pub fn standing(&self) -> Standing {
        match &*self.line() {
            // It has said that it takes no more (GOAWAY), though it may still be answering what it has.
            Line::Up(sender) if sender.is_closed() => {
                self.look.notify_one();
                Standing::Soon
            }
            Line::Up(sender) => Standing::Ready(sender.clone()),
            Line::Connecting => Standing::Soon,
            Line::Down(why) => Standing::Down(why.clone()),
        }
    }

    /// Sends one request. The count of what is under way ends with the guard.
    pub async fn send(
        &self,
        mut line: SendRequest<Body>,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, Failed> {
        line.try_send_request(request).await.map_err(|mut error| {
            self.look.notify_one();
            let request = error.take_message();
            let why = explain(error.error());
            let (http2, error) = (http2(error.error()), error.error());
            let by_asker = error.is_user() || http2.is_some_and(ended_here);
            Failed { untouched: request.is_some() || http2.is_some_and(untouched), by_asker, why, request }
        })
    }

    pub fn count(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(self.clone())
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn set(&self, line: Line, pool: &Pool) {
        let mut now = self.line();
        if !self.gone.load(Ordering::Acquire) {
            *now = line;
        }
        drop(now);
        pool.changed();
    }

    fn spent(&self) -> bool {
        matches!(&*self.line(), Line::Up(sender) if sender.is_closed())
    }
}

/// Counts as long as it lives.
pub(super) struct UnderWay(Arc<Replica>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What HTTP/2 says about it.
fn http2(error: &hyper::Error) -> Option<&h2::Error> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(h2) = error.downcast_ref() {
            return Some(h2);
        }
        cause = error.source();
    }
    None
}

/// A stream that the peer refused, or that it will not look at because it is going away (RFC 9113 sections 6.8, 8.7).
fn untouched(error: &h2::Error) -> bool {
    let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
    let going = error.is_go_away() && error.is_remote() && error.reason() == Some(h2::Reason::NO_ERROR);
    refused || going
}

/// A stream that this side has ended: its body broke off.
fn ended_here(error: &h2::Error) -> bool {
    error.is_reset() && !error.is_remote() && !error.is_library()
}

/// Keeps the replica connected.
async fn keep(replica: Arc<Replica>, pool: Weak<Pool>) {
    let mut failures = 0_u32;
    loop {
        let Some(held) = pool.upgrade() else { return };
        if replica.gone.load(Ordering::Acquire) {
            return;
        }
        if failures == 0 {
            replica.set(Line::Connecting, &held);
        }
        let mut lived = Duration::ZERO;
        let why = match connect(replica.address, held.service, &held.identity, &held.effects).await {
            Ok(connection) => {
                let began = held.effects.now();
                let end = drive(connection, &replica, &held);
                // The pool may go while the connection stands.
                drop(held);
                let why = wait(&replica, end, &pool).await;
                if let Some(pool) = pool.upgrade() {
                    lived = pool.effects.now().since(began);
                    pool.want_others(&replica);
                }
                why
            }
            Err(why) => why,
        };
        let Some(held) = pool.upgrade() else { return };
        failures = if lived >= GOOD { 0 } else { failures + 1 };
        let (service, address) = (held.service, replica.address);
        tracing::debug!(service, %address, why, failures, "a connection has ended");
        if failures > 0 {
            replica.set(Line::Down(why), &held);
        }
        // It may have moved.
        held.resolve_soon();
        let pause = pause(failures, held.effects.rng.u64());
        let sleep = held.effects.timers.sleep(pause);
        drop(held);
        if !pause.is_zero() {
            futures::future::select(sleep, std::pin::pin!(until_called(&replica))).await;
        }
        if replica.wanted.swap(false, Ordering::AcqRel) {
            failures = 0;
        }
    }
}

/// Doubled with every failure, and a random half of it taken off, so that not all come at once.
fn pause(failures: u32, random: u64) -> Duration {
    let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
    let most = FIRST_PAUSE.saturating_mul(1 << doublings.min(10)).min(LONGEST_PAUSE);
    let micros = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(micros / 2 + random % (micros / 2))
}

/// Until there is something else to do than to wait.
async fn until_called(replica: &Replica) {
    while !replica.gone.load(Ordering::Acquire) && !replica.wanted.load(Ordering::Acquire) {
        replica.look.notified().await;
    }
}

/// Lets the connection run in a task of its own, so that it ends its calls also after new ones go elsewhere.
fn drive((sender, end): Connection, replica: &Replica, pool: &Pool) -> oneshot::Receiver<String> {
    let (ended, end_of) = oneshot::channel();
    pool.effects.spawn.spawn(
        "rpc.connection",
        Box::pin(async move {
            // Nobody may be waiting for it any more.
            let _ = ended.send(end.await);
        }),
    );
    replica.set(Line::Up(sender), pool);
    end_of
}

/// Until the connection has ended, or takes no more calls. Why.
async fn wait(replica: &Replica, mut end: oneshot::Receiver<String>, pool: &Weak<Pool>) -> String {
    loop {
        let look = std::pin::pin!(replica.look.notified());
        match futures::future::select(&mut end, look).await {
            futures::future::Either::Left((why, _)) => {
                return why.unwrap_or_else(|_| "the connection was dropped".into());
            }
            futures::future::Either::Right(_) if replica.gone.load(Ordering::Acquire) => {
                return "it is gone".into();
            }
            futures::future::Either::Right(_) if replica.spent() => return "it is going away".into(),
            futures::future::Either::Right(_) if pool.strong_count() == 0 => {
                return "nobody asks any more".into();
            }
            futures::future::Either::Right(_) => {}
        }
    }
}
