//! A service's identity: the certificate that tells others who it is, and the authorities by which it knows them. Both
//! may be replaced while it runs; what is already connected stays connected.

mod error;
mod files;
mod name;

pub use error::IdentityError;
pub(crate) use name::{dns_name, server_name, service_of};

use files::{Checked, Files};
use hanse_kernel::{Clock, Effects, Timestamp};
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::UnixTime;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::SingleCertAndKey;
use rustls::version::TLS13;
use rustls::{ClientConfig, ServerConfig};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::Duration;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);
const HTTP2: &[u8] = b"h2";

/// Cheap to clone; all clones change together.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    service: &'static str,
    folder: PathBuf,
    effects: Effects,
    crypto: Arc<CryptoProvider>,
    current: RwLock<Arc<Current>>,
}

/// What new connections use. A change makes a new one, so that certificate, key and roots always belong together.
struct Current {
    files: Files,
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    serial: String,
    expires: Timestamp,
}

/// What was wrong at the last look. It is told when it is still wrong at the next: three files do not change at once.
#[derive(Default)]
struct Looked {
    fault: Option<String>,
    told: bool,
}

fn reloaded(service: &'static str, outcome: &'static str) {
    metrics::counter!("rpc_identity_reloads_total", "service" => service, "outcome" => outcome).increment(1);
}

impl Identity {
    /// Reads `ca.pem`, `cert.pem` and `key.pem` in the folder; the certificate has to be `<service>.hanse`.
    pub fn load(folder: &Path, service: &'static str, effects: Effects) -> Result<Self, IdentityError> {
        let crypto = Arc::new(rustls::crypto::ring::default_provider());
        let current = current(Files::read(folder)?, service, &effects, &crypto)?;
        let inner = Inner {
            service,
            folder: folder.into(),
            effects,
            crypto,
            current: RwLock::new(Arc::new(current)),
        };
        let this = Self(Arc::new(inner));
        this.show_expiry();
        Ok(this)
    }

    pub fn service(&self) -> &'static str {
        self.0.service
    }
    /// The serial number of the certificate in use, in hexadecimal digits.
    pub fn serial(&self) -> String {
        self.current().serial.clone()
    }
    pub fn expires(&self) -> Timestamp {
        self.current().expires
    }

    /// Looks at the files again and again until `stop`, and goes over to new ones that are in order.
    pub async fn watch(&self, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        let mut last = Looked::default();
        loop {
            let pause = self.0.effects.timers.sleep(LOOK);
            if let futures::future::Either::Left(_) = futures::future::select(stop.as_mut(), pause).await {
                return;
            }
            self.look(&mut last);
        }
    }

    fn look(&self, last: &mut Looked) {
        let service = self.0.service;
        let found = Files::read(&self.0.folder).and_then(|files| {
            if files == self.current().files {
                return Ok(None);
            }
            current(files, service, &self.0.effects, &self.0.crypto).map(Some)
        });
        match found {
            Ok(None) => *last = Looked::default(),
            Ok(Some(new)) => {
                let (serial, expires) = (new.serial.clone(), new.expires);
                *self.0.current.write().unwrap_or_else(|e| e.into_inner()) = Arc::new(new);
                *last = Looked::default();
                self.show_expiry();
                tracing::info!(service, serial, %expires, "new connections use a new certificate");
                reloaded(service, "taken");
            }
            Err(error) => {
                let error = error.to_string();
                if last.fault.as_ref() != Some(&error) {
                    *last = Looked { fault: Some(error), told: false };
                } else if !last.told {
                    tracing::warn!(service, error, "a new certificate is not in order; the one in use stays");
                    reloaded(service, "refused");
                    last.told = true;
                }
            }
        }
    }

    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        self.current().server.clone()
    }
    pub(crate) fn client(&self) -> Arc<ClientConfig> {
        self.current().client.clone()
    }

    fn current(&self) -> Arc<Current> {
        self.0.current.read().unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// For an alert long before it happens.
    #[allow(clippy::cast_precision_loss)] // Seconds since 1970 are far below 2^52.
    fn show_expiry(&self) {
        let seconds = self.expires().micros() / 1_000_000;
        metrics::gauge!("rpc_identity_expires_timestamp_seconds", "service" => self.0.service)
            .set(seconds as f64);
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("service", &self.0.service).field("serial", &self.serial()).finish()
    }
}

fn current(
    files: Files,
    service: &'static str,
    effects: &Effects,
    crypto: &Arc<CryptoProvider>,
) -> Result<Current, IdentityError> {
    let checked = files.check(service, effects.now(), crypto)?;
    let time = Arc::new(ByClock(effects.clock.clone()));
    let (server, client) = configs(&checked, time, crypto)
        .map_err(|problem| IdentityError::Unusable { file: files.folder().join("ca.pem"), problem })?;
    Ok(Current { files, server, client, serial: checked.serial, expires: checked.expires })
}

/// TLS 1.3, both ends with a certificate of the house. No resumption: every connection is verified against the
/// authorities of its own time.
fn configs(
    checked: &Checked,
    time: Arc<ByClock>,
    crypto: &Arc<CryptoProvider>,
) -> Result<(Arc<ServerConfig>, Arc<ClientConfig>), String> {
    let (roots, key) = (&checked.roots, Arc::new(SingleCertAndKey::from(checked.key.clone())));
    let peers = WebPkiClientVerifier::builder_with_provider(roots.clone(), crypto.clone()).build();
    let mut server = ServerConfig::builder_with_details(crypto.clone(), time.clone())
        .with_protocol_versions(&[&TLS13])
        .map_err(|e| e.to_string())?
        .with_client_cert_verifier(peers.map_err(|e| e.to_string())?)
        .with_cert_resolver(key.clone());
    server.alpn_protocols = vec![HTTP2.to_vec()];
    server.session_storage = Arc::new(NoServerSessionStorage {});
    server.send_tls13_tickets = 0;
    let mut client = ClientConfig::builder_with_details(crypto.clone(), time)
        .with_protocol_versions(&[&TLS13])
        .map_err(|e| e.to_string())?
        .with_root_certificates(roots.clone())
        .with_client_cert_resolver(key);
    client.alpn_protocols = vec![HTTP2.to_vec()];
    client.resumption = Resumption::disabled();
    Ok((Arc::new(server), Arc::new(client)))
}

/// The house's clock judges validity.
struct ByClock(Arc<dyn Clock>);

impl rustls::time_provider::TimeProvider for ByClock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(files::unix(self.0.now()))
    }
}

impl fmt::Debug for ByClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByClock")
    }
}
