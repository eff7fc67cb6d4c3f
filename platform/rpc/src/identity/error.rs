//! Why a certificate cannot be used, with the file and what to do about it.

use hanse_kernel::Timestamp;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("{file}: there is no such file; make it with `hanse certs`, or mount the secret that holds it", file = file.display())]
    Missing { file: PathBuf },
    #[error("{file}: cannot be read ({source}); let this process's user read it", file = file.display())]
    Unreadable { file: PathBuf, source: std::io::Error },
    #[error("{file}: holds no {what} in PEM form; replace it with one that does", file = file.display())]
    NotPem { file: PathBuf, what: &'static str },
    #[error("{file}: cannot be used ({problem}); replace it", file = file.display())]
    Unusable { file: PathBuf, problem: String },
    #[error("{key}: is not the key of {certificate}; replace both together", key = key.display(), certificate = certificate.display())]
    KeyDoesNotFit { key: PathBuf, certificate: PathBuf },
    #[error("{file}: expired at {at}; renew it with `hanse certs`, or see why its issuer did not", file = file.display())]
    Expired { file: PathBuf, at: Timestamp },
    #[error("{file}: is valid from {from} on only; wait, or set the clock right", file = file.display())]
    NotYetValid { file: PathBuf, from: Timestamp },
    #[error("{file}: is made out to {found}, not to {expected}; issue one with the DNS name {expected}", file = file.display())]
    ForeignName { file: PathBuf, expected: String, found: String },
    #[error("{file}: was not issued by {ca} ({problem}); use the two of one authority", file = file.display(), ca = ca.display())]
    ForeignIssuer { file: PathBuf, ca: PathBuf, problem: String },
}
