//! TLS to the servers: taken from one that shows who it is, refused from everybody else.

use super::broker::settings;
use super::messages::{counted, sell, service};
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Trust};
use hanse_messaging::{DeadLetters, RabbitSettings};
use hanse_testkit::{Engine, TestHost, private_postgres, private_rabbitmq};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// An authority that issues for this machine's address.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// A certificate for the name, and its key.
    fn issue(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_string()]).expect("a name");
        (params.signed_by(&key, &self.issuer).expect("a certificate").pem(), key.serialize_pem())
    }
}

async fn opened(url: &str, authority: Option<&Authority>) -> Result<Db, DbError> {
    let trust = authority.map(|authority| Trust::of_pem(authority.pem.as_bytes()).expect("a certificate"));
    let histories = hanse_runtime::platform_migrations();
    Db::open_postgres_over(url, trust.as_ref(), 2, hanse_testkit::effects(), &histories).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_reached_over_tls_and_by_nobody_but_the_one_it_claims_to_be() {
    let (authority, stranger) = (Authority::new("ours"), Authority::new("theirs"));
    let (certificate, key) = authority.issue("127.0.0.1");
    let start = move || private_postgres::start_secured(&certificate, &key).expect("a server");
    let server = tokio::task::spawn_blocking(start).await.expect("started");
    let db = opened(server.url(), Some(&authority)).await.expect("reached");
    let secured: Result<Option<bool>, DbError> = db
        .read((), |tx, ()| {
            Box::pin(async move {
                let sql = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
                tx.query_opt(sql, &[], |r| r.get(0)).await
            })
        })
        .await;
    assert_eq!(secured.expect("an answer"), Some(true));
    db.close().await;
    let told = opened(server.url(), Some(&stranger)).await.err().expect("refused").to_string();
    assert!(told.contains("UnknownIssuer"), "{told}");
    let elsewhere = server.url().replace("127.0.0.1", "localhost");
    let told = opened(&elsewhere, Some(&authority)).await.err().expect("refused").to_string();
    assert!(told.contains("not valid for name"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_tls_is_refused_where_tls_is_wanted() {
    let start = || private_postgres::start().expect("a server");
    let server = tokio::task::spawn_blocking(start).await.expect("started");
    let told = opened(server.url(), Some(&Authority::new("ours"))).await.err().expect("refused").to_string();
    assert!(told.to_lowercase().contains("tls"), "{told}");
    opened(server.url(), None).await.expect("reached in the clear").close().await;
    assert!(Trust::of_pem(b"no certificate").is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_is_reached_over_tls_and_by_nobody_but_the_one_it_claims_to_be() {
    let (authority, stranger) = (Authority::new("ours"), Authority::new("theirs"));
    let (certificate, key) = authority.issue("127.0.0.1");
    let start = move || private_rabbitmq::start_secured(&certificate, &key).expect("a broker");
    let broker = tokio::task::spawn_blocking(start).await.expect("started");
    assert!(broker.url().starts_with("amqps://"), "{}", broker.url());
    let trusting = |authority: Option<&Authority>, url: &str| RabbitSettings {
        authority: authority.map(|authority| authority.pem.clone()),
        ..settings(url)
    };
    let shop = TestHost::with_broker(Engine::Sqlite, trusting(Some(&authority), broker.url()));
    let (till, books) = (service(&shop, "till", false).await, service(&shop, "books", true).await);
    sell(&shop, &till, "MUG", 1, 1).await;
    shop.settle().await;
    assert_eq!(counted(&books).await.len(), 1);
    let refused = async |settings: RabbitSettings| {
        let opened = DeadLetters::open(&settings, hanse_testkit::effects()).await;
        opened.err().expect("refused").to_string()
    };
    let told = refused(trusting(Some(&stranger), broker.url())).await;
    assert!(told.contains("UnknownIssuer"), "{told}");
    let elsewhere = broker.url().replace("127.0.0.1", "localhost");
    let told = refused(trusting(Some(&authority), &elsewhere)).await;
    assert!(told.contains("not valid for name"), "{told}");
    let told = refused(trusting(None, broker.url())).await;
    assert!(told.contains("no authority"), "{told}");
}
