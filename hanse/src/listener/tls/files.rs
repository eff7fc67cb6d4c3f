//! A certificate and its key, read from the files that the configuration names, and checked before anybody is shown them.

use super::error::TlsError;
use hanse_kernel::Timestamp;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::sign::CertifiedKey;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;
use webpki::{EndEntityCert, KeyUsage};

const CERT: &str = "server.tls_cert";
const KEY: &str = "server.tls_key";

/// Where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// The bytes of both files: two reads are compared to see whether anything changed, since a mounted secret changes by a
/// symlink and its times say nothing.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Files {
    cert: Vec<u8>,
    key: Vec<u8>,
}

/// What they hold, in order.
pub(super) struct Checked {
    pub key: CertifiedKey,
    pub expires: Timestamp,
}

pub(super) fn unix(time: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_micros(u64::try_from(time.micros()).unwrap_or(0)))
}

fn timestamp(time: UnixTime) -> Timestamp {
    Timestamp::from_micros(i64::try_from(time.as_secs()).unwrap_or(i64::MAX).saturating_mul(1_000_000))
}

fn read(key: &'static str, file: &Path) -> Result<Vec<u8>, TlsError> {
    let file = file.to_path_buf();
    std::fs::read(&file).map_err(|source| match source.kind() {
        ErrorKind::NotFound => TlsError::Missing { key, file },
        _ => TlsError::Unreadable { key, file, source },
    })
}

impl Files {
    pub fn read(places: &Places) -> Result<Self, TlsError> {
        Ok(Self { cert: read(CERT, &places.cert)?, key: read(KEY, &places.key)? })
    }

    pub fn check(
        &self,
        places: &Places,
        now: Timestamp,
        crypto: &CryptoProvider,
    ) -> Result<Checked, TlsError> {
        let Places { cert: cert_file, key: key_file } = places.clone();
        let cert_is = |problem: String| TlsError::Unusable { key: CERT, file: cert_file.clone(), problem };
        let key_is = |problem: String| TlsError::Unusable { key: KEY, file: key_file.clone(), problem };
        let chain = CertificateDer::pem_slice_iter(&self.cert).collect::<Result<Vec<_>, _>>();
        let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| TlsError::NotPem {
            key: CERT,
            file: cert_file.clone(),
            what: "certificate",
        })?;
        let expires = {
            let parsed = EndEntityCert::try_from(&chain[0]).map_err(|e| cert_is(e.to_string()))?;
            validity(&parsed, &cert_file, now)?
        };
        let private = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| TlsError::NotPem {
            key: KEY,
            file: key_file.clone(),
            what: "private key",
        })?;
        let signer = crypto.key_provider.load_private_key(private).map_err(|e| key_is(e.to_string()))?;
        let pair = CertifiedKey::new(chain, signer);
        match pair.keys_match() {
            Ok(()) => Ok(Checked { key: pair, expires }),
            Err(rustls::Error::InconsistentKeys(_)) => {
                Err(TlsError::KeyDoesNotFit { key: key_file, cert: cert_file })
            }
            Err(other) => Err(key_is(other.to_string())),
        }
    }
}

/// Until when it is valid. Who issued it is for browsers to judge. The library judges a certificate's time before it looks
/// for its issuer, and tells the end of one that has expired only; so it is asked about a time when all have.
fn validity(cert: &EndEntityCert<'_>, file: &Path, now: Timestamp) -> Result<Timestamp, TlsError> {
    let judged = |at: UnixTime| {
        let algorithms = webpki::ALL_VERIFICATION_ALGS;
        cert.verify_for_usage(algorithms, &[], &[], at, KeyUsage::server_auth(), None, None).map(|_| ())
    };
    match judged(unix(now)) {
        Err(webpki::Error::CertExpired { not_after, .. }) => {
            return Err(TlsError::Expired { file: file.into(), at: timestamp(not_after) });
        }
        Err(webpki::Error::CertNotValidYet { not_before, .. }) => {
            return Err(TlsError::NotYetValid { file: file.into(), from: timestamp(not_before) });
        }
        _ => {}
    }
    match judged(UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX / 4))) {
        Err(webpki::Error::CertExpired { not_after, .. }) => Ok(timestamp(not_after)),
        _ => Ok(Timestamp::from_micros(i64::MAX)),
    }
}
