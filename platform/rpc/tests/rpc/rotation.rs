//! Certificates change while calls run.

use crate::answering::Answers;
use crate::house::{House, pricing, until};
use hanse_rpc::Identity;
use hanse_rpc::audit::ExamineRequest;
use metrics_exporter_prometheus::PrometheusBuilder;
use std::path::Path;
use std::sync::Arc;

/// The serial number of what a server shows to a new connection.
async fn shown(house: &House, at: std::net::SocketAddr) -> Vec<u8> {
    let config = house_client(house);
    let tcp = tokio::net::TcpStream::connect(at).await.unwrap();
    let name = rustls::pki_types::ServerName::try_from("pricing.hanse").unwrap();
    let tls = tokio_rustls::TlsConnector::from(config).connect(name, tcp).await.unwrap();
    let certificate = tls.get_ref().1.peer_certificates().unwrap()[0].clone();
    webpki::EndEntityCert::try_from(&certificate).unwrap().serial().to_vec()
}

fn house_client(house: &House) -> Arc<rustls::ClientConfig> {
    use rustls::pki_types::pem::PemObject;
    let mut roots = rustls::RootCertStore::empty();
    let ca = house.folder.path().join("ca.pem");
    roots.add(rustls::pki_types::CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let config =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = config.with_protocol_versions(&[&rustls::version::TLS13]).unwrap();
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

fn hex(serial: &[u8]) -> String {
    serial.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn new_connections_use_the_new_certificate_and_running_calls_go_on() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let told = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let (house, answers) = (House::new(), Answers::named("a"));
    let folder = house.issue("pricing");
    let identity = Identity::load(&folder, "pricing", house.effects.clone()).unwrap();
    let watched = identity.clone();
    let watch = tokio::spawn(async move { watched.watch(std::future::pending()).await });
    let server = house.pricing_as(identity.clone(), &answers).await;
    let before = identity.serial();
    assert_eq!(hex(&shown(&house, server.address).await), before);

    let hold = answers.hold();
    let mut client = pricing(&house.remote("cart", &[server.address]));
    let call = tokio::spawn(async move { client.examine(ExamineRequest::default()).await });
    until("the call is under way", async || answers.asked() == 1).await;

    house.issue("pricing");
    until("the new certificate is in use", async || identity.serial() != before).await;
    let after = identity.serial();
    assert_eq!(hex(&shown(&house, server.address).await), after);
    hold.add_permits(1);
    assert_eq!(call.await.unwrap().unwrap().into_inner().next, "cart a");

    std::fs::write(folder.join("cert.pem"), "half of a certif").unwrap();
    let refused = "rpc_identity_reloads_total{service=\"pricing\",outcome=\"refused\"} 1";
    until("the broken one is refused", async || told.render().contains(refused)).await;
    assert_eq!(hex(&shown(&house, server.address).await), after, "the old one stays");

    house.issue("pricing");
    until("it recovers", async || identity.serial() != after).await;
    watch.abort();
}

/// Whom a service takes for the authority, one or several.
fn trust(folder: &Path, authorities: &[&House]) {
    let of = |house: &&House| std::fs::read_to_string(house.issue("hanse").join("ca.pem")).unwrap();
    std::fs::write(folder.join("ca.pem"), authorities.iter().map(of).collect::<String>()).unwrap();
}

/// The service goes on with what another authority has issued for it.
fn adopt(folder: &Path, service: &str, issuer: &House) {
    let issued = issuer.issue(service);
    for file in ["cert.pem", "key.pem"] {
        std::fs::copy(issued.join(file), folder.join(file)).unwrap();
    }
}

/// Over a connection of its own.
async fn is_answered(house: &House, caller: &Identity, at: std::net::SocketAddr) -> bool {
    let remote = house.remote_as(caller.clone(), &[at]);
    pricing(&remote).examine(ExamineRequest::default()).await.is_ok()
}

#[tokio::test]
async fn a_house_takes_another_authority_and_is_open_all_the_while() {
    let (old, new, answers) = (House::new(), House::new(), Answers::named("a"));
    let [cart, desk, order] = ["cart", "pricing", "order"].map(|service| old.issue(service));
    let load = |folder, service| Identity::load(folder, service, old.effects.clone()).unwrap();
    let (caller, answerer) = (load(&cart, "cart"), load(&desk, "pricing"));
    let watches = [caller.clone(), answerer.clone()]
        .map(|watched| tokio::spawn(async move { watched.watch(std::future::pending()).await }));
    let server = old.pricing_as(answerer.clone(), &answers).await;
    assert!(is_answered(&old, &caller, server.address).await);

    // First everybody trusts both. Whoever has papers of the one is known as well as whoever has papers of the other.
    [&cart, &desk, &order].iter().for_each(|folder| trust(folder, &[&old, &new]));
    let of_the_old = load(&order, "order");
    adopt(&order, "order", &new);
    let of_the_new = load(&order, "order");
    until("both are trusted", async || is_answered(&old, &of_the_new, server.address).await).await;
    // Then each shows what the new one has issued.
    for (folder, service, identity) in [(&cart, "cart", &caller), (&desk, "pricing", &answerer)] {
        let before = identity.serial();
        adopt(folder, service, &new);
        until("what it has now is in use", async || identity.serial() != before).await;
        for identity in [&caller, &of_the_old, &of_the_new] {
            assert!(is_answered(&old, identity, server.address).await, "{service} has changed");
        }
    }
    // Then nobody trusts the old one any more.
    [&cart, &desk].iter().for_each(|folder| trust(folder, &[&new]));
    until("the old one is out", async || !is_answered(&old, &of_the_old, server.address).await).await;
    assert!(is_answered(&old, &caller, server.address).await);
    watches.iter().for_each(tokio::task::JoinHandle::abort);
}
