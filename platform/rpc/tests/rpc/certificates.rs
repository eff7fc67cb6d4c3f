//! Who is let in, who is not, and what is said about it.

use crate::answering::Answers;
use crate::house::{EXAMINE, House, pricing, real, until};
use hanse_kernel::Effects;
use hanse_kernel::effects::ManualClock;
use hanse_rpc::audit::ExamineRequest;
use hanse_rpc::{Allow, Authority, Identity};
use metrics_exporter_prometheus::PrometheusBuilder;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::{Code, Status};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn refused(house: &House, identity: Identity, at: std::net::SocketAddr) -> Status {
    let status =
        pricing(&house.remote_as(identity, &[at])).examine(ExamineRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    status
}

#[tokio::test]
async fn services_of_one_house_know_each_other() {
    let (house, answers) = (House::new(), Answers::named("a"));
    let server = house.pricing(&answers).await;
    let reply = pricing(&house.remote("cart", &[server.address])).examine(ExamineRequest::default()).await;
    assert_eq!(reply.unwrap().into_inner().next, "cart a");
}

#[tokio::test]
async fn without_a_certificate_nobody_is_let_in() {
    let (house, answers) = (House::new(), Answers::default());
    let server = house.pricing(&answers).await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(house.folder.path().join("ca.pem")).unwrap()).unwrap();
    let crypto = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(crypto)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tcp = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let name = ServerName::try_from("pricing.hanse").unwrap();
    let mut tls = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap();
    let error = tls.read_u8().await.unwrap_err();
    assert!(error.to_string().contains("CertificateRequired"), "{error}");
}

#[tokio::test]
async fn whoever_goes_away_before_they_showed_who_they_are_was_not_refused() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let told = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let (house, answers) = (House::new(), Answers::default());
    let server = house.pricing(&answers).await;
    let counted = |outcome: &str| {
        let line = format!("rpc_handshakes_total{{service=\"pricing\",outcome=\"{outcome}\"}} 1");
        told.render().contains(&line)
    };
    drop(tokio::net::TcpStream::connect(server.address).await.unwrap());
    until("one is seen to have left", async || counted("left")).await;
    assert!(!told.render().contains("refused"), "{}", told.render());
    let mut stranger = tokio::net::TcpStream::connect(server.address).await.unwrap();
    stranger.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    until("who speaks no TLS is refused", async || counted("refused")).await;
}

#[tokio::test]
async fn another_house_is_not_let_in_and_does_not_let_us_in() {
    let (house, other, answers) = (House::new(), House::new(), Answers::default());
    let server = house.pricing(&answers).await;
    let status = refused(&house, other.identity("cart"), server.address).await;
    assert!(status.message().contains("UnknownIssuer"), "{status}");

    // Who trusts the server's authority, but was issued a certificate by another one.
    let mixed = other.issue("cart");
    let folder = TempDir::new().unwrap();
    for file in ["cert.pem", "key.pem"] {
        std::fs::copy(mixed.join(file), folder.path().join(file)).unwrap();
    }
    let both = [house.folder.path(), other.folder.path()]
        .map(|f| std::fs::read_to_string(f.join("ca.pem")).unwrap());
    std::fs::write(folder.path().join("ca.pem"), both.concat()).unwrap();
    let stranger = Identity::load(folder.path(), "cart", real()).unwrap();
    refused(&house, stranger, server.address).await;
    assert_eq!(answers.asked(), 0);
}

#[tokio::test]
async fn a_certificate_that_has_expired_lets_nobody_in() {
    let (house, answers) = (House::new(), Answers::default());
    let brief = house.authority().issue("cart", 1).unwrap();
    let cart = Identity::load(&brief, "cart", real()).unwrap();
    // At the server it is two days later.
    let later = Arc::new(House { effects: in_days(2), ..House::new() });
    let folder = house.issue("pricing");
    let identity = Identity::load(&folder, "pricing", later.effects.clone()).unwrap();
    let server = later.pricing_as(identity, &answers).await;
    let status = refused(&house, cart, server.address).await;
    assert!(status.message().contains("CertificateExpired"), "{status}");

    let error = Identity::load(&brief, "cart", in_days(2)).unwrap_err().to_string();
    assert!(error.contains("cert.pem: expired at 20") && error.contains("hanse certs"), "{error}");
}

fn in_days(days: u32) -> Effects {
    let real = real();
    Effects { clock: ManualClock::at(real.now().plus(DAY * days)), ..real }
}

#[tokio::test]
async fn a_server_that_is_another_service_is_not_asked() {
    let (house, answers) = (House::new(), Answers::default());
    let allow = Allow::new("payment", &[]).method(EXAMINE, &["cart"]);
    let server = house.serve(house.identity("payment"), answers.routes(), allow, None).await;
    let status = refused(&house, house.identity("cart"), server.address).await;
    assert!(status.message().contains("not valid for name \"pricing.hanse\""), "{status}");
    assert_eq!(answers.asked(), 0);
}

#[tokio::test]
async fn each_fault_of_the_files_is_named_with_its_file_and_its_remedy() {
    let house = House::new();
    let folder = house.issue("cart");
    let fault = |service| Identity::load(&folder, service, real()).unwrap_err().to_string();
    let with = |file: &str, content: &[u8], service| {
        let file = folder.join(file);
        let before = std::fs::read(&file).unwrap();
        std::fs::write(&file, content).unwrap();
        let told = fault(service);
        std::fs::write(&file, before).unwrap();
        told
    };
    let expect = |told: String, parts: &[&str]| {
        assert!(parts.iter().all(|part| told.contains(part)), "{told}");
    };
    expect(fault("order"), &["cart/cert.pem", "made out to cart.hanse, not to order.hanse"]);
    expect(with("cert.pem", b"hello", "cart"), &["cart/cert.pem", "holds no certificate in PEM form"]);
    expect(with("key.pem", b"hello", "cart"), &["cart/key.pem", "holds no private key in PEM form"]);
    expect(with("ca.pem", b"", "cart"), &["cart/ca.pem", "holds no certificate"]);
    let other = std::fs::read(house.issue("order").join("key.pem")).unwrap();
    expect(with("key.pem", &other, "cart"), &["cart/key.pem", "is not the key of", "replace both together"]);
    let stranger = std::fs::read(House::new().issue("cart").join("ca.pem")).unwrap();
    expect(with("ca.pem", &stranger, "cart"), &["was not issued by", "cart/ca.pem"]);
    std::fs::remove_file(folder.join("key.pem")).unwrap();
    expect(fault("cart"), &["cart/key.pem", "there is no such file", "hanse certs"]);
    std::fs::create_dir(folder.join("key.pem")).unwrap();
    expect(fault("cart"), &["cart/key.pem", "cannot be read"]);
}

#[test]
fn an_authority_is_kept_and_its_key_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::new();
    let mode = |file: &Path| std::fs::metadata(file).unwrap().permissions().mode() & 0o777;
    let (first, ca) = (house.identity("cart"), std::fs::read(house.folder.path().join("ca.pem")).unwrap());
    let second = house.identity("cart");
    assert_ne!(first.serial(), second.serial(), "a certificate is renewed");
    assert_eq!(ca, std::fs::read(house.folder.path().join("ca.pem")).unwrap(), "the authority stays");
    assert_eq!(mode(&house.folder.path().join("ca-key.pem")), 0o600);
    assert_eq!(mode(&house.folder.path().join("cart/key.pem")), 0o600);
    std::fs::remove_file(house.folder.path().join("ca-key.pem")).unwrap();
    let error = Authority::open(house.folder.path(), &*house.effects.clock).err().unwrap().to_string();
    assert!(error.contains("ca-key.pem is not; bring it back"), "{error}");
}
