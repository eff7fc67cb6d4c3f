//! The public listener: connections are taken, bounded in number and in how long they may take over a request's head,
//! and ended in good order.

mod answering;
mod files;
mod guests;

use answering::{Answering, Until};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use guests::{Guest, Guests, Place};
use hanse_http::Problem;
use hanse_kernel::{Clock, Effects};
use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt;

pub use files::room_for;

/// Rest after a connection could not be taken, for want of file handles perhaps.
const REST: Duration = Duration::from_millis(100);

/// What connections may have.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// A connection on which no whole head comes for so long is closed, whether the client dawdles or has nothing to ask.
    pub head: Duration,
    /// So many are open at once; see [`guests`] for what becomes of others.
    pub connections: usize,
}

impl Bounds {
    pub fn of(connections: usize) -> Self {
        Self { head: Duration::from_secs(60), connections }
    }
}

/// Serves until `stop` resolves, then takes no more connections and waits for the requests under way. Dropping the
/// future cuts them off.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    effects: Effects,
    bounds: Bounds,
    stop: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(bounds.head);
    let guests = Guests::new(bounds.connections, effects.clock.clone());
    let (ending, mut connections) = (GracefulShutdown::new(), JoinSet::new());
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(ended) = connections.join_next(), if !connections.is_empty() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "the task of a connection broke; the others go on");
                }
            }
            taken = listener.accept() => match taken {
                Ok((stream, peer)) => {
                    let Some(place) = guests.enter() else {
                        refuse(&stream);
                        continue;
                    };
                    let guest = place.guest.clone();
                    let connection = connection(&http, stream, peer, app.clone(), guest, effects.clock.clone());
                    connections.spawn(attend(ending.watch(connection), place));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    effects.timers.sleep(REST).await;
                }
            },
        }
    }
    drop(listener);
    ending.shutdown().await;
}

/// Serves a connection until it ends or has to make way.
async fn attend(connection: impl Future<Output = Result<(), hyper::Error>>, place: Place) {
    tokio::select! {
        biased;
        () = place.guest.asked_to_leave() => tracing::debug!("a connection made way for another"),
        ended = connection => if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        },
    }
}

fn connection(
    http: &http1::Builder,
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    guest: Arc<Guest>,
    clock: Arc<dyn Clock>,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send + 'static {
    // Small answers must not wait for more to send; a connection that is gone already shows itself on reading.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let until = Until { guest: guest.clone(), clock: clock.clone() };
        let asked = until.guest.asks().then(|| app.clone().oneshot(request.map(Body::new)));
        async move {
            let answer = match asked {
                Some(asked) => asked.await?,
                // The connection is being closed, and nothing was done.
                None => closing(),
            };
            until.guest.is_answered(until.clock.now());
            Ok::<_, Infallible>(answer.map(|body| Answering { body, until }))
        }
    });
    http.serve_connection(TokioIo::new(stream), answer)
}

fn too_many() -> Problem {
    Problem::new(http::StatusCode::SERVICE_UNAVAILABLE, "overloaded", "Too many are here at once")
        .detail("nothing was done; try again in 5 s")
        .retry_after(5)
}

fn closing() -> Response<Body> {
    let mut answer = too_many().respond(None);
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// Tells a client that there is no room, as far as that costs nothing.
fn refuse(stream: &TcpStream) {
    let body = String::from_utf8(too_many().to_json(None)).unwrap_or_default();
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 5\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    // What has come already is taken, else closing would take the answer back. Whoever is slower learns less.
    let _read = stream.try_read(&mut [0; 4096]);
    let _written = stream.try_write(answer.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;

    async fn opened(bounds: Bounds) -> (SocketAddr, oneshot::Sender<()>, JoinSet<()>) {
        let whence = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() };
        opened_with(Router::new().route("/", get(whence)), bounds).await
    }

    async fn opened_with(app: Router, bounds: Bounds) -> (SocketAddr, oneshot::Sender<()>, JoinSet<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let effects =
            hanse_kernel::system::effects(Arc::new(hanse_runtime::TokioTimers), hanse_runtime::Tasks::new());
        let (close, closed) = oneshot::channel();
        let stop = async move {
            // Dropping the sender closes as well.
            let _ = closed.await;
        };
        let serving = JoinSet::from_iter([serve(listener, app, effects, bounds, stop)]);
        (address, close, serving)
    }

    async fn said(stream: &mut TcpStream) -> String {
        let mut all = String::new();
        stream.read_to_string(&mut all).await.expect("text until the end");
        all
    }

    #[tokio::test]
    async fn half_a_head_does_not_hold_a_connection_for_ever() {
        let (address, close, serving) =
            opened(Bounds { head: Duration::from_millis(100), connections: 8 }).await;
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
}
