//! Why the shop cannot speak TLS, with the key, the file and what to do about it.

use hanse_kernel::Timestamp;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{key}: {file}: there is no such file; name the one that your certificate's issuer wrote", file = file.display())]
    Missing { key: &'static str, file: PathBuf },
    #[error("{key}: {file}: cannot be read ({source}); let this process's user read it", file = file.display())]
    Unreadable { key: &'static str, file: PathBuf, source: std::io::Error },
    #[error("{key}: {file}: holds no {what} in PEM form; name a file that does", file = file.display())]
    NotPem { key: &'static str, file: PathBuf, what: &'static str },
    #[error("{key}: {file}: cannot be used ({problem}); replace it", file = file.display())]
    Unusable { key: &'static str, file: PathBuf, problem: String },
    #[error(
        "server.tls_key: {key} is not the key of {cert}, the certificate of server.tls_cert; name the two that were made together",
        key = key.display(), cert = cert.display()
    )]
    KeyDoesNotFit { key: PathBuf, cert: PathBuf },
    #[error("server.tls_cert: {file}: expired at {at}; renew it, or see why that was not done", file = file.display())]
    Expired { file: PathBuf, at: Timestamp },
    #[error("server.tls_cert: {file}: is valid from {from} on only; wait, or set the clock right", file = file.display())]
    NotYetValid { file: PathBuf, from: Timestamp },
}
