//! TLS of the public listener: 1.2 and 1.3, by a certificate whose files may be replaced while the shop is open. What is
//! connected stays connected; whoever comes next is shown the new one.

mod error;
mod files;
#[cfg(test)]
mod tests;

pub use error::TlsError;
pub use files::Places;

use crate::config::Server;
use files::Files;
use hanse_kernel::{Clock, Effects, Timestamp};
use hanse_runtime::{Tasks, TokioTimers};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::UnixTime;
use rustls::sign::SingleCertAndKey;
use rustls::version::{TLS12, TLS13};
use std::fmt;
use std::sync::{Arc, RwLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// A client that has not shaken hands after so long is not going to. The wait for one's turn is in it.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// So many shake hands at once; others wait. It is the dearest thing that a stranger can ask for.
const AT_ONCE: usize = 64;
/// The first byte of a TLS connection: a record that holds a handshake (RFC 8446 section 5.1).
const RECORD: u8 = 0x16;
const HANDSHAKES: &str = "http_server_tls_handshakes_total";
const RELOADS: &str = "http_server_tls_reloads_total";
const EXPIRES: &str = "http_server_tls_expires_timestamp_seconds";

/// Cheap to clone; all clones change together.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    places: Places,
    effects: Effects,
    crypto: Arc<CryptoProvider>,
    current: RwLock<Arc<Current>>,
    turns: Arc<Semaphore>,
}

/// What new connections use.
struct Current {
    files: Files,
    server: Arc<ServerConfig>,
    expires: Timestamp,
}

/// Why a connection came to nothing.
pub(super) enum NoTls {
    /// Its client speaks HTTP, without TLS.
    Plain(TcpStream),
    Slow,
    Failed(std::io::Error),
}

fn counted(outcome: &'static str) {
    metrics::counter!(HANDSHAKES, "outcome" => outcome).increment(1);
}

impl Tls {
    /// None: HTTP is spoken as it is. Clock and timers are the real ones: a listener is outside of any play.
    pub fn asked_for(server: &Server) -> Result<Option<Self>, TlsError> {
        let effects = hanse_kernel::system::effects(Arc::new(TokioTimers), Tasks::new());
        server.tls().map(|places| Self::load(places, effects)).transpose()
    }

    pub fn load(places: Places, effects: Effects) -> Result<Self, TlsError> {
        metrics::describe_counter!(HANDSHAKES, "Handshakes with clients");
        metrics::describe_counter!(RELOADS, "Times that the certificate's files had changed");
        metrics::describe_gauge!(EXPIRES, metrics::Unit::Seconds, "When the certificate expires");
        let crypto = Arc::new(rustls::crypto::ring::default_provider());
        let current = current(Files::read(&places)?, &places, &effects, &crypto)?;
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        let this =
            Self(Arc::new(Inner { places, effects, crypto, current: RwLock::new(Arc::new(current)), turns }));
        this.show_expiry();
        Ok(this)
    }

    /// Looks at the files again and again until `stop`, and goes over to new ones that are in order.
    pub async fn watch(&self, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        // What was wrong at the last look. It is told when it is still wrong at the next: two files do not change at once.
        let (mut fault, mut told) = (None, false);
        loop {
            let pause = self.0.effects.timers.sleep(LOOK);
            if let futures::future::Either::Left(_) = futures::future::select(stop.as_mut(), pause).await {
                return;
            }
            match self.look() {
                Ok(()) => (fault, told) = (None, false),
                Err(error) => {
                    let error = error.to_string();
                    if fault.as_ref() != Some(&error) {
                        (fault, told) = (Some(error), false);
                    } else if !told {
                        tracing::warn!(error, "a new certificate is not in order; the one in use stays");
                        metrics::counter!(RELOADS, "outcome" => "refused").increment(1);
                        told = true;
                    }
                }
            }
        }
    }

    fn look(&self) -> Result<(), TlsError> {
        let Inner { places, effects, crypto, current: now, .. } = &*self.0;
        let files = Files::read(places)?;
        if files == self.current().files {
            return Ok(());
        }
        let new = current(files, places, effects, crypto)?;
        let expires = new.expires;
        *now.write().unwrap_or_else(|e| e.into_inner()) = Arc::new(new);
        self.show_expiry();
        tracing::info!(%expires, "new connections of clients are shown a new certificate");
        metrics::counter!(RELOADS, "outcome" => "taken").increment(1);
        Ok(())
    }

    /// For an alert long before it happens.
    #[allow(clippy::cast_precision_loss)] // Seconds since 1970 are far below 2^52.
    fn show_expiry(&self) {
        metrics::gauge!(EXPIRES).set((self.current().expires.micros() / 1_000_000) as f64);
    }

    fn current(&self) -> Arc<Current> {
        self.0.current.read().unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// Shakes hands, in time and in turn.
    pub(super) async fn accept(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, NoTls> {
        let greeted = self.0.effects.within(HANDSHAKE, self.greet(stream)).await.unwrap_or(Err(NoTls::Slow));
        counted(match &greeted {
            Ok(_) => "done",
            Err(NoTls::Plain(_)) => "plain",
            Err(NoTls::Slow) => "slow",
            Err(NoTls::Failed(_)) => "failed",
        });
        greeted
    }

    async fn greet(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, NoTls> {
        // Whoever says nothing takes nobody's turn.
        let mut first = [0; 1];
        match stream.peek(&mut first).await.map_err(NoTls::Failed)? {
            0 => return Err(NoTls::Failed(std::io::ErrorKind::UnexpectedEof.into())),
            _ if first[0] == RECORD => {}
            _ => return Err(NoTls::Plain(stream)),
        }
        let _turn = self.0.turns.acquire().await.map_err(|e| NoTls::Failed(std::io::Error::other(e)))?;
        TlsAcceptor::from(self.current().server.clone()).accept(stream).await.map_err(NoTls::Failed)
    }
}

/// What HTTP is spoken over.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for S {}

fn current(
    files: Files,
    places: &Places,
    effects: &Effects,
    crypto: &Arc<CryptoProvider>,
) -> Result<Current, TlsError> {
    let checked = files.check(places, effects.now(), crypto)?;
    let time = Arc::new(ByClock(effects.clock.clone()));
    let unusable = |e: rustls::Error| TlsError::Unusable {
        key: "server.tls_cert",
        file: places.cert.clone(),
        problem: e.to_string(),
    };
    let mut server = ServerConfig::builder_with_details(crypto.clone(), time)
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(unusable)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(checked.key)));
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Current { files, server: Arc::new(server), expires: checked.expires })
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
