//! An authority for development and for houses without one: makes the certificates that services know each other by.
//! `hanse certs` calls it.

use crate::identity::dns_name;
use hanse_kernel::{Clock, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use time::OffsetDateTime;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// The authority outlives many generations of certificates.
const CA_DAYS: u32 = 3650;
/// The clocks of two machines differ; a certificate is valid a little before it is made.
const BEFORE: Duration = Duration::from_secs(3600);
const CA: &str = "ca.pem";
const CA_KEY: &str = "ca-key.pem";

#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error("{file}: {source}", file = file.display())]
    File { file: PathBuf, source: std::io::Error },
    #[error("{present} is there, but {missing} is not; bring it back, or remove both and issue everything anew",
        present = present.display(), missing = missing.display())]
    Half { present: PathBuf, missing: PathBuf },
    #[error("{file}: is no private key that certificates can be signed with ({source})", file = file.display())]
    Key { file: PathBuf, source: rcgen::Error },
    #[error("a certificate for {name} cannot be made: {source}")]
    Made { name: String, source: rcgen::Error },
}

/// A certificate authority in a folder: `ca.pem`, `ca-key.pem`, and `<service>/{ca,cert,key}.pem` of what it issued.
pub struct Authority {
    folder: PathBuf,
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
    now: Timestamp,
}

impl Authority {
    /// The folder's authority; a new one when it has none yet.
    pub fn open(folder: &Path, clock: &dyn Clock) -> Result<Self, AuthorityError> {
        fs::create_dir_all(folder).map_err(|source| AuthorityError::File { file: folder.into(), source })?;
        let (cert_file, key_file) = (folder.join(CA), folder.join(CA_KEY));
        let now = clock.now();
        let (certificate, key) = match (cert_file.exists(), key_file.exists()) {
            (true, true) => {
                let key = KeyPair::from_pem(&text(&key_file)?);
                let key = key.map_err(|source| AuthorityError::Key { file: key_file, source })?;
                (text(&cert_file)?, key)
            }
            (false, false) => {
                let made = |source| AuthorityError::Made { name: "the authority".into(), source };
                let key = KeyPair::generate().map_err(made)?;
                let certificate = authority(&key, now).self_signed(&key).map_err(made)?.pem();
                // The key first: a certificate without its key cannot be used, and stops everybody.
                write(&key_file, &key.serialize_pem(), Readers::Owner)?;
                write(&cert_file, &certificate, Readers::All)?;
                (certificate, key)
            }
            (true, false) => return Err(AuthorityError::Half { present: cert_file, missing: key_file }),
            (false, true) => return Err(AuthorityError::Half { present: key_file, missing: cert_file }),
        };
        let issuer = Issuer::new(authority(&key, now), key);
        Ok(Self { folder: folder.into(), certificate, issuer, now })
    }

    /// Issues a certificate for the service, valid for so many days, in the place of the one it had. Returns its folder.
    pub fn issue(&self, service: &str, days: u32) -> Result<PathBuf, AuthorityError> {
        let name = dns_name(service);
        let made = |source| AuthorityError::Made { name: name.clone(), source };
        let mut params = CertificateParams::new(vec![name.clone()]).map_err(made)?;
        params.distinguished_name = named(&name);
        (params.not_before, params.not_after) = validity(self.now, days);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(made)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(made)?.pem();
        let folder = self.folder.join(service);
        fs::create_dir_all(&folder)
            .map_err(|source| AuthorityError::File { file: folder.clone(), source })?;
        // A service that looks in between finds a pair that does not fit, and waits for the next look.
        write(&folder.join("ca.pem"), &self.certificate, Readers::All)?;
        write(&folder.join("key.pem"), &key.serialize_pem(), Readers::Owner)?;
        write(&folder.join("cert.pem"), &certificate, Readers::All)?;
        Ok(folder)
    }
}

/// Named after its key: the same for it each time, and another for every other authority, so that a certificate of one
/// is not mistaken for a spoilt one of the other.
fn authority(key: &KeyPair, now: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    let id: String = params.key_identifier(key).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    params.distinguished_name = named(&format!("Hanse {id}"));
    (params.not_before, params.not_after) = validity(now, CA_DAYS);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

fn validity(now: Timestamp, days: u32) -> (OffsetDateTime, OffsetDateTime) {
    let date = |time: Timestamp| {
        OffsetDateTime::from_unix_timestamp(time.micros() / 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    };
    (date(now.minus(BEFORE)), date(now.plus(DAY * days)))
}

fn text(file: &Path) -> Result<String, AuthorityError> {
    fs::read_to_string(file).map_err(|source| AuthorityError::File { file: file.into(), source })
}

enum Readers {
    Owner,
    All,
}

/// Whole or not at all: written beside its place and moved there.
fn write(file: &Path, content: &str, readers: Readers) -> Result<(), AuthorityError> {
    let beside = file.with_extension("pem.new");
    let mode = match readers {
        Readers::Owner => 0o600,
        Readers::All => 0o644,
    };
    let written = || {
        // One that was left behind may have been readable to more.
        if beside.exists() {
            fs::remove_file(&beside)?;
        }
        let mut new = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
        new.write_all(content.as_bytes())?;
        new.sync_all()?;
        fs::rename(&beside, file)
    };
    written().map_err(|source| AuthorityError::File { file: file.into(), source })
}
