//! Connecting, in the clear or over TLS. With `amqps://` the broker has to show a certificate of the given authority, and of
//! no other, for the name that it is reached under.

use lapin::tcp::{AMQPUriTcpExt, RustlsConnector, RustlsConnectorConfig};
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Connection, ConnectionProperties};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::io;

pub(super) async fn connect(
    url: &str,
    options: ConnectionProperties,
    authority: Option<&str>,
) -> Result<Connection, String> {
    let uri = address(url)?;
    let runtime = lapin::runtime::default_runtime().map_err(|e| e.to_string())?;
    let secured = match uri.scheme {
        AMQPScheme::AMQP => None,
        AMQPScheme::AMQPS => Some(connector(authority).map_err(|e| e.to_string())?),
    };
    let open = async move |uri: AMQPUri, runtime| {
        let (host, plain) = (uri.authority.host.clone(), AMQPUri { scheme: AMQPScheme::AMQP, ..uri });
        let stream = plain.connect_async(&runtime).await?;
        Ok(match &secured {
            None => stream,
            Some(connector) => stream.into_rustls(connector, &host).await?,
        })
    };
    Connection::connector(uri, runtime, open, options).await.map_err(|e| e.to_string())
}

pub(super) fn address(url: &str) -> Result<AMQPUri, String> {
    url.parse()
}

pub(super) fn connector(authority: Option<&str>) -> io::Result<RustlsConnector> {
    let pem = authority.unwrap_or_default().as_bytes();
    let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let certificates =
        certificates.map_err(|e| io::Error::other(format!("the authority's certificates: {e}")))?;
    if certificates.is_empty() {
        return Err(io::Error::other("no authority is named whose certificate the broker has to show"));
    }
    RustlsConnectorConfig::default().with_parsable_certificates(certificates).connector_with_no_client_auth()
}
