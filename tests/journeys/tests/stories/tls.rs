//! A shop that speaks TLS itself: what its clients see, and what it says when its certificate is not in order.

use anyhow::{Context, Result, ensure};
use hanse_journeys::{DEADLINE, Process, hanse, pause};
use nix::sys::signal::Signal;
use rcgen::KeyPair;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A folder with a shop's configuration, and a certificate that it shows.
fn prepare(folder: &Path) -> Result<PathBuf> {
    let data = folder.join("shop");
    std::fs::create_dir(&data)?;
    issue(folder)?;
    let files = folder.display();
    let config = format!("[server]\ntls_cert = \"{files}/cert.pem\"\ntls_key = \"{files}/key.pem\"\n");
    std::fs::write(data.join("hanse.toml"), config)?;
    Ok(data)
}

fn issue(folder: &Path) -> Result<()> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_string()])?;
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem())?;
    std::fs::write(folder.join("cert.pem"), made.cert.pem())?;
    Ok(())
}

/// A whole answer to one request, over a connection that trusts only the certificate of the file.
async fn asked(address: &str, cert: &Path, request: &str) -> Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(cert)?)?;
    let crypto = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(crypto)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost")?;
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    tokio::time::timeout(DEADLINE, stream.read_to_end(&mut answer)).await.context("no end")??;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn post(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_over_tls_keeps_its_cookies_to_itself_and_takes_a_new_certificate_while_open() -> Result<()> {
    let root = tempfile::tempdir()?;
    let data = prepare(root.path())?.display().to_string();
    let (cert, log) = (root.path().join("cert.pem"), root.path().join("hanse.log"));
    let args = ["up", "--listen", "127.0.0.1:0", "--no-sample", "--json", "--data", &data];
    let (process, told) = Process::start(&args, &log).await?;
    let address = told["storefront"].as_str().and_then(|url| url.strip_prefix("https://"));
    let address = address.with_context(|| format!("it does not tell https: {told}"))?;

    let home =
        asked(address, &cert, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    ensure!(home.starts_with("HTTP/1.1 200 OK"), "{home}");
    ensure!(home.contains("strict-transport-security: max-age=31536000\r\n"), "{home}");
    let account = r#"{"email": "ana@example.org", "password": "a long enough secret", "name": "Ana"}"#;
    let made = asked(address, &cert, &post("/api/auth/register", account)).await?;
    ensure!(made.starts_with("HTTP/1.1 201"), "{made}");
    let login = r#"{"email": "ana@example.org", "password": "a long enough secret", "transport": "cookie"}"#;
    let entered = asked(address, &cert, &post("/api/auth/login", login)).await?;
    let cookie = entered.lines().find(|line| line.starts_with("set-cookie: __Host-hanse_session="));
    let cookie = cookie.with_context(|| format!("no such cookie: {entered}"))?;
    ensure!(
        cookie.contains("; Secure") && cookie.contains("HttpOnly") && cookie.contains("Path=/"),
        "{cookie}"
    );

    // Whoever still comes by HTTP is told so, and nothing else.
    let mut plain = TcpStream::connect(address).await?;
    plain.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
    let mut answer = String::new();
    plain.read_to_string(&mut answer).await?;
    ensure!(answer.starts_with("HTTP/1.1 400") && answer.contains("https_needed"), "{answer}");

    issue(root.path())?;
    let probe = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let taken = async {
        while !asked(address, &cert, probe).await.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
            pause().await;
        }
    };
    tokio::time::timeout(DEADLINE, taken).await.context("the new certificate is not taken")?;

    let mut process = process;
    process.signal(Signal::SIGTERM)?;
    let ended = tokio::time::timeout(DEADLINE, process.child.wait()).await??;
    ensure!(ended.success(), "{}", std::fs::read_to_string(&log)?);
    Ok(())
}

/// The services are away, and none is asked: what it answers by itself is sealed like all else.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_in_a_process_of_its_own_speaks_tls_too() -> Result<()> {
    let root = tempfile::tempdir()?;
    let (cert, log, config) =
        (root.path().join("cert.pem"), root.path().join("hanse.log"), root.path().join("hanse.toml"));
    issue(root.path())?;
    let folder = root.path().display();
    let certs = format!("{folder}/certs");
    ensure!(hanse(&["certs", "--dir", &certs]).await?.status.success());
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\ndrain_ms = 100\ntls_cert = \"{folder}/cert.pem\"\n\
         tls_key = \"{folder}/key.pem\"\n\n[admin]\nlisten = \"127.0.0.1:0\"\n\n\
         [database]\nurl = \"postgres://nobody@127.0.0.1:1/hanse_{{service}}\"\n\n\
         [broker]\nurl = \"amqp://127.0.0.1:1/%2f\"\n\n[rpc]\ncertificates = \"{certs}\"\n"
    );
    std::fs::write(&config, text)?;
    let serve = ["serve", "gateway", "--json", "--config", &config.display().to_string()];
    let (mut process, told) = Process::start(&serve, &log).await?;
    let address = told["storefront"].as_str().and_then(|url| url.strip_prefix("https://"));
    let address = address.with_context(|| format!("it does not tell https: {told}"))?;
    let ask = "GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let document = asked(address, &cert, ask).await?;
    ensure!(document.starts_with("HTTP/1.1 200 OK"), "{document}");
    ensure!(document.contains("strict-transport-security: max-age=31536000\r\n"), "{document}");
    // Another certificate is taken while it is open.
    issue(root.path())?;
    let taken = async {
        while !asked(address, &cert, ask).await.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
            pause().await;
        }
    };
    tokio::time::timeout(DEADLINE, taken).await.context("the new certificate is not taken")?;
    process.signal(Signal::SIGTERM)?;
    let ended = tokio::time::timeout(DEADLINE, process.child.wait()).await??;
    ensure!(ended.success(), "{}", std::fs::read_to_string(&log)?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_in_order_is_told_before_anything_opens() -> Result<()> {
    let root = tempfile::tempdir()?;
    let data = prepare(root.path())?.display().to_string();
    let up = ["up", "--listen", "127.0.0.1:0", "--no-sample", "--json", "--data", &data];
    std::fs::write(root.path().join("key.pem"), KeyPair::generate()?.serialize_pem())?;
    let foreign = hanse(&up).await?;
    ensure!(!foreign.status.success() && foreign.stderr.contains("server.tls_key"), "{foreign:?}");
    ensure!(foreign.stderr.contains("is not the key of"), "{foreign:?}");
    std::fs::remove_file(root.path().join("cert.pem"))?;
    let missing = hanse(&up).await?;
    ensure!(!missing.status.success() && missing.stderr.contains("server.tls_cert"), "{missing:?}");
    ensure!(missing.stderr.contains("there is no such file"), "{missing:?}");
    Ok(())
}
