//! One connection to one replica: TCP, TLS with both certificates, HTTP/2.

use crate::identity::{Identity, server_name};
use crate::tasks::Executor;
use futures::future::BoxFuture;
use hanse_kernel::Effects;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::body::Body;

const CONNECT: Duration = Duration::from_secs(3);
/// A peer that hangs, or whose machine is gone, says nothing: it is asked for a sign of life so often,
const PING: Duration = Duration::from_secs(3);
/// and given up after so long without one. Both together are what a shopper waits whose request changes something.
const PONG: Duration = Duration::from_secs(4);
/// Bytes that may wait to be read, of one answer and of all on the connection. By the latter the library also measures how
/// many small pieces may wait: beyond that it takes the peer for an attacker and ends the connection under all of them.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;

/// What calls are sent into, and what drives the connection until its end, which it explains.
pub(super) type Connection = (SendRequest<Body>, BoxFuture<'static, String>);

/// The error says why it came to nothing.
pub(super) async fn connect(
    address: SocketAddr,
    service: &str,
    identity: &Identity,
    effects: &Effects,
) -> Result<Connection, String> {
    match effects.within(CONNECT, handshake(address, service, identity, effects)).await {
        Some(done) => done,
        None => Err(format!("no connection within {} s", CONNECT.as_secs())),
    }
}

async fn handshake(
    address: SocketAddr,
    service: &str,
    identity: &Identity,
    effects: &Effects,
) -> Result<Connection, String> {
    let name =
        server_name(service).ok_or_else(|| format!("{service} is no name that a certificate can have"))?;
    let tcp = TcpStream::connect(address).await.map_err(|e| e.to_string())?;
    tcp.set_nodelay(true).map_err(|e| e.to_string())?;
    // It is verified to be the service itself, whatever the address.
    let tls = TlsConnector::from(identity.client()).connect(name, tcp).await.map_err(|e| e.to_string())?;
    // A client cannot tell by the handshake whether its own certificate was taken. Our servers speak first (their
    // settings), so what comes first is either that or the reason why not.
    let mut tls = BufReader::new(tls);
    if tls.fill_buf().await.map_err(|e| e.to_string())?.is_empty() {
        return Err("it closed the connection without a word".into());
    }
    let (sender, connection) = http2::Builder::new(Executor(effects.spawn.clone()))
        // Signs of life are about sockets, which are real in every world.
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PONG)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .handshake(TokioIo::new(tls))
        .await
        .map_err(|e| explain(&e))?;
    let end = async move {
        match connection.await {
            Ok(()) => "it closed the connection".to_string(),
            Err(error) => explain(&error),
        }
    };
    Ok((sender, Box::pin(end)))
}

/// An error with what caused it: the outermost says little.
pub(super) fn explain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
