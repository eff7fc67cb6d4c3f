//! TLS with clients, over real sockets.

use super::*;
use crate::listener::tests::{HeldTimers, opened_with_tls, said};
use hanse_kernel::Timers;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use std::path::Path;
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream as ClientStream;

const DAY: i64 = 24 * 3600;

/// A certificate and its key in a folder, valid from and until so many seconds from now.
fn issue(folder: &Path, from: i64, until: i64) -> Places {
    let now = hanse_kernel::system::effects(Arc::new(TokioTimers), Tasks::new()).now().micros() / 1_000_000;
    let date = |seconds: i64| OffsetDateTime::from_unix_timestamp(now + seconds).expect("a date");
    let mut params = CertificateParams::new(vec!["shop.example".to_string()]).expect("a name");
    (params.not_before, params.not_after) = (date(from), date(until));
    let key = KeyPair::generate().expect("a key");
    let cert = params.self_signed(&key).expect("a certificate");
    let places = Places { cert: folder.join("cert.pem"), key: folder.join("key.pem") };
    std::fs::write(&places.key, key.serialize_pem()).expect("written");
    std::fs::write(&places.cert, cert.pem()).expect("written");
    places
}

fn effects(timers: Arc<dyn Timers>) -> Effects {
    hanse_kernel::system::effects(timers, Tasks::new())
}

fn loaded(places: &Places) -> Result<Tls, TlsError> {
    Tls::load(places.clone(), effects(Arc::new(TokioTimers)))
}

/// Trusts the certificate that is in the folder now, and no other.
async fn shaken(
    at: std::net::SocketAddr,
    places: &Places,
    version: &'static SupportedProtocolVersion,
) -> std::io::Result<ClientStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let known = rustls::pki_types::CertificateDer::from_pem_file(&places.cert).expect("a certificate");
    roots.add(known).expect("a root");
    let crypto = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(crypto)
        .with_protocol_versions(&[version])
        .expect("a version")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from("shop.example").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(at).await?).await
}

async fn answer(stream: &mut ClientStream<TcpStream>) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n").await.expect("sent");
    let mut text = String::new();
    while !text.ends_with("127.0.0.1") {
        let mut some = [0; 512];
        let read = stream.read(&mut some).await.expect("an answer");
        assert!(read > 0, "it ends: {text}");
        text.push_str(std::str::from_utf8(&some[..read]).expect("text"));
    }
    text
}

#[tokio::test]
async fn clients_of_either_version_are_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let places = issue(folder.path(), -DAY, DAY);
    let (address, close, serving) = opened_with_tls(loaded(&places).expect("in order")).await;
    for version in [&TLS12, &TLS13] {
        let mut stream = shaken(address, &places, version).await.expect("hands are shaken");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
    }
    drop(close);
    serving.join_all().await;
}

#[tokio::test]
async fn a_new_certificate_is_shown_to_whoever_comes_next_and_cuts_nobody_off() {
    let (folder, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let places = issue(folder.path(), -DAY, DAY);
    let old = issue(other.path(), -DAY, DAY);
    std::fs::copy(&places.cert, &old.cert).expect("kept");
    let tls = loaded(&places).expect("in order");
    let (address, close, serving) = opened_with_tls(tls.clone()).await;
    let mut connected = shaken(address, &places, &TLS13).await.expect("hands are shaken");
    issue(folder.path(), -DAY, 2 * DAY);
    tls.look().expect("in order");
    assert!(shaken(address, &places, &TLS13).await.is_ok(), "the new one is shown");
    assert!(shaken(address, &old, &TLS13).await.is_err(), "the old one is not");
    assert!(answer(&mut connected).await.starts_with("HTTP/1.1 200 OK"));
    // What is not in order is not gone over to.
    std::fs::write(&places.key, "nothing").expect("written");
    assert!(matches!(tls.look(), Err(TlsError::NotPem { .. })));
    assert!(shaken(address, &places, &TLS13).await.is_ok());
    drop(close);
    serving.join_all().await;
}

#[tokio::test]
async fn whoever_speaks_http_is_told_what_is_spoken_here() {
    let folder = tempfile::tempdir().expect("a folder");
    let places = issue(folder.path(), -DAY, DAY);
    let (address, close, serving) = opened_with_tls(loaded(&places).expect("in order")).await;
    let mut plain = TcpStream::connect(address).await.expect("connected");
    plain.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    let told = said(&mut plain).await;
    assert!(told.starts_with("HTTP/1.1 400") && told.contains("\"code\":\"https_needed\""), "{told}");
    drop(close);
    serving.join_all().await;
}

#[tokio::test]
async fn whoever_shakes_no_hands_is_let_go_and_holds_no_closing_shop_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let places = issue(folder.path(), -DAY, DAY);
    let timers = HeldTimers::default();
    let tls = Tls::load(places, effects(Arc::new(timers.clone()))).expect("in order");
    let (address, close, serving) = opened_with_tls(tls).await;
    let mut silent = TcpStream::connect(address).await.expect("connected");
    timers.asked.subscribe().wait_for(|asked| *asked == 1).await.expect("it is waited for");
    timers.over.send_replace(true);
    assert_eq!(said(&mut silent).await, "", "its time is over");
    timers.over.send_replace(false);
    let mut late = TcpStream::connect(address).await.expect("connected");
    // The beginning of a handshake, and no more of it.
    late.write_all(&[RECORD, 3, 1]).await.expect("sent");
    timers.asked.subscribe().wait_for(|asked| *asked == 2).await.expect("it is waited for");
    drop(close);
    serving.join_all().await;
}

#[test]
fn what_is_wrong_is_told_by_key_and_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = |places: &Places| loaded(places).err().expect("refused").to_string();
    let (good, other) = (folder.path().join("good"), folder.path().join("other"));
    for place in [&good, &other] {
        std::fs::create_dir(place).expect("made");
    }
    let (good, other) = (issue(&good, -DAY, DAY), issue(&other, -DAY, DAY));
    let missing = Places { key: folder.path().join("none.pem"), ..good.clone() };
    assert!(
        told(&missing).starts_with("server.tls_key: ") && told(&missing).contains("there is no such file")
    );
    let swapped = Places { cert: good.key.clone(), key: good.cert.clone() };
    assert!(
        told(&swapped).contains("server.tls_cert") && told(&swapped).contains("no certificate in PEM form")
    );
    let foreign = Places { key: other.key.clone(), ..good.clone() };
    assert!(told(&foreign).contains("is not the key of"), "{}", told(&foreign));
    let old = issue(other.cert.parent().expect("a folder"), -2 * DAY, -DAY);
    assert!(told(&old).contains("expired at"), "{}", told(&old));
    let early = issue(other.cert.parent().expect("a folder"), DAY, 2 * DAY);
    assert!(told(&early).contains("is valid from"), "{}", told(&early));
    let soon = loaded(&good).expect("in order").current().expires;
    let now = effects(Arc::new(TokioTimers)).now();
    assert!(soon > now && soon < now.plus(Duration::from_secs(2 * 24 * 3600)), "{soon}");
}
