//! The public listener: connections are taken, bounded in how long they may take over a request's head, and ended in
//! good order.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hanse_kernel::Effects;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt;

/// A connection on which no whole head comes for so long is closed, whether the client dawdles or has nothing to ask.
pub const HEAD_LIMIT: Duration = Duration::from_secs(60);
/// Rest after a connection could not be taken, for want of file handles perhaps.
const REST: Duration = Duration::from_millis(100);

/// Serves until `stop` resolves, then takes no more connections and waits for the requests under way. Dropping the
/// future cuts them off.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    effects: Effects,
    head_limit: Duration,
    stop: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head_limit);
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
                    let connection = ending.watch(connection(&http, stream, peer, app.clone()));
                    connections.spawn(async move {
                        if let Err(error) = connection.await {
                            tracing::debug!(%error, "a connection ended early");
                        }
                    });
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

fn connection(
    http: &http1::Builder,
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send + 'static {
    // Small answers must not wait for more to send; a connection that is gone already shows itself on reading.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        app.clone().oneshot(request.map(Body::new))
    });
    http.serve_connection(TokioIo::new(stream), answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;

    async fn opened(head_limit: Duration) -> (SocketAddr, oneshot::Sender<()>, JoinSet<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let whence = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() };
        let effects =
            hanse_kernel::system::effects(Arc::new(hanse_runtime::TokioTimers), hanse_runtime::Tasks::new());
        let (close, closed) = oneshot::channel();
        let stop = async move {
            // Dropping the sender closes as well.
            let _ = closed.await;
        };
        let app = Router::new().route("/", get(whence));
        let serving = JoinSet::from_iter([serve(listener, app, effects, head_limit, stop)]);
        (address, close, serving)
    }

    async fn said(stream: &mut TcpStream) -> String {
        let mut all = String::new();
        stream.read_to_string(&mut all).await.expect("text until the end");
        all
    }

    #[tokio::test]
    async fn half_a_head_does_not_hold_a_connection_for_ever() {
        let (address, close, serving) = opened(Duration::from_millis(100)).await;
        let mut slow = TcpStream::connect(address).await.expect("connected");
        slow.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX-More: ").await.expect("sent");
        let answer = said(&mut slow).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
        drop(close);
        serving.join_all().await;
    }

    #[tokio::test]
    async fn a_whole_request_is_answered_and_an_idle_connection_ends_with_the_listener() {
        let (address, close, serving) = opened(Duration::from_secs(60)).await;
        let mut idle = TcpStream::connect(address).await.expect("connected");
        idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
        let mut start = [0; 15];
        idle.read_exact(&mut start).await.expect("an answer");
        assert_eq!(&start, b"HTTP/1.1 200 OK");
        drop(close);
        assert!(said(&mut idle).await.ends_with("127.0.0.1"));
        serving.join_all().await;
    }
}
