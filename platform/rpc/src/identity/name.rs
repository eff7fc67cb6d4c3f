//! What a service is called in its certificate: the DNS name `<service>.hanse`.

use rustls::pki_types::{CertificateDer, DnsName, ServerName};

/// No public registry has it, so that the name means something among our own certificates only.
const DOMAIN: &str = ".hanse";

pub(crate) fn dns_name(service: &str) -> String {
    format!("{service}{DOMAIN}")
}

/// The name to verify a service by. `None`: such a name cannot be in a certificate.
pub(crate) fn server_name(service: &str) -> Option<ServerName<'static>> {
    DnsName::try_from(dns_name(service)).ok().map(ServerName::DnsName)
}

/// Which service a verified certificate is made out to: exactly one, so that nobody speaks for two.
pub(crate) fn service_of(certificate: &CertificateDer<'_>) -> Result<String, String> {
    let parsed = webpki::EndEntityCert::try_from(certificate).map_err(|e| e.to_string())?;
    let all: Vec<&str> = parsed.valid_dns_names().collect();
    let mut services = all.iter().filter_map(|name| name.strip_suffix(DOMAIN));
    match (services.next(), services.next()) {
        (Some(one), None) if !one.is_empty() && !one.contains(['.', '*']) => Ok(one.to_string()),
        _ => Err(format!("it is made out to {}, which is no one service", listed(&all))),
    }
}

pub(super) fn listed(names: &[&str]) -> String {
    if names.is_empty() { "nobody".into() } else { names.join(", ") }
}
