//! The public listener: connections are taken, bounded in number and in how long they may take over a request's head,
//! and ended in good order.

mod answering;
mod files;
mod guests;
mod resting;

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
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::net::SocketAddr;
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
                    let connection = connection(&http, stream, peer, app.clone(), &place, &effects);
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
    place: &Place,
    effects: &Effects,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send + 'static {
    // Small answers must not wait for more to send; a connection that is gone already shows itself on reading.
    let _ = stream.set_nodelay(true);
    let (guest, guests, clock) = (place.guest.clone(), place.guests.clone(), effects.clock.clone());
    let timers = effects.timers.clone();
    let answer = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let (until, guests) = (Until { guest: guest.clone(), clock: clock.clone() }, guests.clone());
        let (app, rest) = (app.clone(), guest.has_to_rest().map(|rest| timers.sleep(rest)));
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
mod tests;
