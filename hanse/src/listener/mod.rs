//! The public listener: connections are taken, with or without TLS, bounded in number and in how long they may take over
//! a request's head, and ended in good order.

mod answering;
mod files;
mod guests;
mod resting;
mod tls;

use answering::{Answering, Until};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use guests::{Guests, Place};
use hanse_http::Problem;
use hanse_kernel::Effects;
use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown, Watcher};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tls::{NoTls, Stream};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

pub use files::room_for;
pub use tls::{Places, Tls};

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

/// So many connections may stand at the door before they are taken. One that comes beyond is not answered at all, and its
/// client's system tries again after one, three and seven seconds. The kernel caps it (net.core.somaxconn, 4096 by default).
const AT_THE_DOOR: u32 = 4096;

/// Opens the door.
///
/// # Errors
/// When the address cannot be listened on, because something else does for example.
pub fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A port whose last owner has just ended may be taken over, as with every other listener.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(AT_THE_DOOR)
}

/// A request's head measures no more than this, whatever is in it; the gateway's bounds on it are tighter.
const HEAD: usize = 64 * 1024;
/// And has no more lines.
const LINES: usize = 128;

/// What a connection is served with.
#[derive(Clone)]
struct Quay {
    http: http1::Builder,
    app: Router,
    effects: Effects,
    tls: Option<Tls>,
    /// True: the listener takes no more, and nobody shakes hands any more.
    closed: watch::Receiver<bool>,
}

/// Serves until `stop` resolves, then takes no more connections and waits for the requests under way. Dropping the
/// future cuts them off. Without `tls`, HTTP is spoken as it is.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    app: Router,
    effects: Effects,
    bounds: Bounds,
    stop: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(bounds.head).max_buf_size(HEAD).max_headers(LINES);
    let guests = Guests::new(bounds.connections, effects.clock.clone());
    let (ending, mut connections) = (GracefulShutdown::new(), JoinSet::new());
    let (close, closed) = watch::channel(false);
    let quay = Arc::new(Quay { http, app, effects: effects.clone(), tls, closed });
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
                        if quay.tls.is_none() {
                            refuse(&stream, &too_many());
                        }
                        continue;
                    };
                    connections.spawn(receive(quay.clone(), stream, peer, place, ending.watcher()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    effects.timers.sleep(REST).await;
                }
            },
        }
    }
    drop(listener);
    close.send_replace(true);
    ending.shutdown().await;
}

/// Shakes hands where TLS is spoken, then serves the connection.
async fn receive(quay: Arc<Quay>, stream: TcpStream, peer: SocketAddr, place: Place, watcher: Watcher) {
    // Small answers must not wait for more to send; a connection that is gone already shows itself on reading.
    let _ = stream.set_nodelay(true);
    let Some(tls) = &quay.tls else {
        let connection = connection(&quay, stream, peer, &place);
        return attend(watcher.watch(connection), place).await;
    };
    let mut closed = quay.closed.clone();
    let greeted = tokio::select! {
        biased;
        () = place.guest.asked_to_leave() => return,
        _ = closed.wait_for(|closed| *closed) => return,
        greeted = tls.accept(stream) => greeted,
    };
    match greeted {
        Ok(stream) => {
            let connection = connection(&quay, stream, peer, &place);
            attend(watcher.watch(connection), place).await;
        }
        Err(NoTls::Plain(stream)) => refuse(&stream, &plain()),
        Err(NoTls::Slow) => tracing::debug!("a client took too long to shake hands"),
        Err(NoTls::Failed(error)) => tracing::debug!(%error, "a client did not shake hands"),
    }
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
    quay: &Quay,
    stream: impl Stream,
    peer: SocketAddr,
    place: &Place,
) -> impl GracefulConnection<Error = hyper::Error> + Send + 'static {
    let Quay { http, app, effects, .. } = quay;
    let (guest, guests, clock) = (place.guest.clone(), place.guests.clone(), effects.clock.clone());
    let (app, timers) = (app.clone(), effects.timers.clone());
    let answer = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let (until, guests) = (Until { guest: guest.clone(), clock: clock.clone() }, guests.clone());
        let (app, rest) = (app.clone(), guest.has_to_rest(clock.now()).map(|rest| timers.sleep(rest)));
        async move {
            if let Some(rest) = rest {
                rest.await;
            }
            let answer = if until.guest.asks() {
                app.oneshot(request.map(Body::new)).await?
            } else {
                // The connection is being closed, and nothing was done.
                closing()
            };
            if resting::refused(&answer) {
                guests.refused(&until.guest);
            }
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

/// For a client that speaks HTTP where TLS is expected.
fn plain() -> Problem {
    Problem::new(http::StatusCode::BAD_REQUEST, "https_needed", "This shop is reached by https:// only")
        .detail("nothing was done; ask again by https://")
}

/// Tells a client why nothing is done for it, as far as that costs nothing.
fn refuse(stream: &TcpStream, problem: &Problem) {
    let body = String::from_utf8(problem.to_json(None)).unwrap_or_default();
    let status = problem.status();
    let retry = if status == http::StatusCode::SERVICE_UNAVAILABLE { "retry-after: 5\r\n" } else { "" };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/problem+json\r\n{retry}connection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    // What has come already is taken, else closing would take the answer back. Whoever is slower learns less.
    let _read = stream.try_read(&mut [0; 4096]);
    let _written = stream.try_write(answer.as_bytes());
}

#[cfg(test)]
mod tests;
