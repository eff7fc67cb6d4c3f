//! The listener over real sockets.

use super::*;
use axum::routing::get;
use futures::future::BoxFuture;
use hanse_kernel::effects::ManualClock;
use hanse_kernel::{Timers, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{oneshot, watch};

async fn opened(bounds: Bounds) -> (SocketAddr, oneshot::Sender<()>, JoinSet<()>) {
    let whence = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() };
    opened_with(Router::new().route("/", get(whence)), bounds).await
}

async fn opened_with(app: Router, bounds: Bounds) -> (SocketAddr, oneshot::Sender<()>, JoinSet<()>) {
    listening(
        app,
        bounds,
        hanse_kernel::system::effects(Arc::new(hanse_runtime::TokioTimers), hanse_runtime::Tasks::new()),
        None,
    )
    .await
}

/// Answers where whoever asks comes from, over TLS.
pub(super) async fn opened_with_tls(tls: Tls) -> (SocketAddr, oneshot::Sender<()>, JoinSet<()>) {
    let whence = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() };
    let app = Router::new().route("/", get(whence));
    let timers = Arc::new(hanse_runtime::TokioTimers);
    listening(
        app,
        Bounds::of(8),
        hanse_kernel::system::effects(timers, hanse_runtime::Tasks::new()),
        Some(tls),
    )
    .await
}

async fn listening(
    app: Router,
    bounds: Bounds,
    effects: Effects,
    tls: Option<Tls>,
) -> (SocketAddr, oneshot::Sender<()>, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (close, closed) = oneshot::channel();
    let stop = async move {
        // Dropping the sender closes as well.
        let _ = closed.await;
    };
    let serving = JoinSet::from_iter([serve(listener, tls, app, effects, bounds, stop)]);
    (address, close, serving)
}

/// Nobody's rest is over before it is said.
#[derive(Clone, Default)]
pub(super) struct HeldTimers {
    pub asked: watch::Sender<usize>,
    pub over: watch::Sender<bool>,
}

impl Timers for HeldTimers {
    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        self.asked.send_modify(|asked| *asked += 1);
        let mut over = self.over.subscribe();
        Box::pin(async move {
            over.wait_for(|over| *over).await.expect("the timers live as long as the test");
        })
    }
}

pub(super) async fn said(stream: &mut TcpStream) -> String {
    let mut all = String::new();
    stream.read_to_string(&mut all).await.expect("text until the end");
    all
}

#[tokio::test]
async fn half_a_head_does_not_hold_a_connection_for_ever() {
    let (address, close, serving) = opened(Bounds { head: Duration::from_millis(100), connections: 8 }).await;
    let mut slow = TcpStream::connect(address).await.expect("connected");
    slow.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX-More: ").await.expect("sent");
    let answer = said(&mut slow).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    drop(close);
    serving.join_all().await;
}

#[tokio::test]
async fn a_whole_request_is_answered_and_an_idle_connection_ends_with_the_listener() {
    let (address, close, serving) = opened(Bounds::of(8)).await;
    let mut idle = TcpStream::connect(address).await.expect("connected");
    idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    let mut start = [0; 15];
    idle.read_exact(&mut start).await.expect("an answer");
    assert_eq!(&start, b"HTTP/1.1 200 OK");
    drop(close);
    assert!(said(&mut idle).await.ends_with("127.0.0.1"));
    serving.join_all().await;
}

async fn asked(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    stream
}

#[tokio::test]
async fn where_there_is_no_room_the_idle_make_way_and_who_waits_for_an_answer_is_left_alone() {
    let (open, gate) = tokio::sync::watch::channel(false);
    let (working, mut works) = tokio::sync::mpsc::channel(8);
    let held = move || {
        let (mut gate, working) = (gate.clone(), working.clone());
        async move {
            let _ = working.send(()).await;
            gate.wait_for(|open| *open).await.expect("still there");
            "held"
        }
    };
    let app = Router::new().route("/", get(async || "here")).route("/held", get(held));
    let (address, close, serving) = opened_with(app, Bounds::of(2)).await;
    let mut first = asked(address, "/held").await;
    works.recv().await.expect("it works");
    let mut idle = asked(address, "/").await;
    let mut start = [0; 15];
    idle.read_exact(&mut start).await.expect("an answer");
    let mut third = asked(address, "/held").await;
    works.recv().await.expect("it works, in the place of the idle one");
    assert!(said(&mut idle).await.ends_with("here"), "it was closed when all had been said");
    // Nothing is asked on it: what a closed connection is sent takes an answer back that is still on its way.
    let refused = said(&mut TcpStream::connect(address).await.expect("connected")).await;
    assert!(refused.starts_with("HTTP/1.1 503") && refused.contains("retry-after: 5"), "{refused}");
    assert!(refused.contains("\"code\":\"overloaded\""), "{refused}");
    open.send_replace(true);
    drop(close);
    for held in [&mut first, &mut third] {
        assert!(said(held).await.ends_with("held"));
    }
    serving.join_all().await;
}

#[tokio::test]
async fn who_is_refused_and_comes_again_at_once_waits_and_others_do_not() {
    let (came, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let refuses = {
        let came = came.clone();
        async move || {
            came.fetch_add(1, Ordering::SeqCst);
            too_many()
        }
    };
    let answers = {
        let seen = seen.clone();
        async move || {
            seen.fetch_add(1, Ordering::SeqCst);
            "here"
        }
    };
    let app = Router::new().route("/refuse", get(refuses)).route("/", get(answers));
    let timers = HeldTimers::default();
    let mut effects = hanse_kernel::system::effects(Arc::new(timers.clone()), hanse_runtime::Tasks::new());
    let clock = ManualClock::at(Timestamp::from_micros(0));
    effects.clock = clock.clone();
    let (address, close, serving) = listening(app, Bounds::of(8), effects, None).await;
    let mut eager = asked(address, "/refuse").await;
    let mut start = [0; 12];
    eager.read_exact(&mut start).await.expect("an answer");
    assert_eq!(&start, b"HTTP/1.1 503");
    eager.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.expect("sent");
    timers.asked.subscribe().wait_for(|asked| *asked == 1).await.expect("it rests");
    // Others are answered meanwhile, as often as they ask.
    let mut calm = asked(address, "/").await;
    calm.read_exact(&mut start).await.expect("an answer");
    calm.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.expect("sent");
    assert!(said(&mut calm).await.ends_with("here"));
    assert_eq!(
        (came.load(Ordering::SeqCst), seen.load(Ordering::SeqCst)),
        (1, 2),
        "nothing is done for it yet"
    );
    timers.over.send_replace(true);
    assert!(said(&mut eager).await.ends_with("here"), "it is answered after its rest");
    assert_eq!(seen.load(Ordering::SeqCst), 3);
    // Who comes back late enough by itself does not wait once more.
    let mut heeding = asked(address, "/refuse").await;
    heeding.read_exact(&mut start).await.expect("an answer");
    clock.advance(Duration::from_secs(1));
    timers.over.send_replace(false);
    heeding.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.expect("sent");
    assert!(said(&mut heeding).await.ends_with("here"));
    assert_eq!(*timers.asked.borrow(), 1);
    drop(close);
    serving.join_all().await;
}
