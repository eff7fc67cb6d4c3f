//! One peer's connection: its handshake, its name, its calls, its end.

use super::desk::Desk;
use crate::identity::{Identity, service_of};
use crate::tasks::Executor;
use hanse_kernel::Effects;
use http::{HeaderValue, Request};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tonic::body::Body;

/// Who does not say who it is in this time is sent away.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Calls at once on one connection.
const STREAMS: u32 = 256;
/// Bytes that may wait to be read, of one request and of all on the connection; the latter also bounds how many small pieces
/// may wait before the library ends the connection.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;
/// A peer whose machine is gone is noticed by this.
const PING: Duration = Duration::from_secs(15);
const PONG: Duration = Duration::from_secs(10);

/// Where the server is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    /// No new calls; those under way are finished.
    Closing,
    Closed,
}

/// Why a peer has no connection.
enum Unmet {
    /// It went away before it had shown who it is: nobody refused it anything.
    Left(io::Error),
    Refused(String),
}

pub(super) struct Reception {
    pub identity: Identity,
    pub desk: Arc<Desk>,
    pub effects: Effects,
}

impl Unmet {
    fn of(error: io::Error) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof};
        match error.kind() {
            UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe | NotConnected => {
                Self::Left(error)
            }
            _ => Self::Refused(error.to_string()),
        }
    }
}

fn name_of(tls: &TlsStream<TcpStream>) -> Result<HeaderValue, String> {
    let certificate = tls.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let name = service_of(certificate.ok_or("it has no certificate")?)?;
    HeaderValue::try_from(name).map_err(|e| e.to_string())
}

impl Reception {
    pub async fn receive(&self, tcp: TcpStream, mut phases: watch::Receiver<Phase>) {
        let from = tcp.peer_addr().map_or_else(|_| "unknown".into(), |a| a.to_string());
        let service = self.identity.service();
        let outcome = |outcome: &'static str| {
            metrics::counter!("rpc_handshakes_total", "service" => service, "outcome" => outcome)
                .increment(1);
        };
        let known = match self.effects.within(HANDSHAKE, self.greet(tcp)).await {
            Some(known) => known,
            None => Err(Unmet::Refused("it did not say in time who it is".into())),
        };
        match known {
            Ok((tls, peer)) => {
                outcome("accepted");
                tracing::debug!(service, from, ?peer, "a peer has connected");
                self.serve(tls, peer, &mut phases).await;
            }
            // A process that is ended while it connects, say.
            Err(Unmet::Left(error)) => {
                outcome("left");
                tracing::debug!(service, from, %error, "a peer went away before it showed who it is");
            }
            Err(Unmet::Refused(why)) => {
                outcome("refused");
                tracing::warn!(service, from, why, "a peer was not let in");
            }
        }
    }

    /// The verified peer and its name.
    async fn greet(&self, tcp: TcpStream) -> Result<(TlsStream<TcpStream>, HeaderValue), Unmet> {
        tcp.set_nodelay(true).map_err(Unmet::of)?;
        let tls = TlsAcceptor::from(self.identity.server()).accept(tcp).await.map_err(Unmet::of)?;
        let name = name_of(&tls).map_err(Unmet::Refused)?;
        Ok((tls, name))
    }

    async fn serve(&self, tls: TlsStream<TcpStream>, peer: HeaderValue, phases: &mut watch::Receiver<Phase>) {
        let desk = self.desk.clone();
        let answer = service_fn(move |request: Request<Incoming>| {
            let (desk, peer) = (desk.clone(), peer.clone());
            async move { Ok::<_, Infallible>(desk.answer(&peer, request.map(Body::new)).await) }
        });
        let connection = http2::Builder::new(Executor(self.effects.spawn.clone()))
            // Signs of life are about sockets, which are real in every world.
            .timer(TokioTimer::new())
            .keep_alive_interval(PING)
            .keep_alive_timeout(PONG)
            .max_concurrent_streams(STREAMS)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .serve_connection(TokioIo::new(tls), answer);
        let mut connection = std::pin::pin!(connection);
        let mut phase = *phases.borrow_and_update();
        loop {
            if phase == Phase::Closing {
                connection.as_mut().graceful_shutdown();
            }
            let changed = {
                let change = std::pin::pin!(phases.changed());
                match futures::future::select(connection.as_mut(), change).await {
                    futures::future::Either::Left((ended, _)) => {
                        if let Err(error) = ended {
                            tracing::debug!(service = self.identity.service(), %error, "a peer's connection broke");
                        }
                        return;
                    }
                    futures::future::Either::Right((changed, _)) => changed,
                }
            };
            phase = *phases.borrow_and_update();
            // An error: the server is gone altogether.
            if changed.is_err() || phase == Phase::Closed {
                return;
            }
        }
    }
}
