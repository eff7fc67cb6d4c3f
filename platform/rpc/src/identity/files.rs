//! A certificate, its key and the authorities it goes by, read from files and checked before anything relies on them.

use super::error::IdentityError;
use super::name::{dns_name, listed};
use hanse_kernel::Timestamp;
use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::sign::CertifiedKey;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use webpki::{EndEntityCert, KeyUsage};

/// The bytes of the three files: two reads are compared to see whether anything changed, since a mounted secret changes
/// by a symlink and its times say nothing.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Files {
    folder: PathBuf,
    ca: Vec<u8>,
    cert: Vec<u8>,
    key: Vec<u8>,
}

/// What they hold, checked.
pub(super) struct Checked {
    pub key: Arc<CertifiedKey>,
    pub roots: Arc<RootCertStore>,
    /// As hexadecimal digits.
    pub serial: String,
    pub expires: Timestamp,
}

pub(super) fn unix(time: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_micros(u64::try_from(time.micros()).unwrap_or(0)))
}

fn timestamp(time: UnixTime) -> Timestamp {
    Timestamp::from_micros(i64::try_from(time.as_secs()).unwrap_or(i64::MAX).saturating_mul(1_000_000))
}

impl Files {
    pub fn read(folder: &Path) -> Result<Self, IdentityError> {
        let read = |name: &str| {
            let file = folder.join(name);
            std::fs::read(&file).map_err(|source| match source.kind() {
                ErrorKind::NotFound => IdentityError::Missing { file },
                _ => IdentityError::Unreadable { file, source },
            })
        };
        Ok(Self {
            folder: folder.into(),
            ca: read("ca.pem")?,
            cert: read("cert.pem")?,
            key: read("key.pem")?,
        })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// `service` is whose they have to be.
    pub fn check(
        &self,
        service: &str,
        now: Timestamp,
        crypto: &CryptoProvider,
    ) -> Result<Checked, IdentityError> {
        let [ca, cert, key] = ["ca.pem", "cert.pem", "key.pem"].map(|name| self.folder.join(name));
        let roots = roots(&ca, &self.ca)?;
        let chain = certificates(&cert, &self.cert)?;
        let parsed = EndEntityCert::try_from(&chain[0]).map_err(|e| unusable(&cert, e))?;
        let name = dns_name(service);
        let names: Vec<&str> = parsed.valid_dns_names().collect();
        if super::name::service_of(&chain[0]).as_deref() != Ok(service) {
            return Err(IdentityError::ForeignName { file: cert, expected: name, found: listed(&names) });
        }
        issued(&cert, &ca, &parsed, &chain[1..], &roots, unix(now))?;
        let expires = expiry(&parsed, &chain[1..], &roots);
        let serial = parsed.serial().iter().map(|byte| format!("{byte:02x}")).collect();
        let not_pem = |_| IdentityError::NotPem { file: key.clone(), what: "private key" };
        let private = PrivateKeyDer::from_pem_slice(&self.key).map_err(not_pem)?;
        let signer = crypto.key_provider.load_private_key(private).map_err(|e| unusable(&key, e))?;
        let pair = CertifiedKey::new(chain, signer);
        match pair.keys_match() {
            Ok(()) => {}
            Err(rustls::Error::InconsistentKeys(_)) => {
                return Err(IdentityError::KeyDoesNotFit { key, certificate: cert });
            }
            Err(other) => return Err(unusable(&key, other)),
        }
        Ok(Checked { key: Arc::new(pair), roots: Arc::new(roots), serial, expires })
    }
}

fn unusable(file: &Path, problem: impl std::fmt::Display) -> IdentityError {
    IdentityError::Unusable { file: file.into(), problem: problem.to_string() }
}

/// One at least.
fn certificates(file: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    let not_pem = || IdentityError::NotPem { file: file.into(), what: "certificate" };
    let all = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().map_err(|_| not_pem())?;
    if all.is_empty() { Err(not_pem()) } else { Ok(all) }
}

/// Several while one authority follows another.
fn roots(file: &Path, pem: &[u8]) -> Result<RootCertStore, IdentityError> {
    let mut roots = RootCertStore::empty();
    for root in certificates(file, pem)? {
        roots.add(root).map_err(|e| unusable(file, e))?;
    }
    Ok(roots)
}

fn verify(
    cert: &EndEntityCert<'_>,
    chain: &[CertificateDer<'_>],
    roots: &RootCertStore,
    usage: KeyUsage,
    at: UnixTime,
) -> Result<(), webpki::Error> {
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    cert.verify_for_usage(algorithms, &roots.roots, chain, at, usage, None, None).map(|_| ())
}

/// Issued by one of the roots, valid now, and for both ends of a connection.
fn issued(
    file: &Path,
    ca: &Path,
    cert: &EndEntityCert<'_>,
    chain: &[CertificateDer<'_>],
    roots: &RootCertStore,
    now: UnixTime,
) -> Result<(), IdentityError> {
    for usage in [KeyUsage::server_auth(), KeyUsage::client_auth()] {
        verify(cert, chain, roots, usage, now).map_err(|error| match error {
            webpki::Error::CertExpired { not_after, .. } => {
                IdentityError::Expired { file: file.into(), at: timestamp(not_after) }
            }
            webpki::Error::CertNotValidYet { not_before, .. } => {
                IdentityError::NotYetValid { file: file.into(), from: timestamp(not_before) }
            }
            webpki::Error::RequiredEkuNotFoundContext(_) => {
                unusable(file, "it is not for both ends: serverAuth and clientAuth")
            }
            other => {
                IdentityError::ForeignIssuer { file: file.into(), ca: ca.into(), problem: other.to_string() }
            }
        })?;
    }
    Ok(())
}

/// The end of its validity. The library tells it of a certificate that has expired only, so it is asked about a time
/// when all have.
fn expiry(cert: &EndEntityCert<'_>, chain: &[CertificateDer<'_>], roots: &RootCertStore) -> Timestamp {
    let far = UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX / 4));
    match verify(cert, chain, roots, KeyUsage::server_auth(), far) {
        Err(webpki::Error::CertExpired { not_after, .. }) => timestamp(not_after),
        _ => Timestamp::from_micros(i64::MAX),
    }
}
