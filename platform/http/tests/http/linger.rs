//! An early refusal reaches a client that writes its whole body before it reads anything.

use crate::world::{clock, effects};
use axum::Router;
use axum::routing::post;
use hanse_http::linger::Linger;
use hanse_http::{BodyLimit, Json};
use serde_json::Value;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::Layer;

async fn served() -> std::net::SocketAddr {
    let routes = Router::new()
        .route("/small", post(|Json(_): Json<Value>| async {}))
        .route("/unread", post(|| async { hanse_http::Problem::unauthenticated() }))
        .layer(BodyLimit(1024));
    let app = Linger::new(effects(&clock())).latest(Duration::from_millis(200)).layer(routes);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().fallback_service(app);
    #[allow(clippy::disallowed_methods)]
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// The head of the answer, read only when all is written.
async fn sends_first(path: &str, framing: &str, chunk: &[u8], times: usize, end: &[u8]) -> String {
    let mut stream = TcpStream::connect(served().await).await.unwrap();
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{framing}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    for n in 0..times {
        stream.write_all(chunk).await.unwrap_or_else(|e| panic!("cut at chunk {n}: {e}"));
    }
    stream.write_all(end).await.unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_a_huge_body_is_read_by_who_writes_first() {
    let piece = vec![b' '; 64 * 1024];
    let length = format!("Content-Length: {}", 512 * piece.len());
    assert_eq!(sends_first("/small", &length, &piece, 512, b"").await, "HTTP/1.1 413");
    assert_eq!(sends_first("/unread", &length, &piece, 512, b"").await, "HTTP/1.1 401");
    assert_eq!(sends_first("/nowhere", &length, &piece, 512, b"").await, "HTTP/1.1 404");
    let chunk = [b"10000\r\n".as_slice(), &piece, b"\r\n"].concat();
    let answer = sends_first("/small", "Transfer-Encoding: chunked", &chunk, 512, b"0\r\n\r\n").await;
    assert_eq!(answer, "HTTP/1.1 413");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stops_coming_is_given_up() {
    let answer = sends_first("/small", "Content-Length: 100", b"{", 1, b"").await;
    assert_eq!(answer, "HTTP/1.1 400");
}
