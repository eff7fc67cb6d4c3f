//! The way to providers of logins: one request over one connection of its own, bounded in time and size, to an address that may
//! be asked, and no further. Logins are rare; a connection that is kept would be one more thing to go stale.

use crate::application::ports::ProviderError;
use bytes::Bytes;
use hanse_kernel::{Effects, Timestamp};
use http::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

/// For one request, from looking up the host to the answer's last byte.
const LIMIT: Duration = Duration::from_secs(4);
/// A set of keys with certificates in it is a tenth of that.
const LARGEST: usize = 256 * 1024;
const AT_ONCE: usize = 16;
/// After so many failures in a row the provider is left alone for a while, and nobody waits for it.
const FAILURES: u32 = 3;
const REST: Duration = Duration::from_secs(10);

/// Which addresses may be asked. A provider's own documents name most of them, and are not to lead into the shop's network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Those that everybody in the Internet can.
    Public,
    /// This machine's too, without TLS: for trying it out.
    Loopback,
    /// Those of private networks too, where the merchant's own provider is.
    Private,
}

impl Reach {
    fn allows(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        match self {
            Self::Public => is_public(address),
            Self::Loopback => is_public(address) || address.is_loopback(),
            Self::Private => is_public(address) || is_private(address),
        }
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64,
        IpAddr::V6(v6) => v6.segments()[0] & 0xfe00 == 0xfc00,
    }
}

/// By the IANA registries of special-purpose addresses.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    let special = v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_documentation()
        || matches!((a, b, c), (0 | 224.., _, _) | (100, 64..=127, _) | (192, 0, 0) | (192, 88, 99))
        || matches!((a, b), (198, 18 | 19));
    !special
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let [a, b, ..] = v6.segments();
    // 2000::/3 without Teredo, documentation, and 6to4, which can lead to any IPv4 address.
    a & 0xe000 == 0x2000 && !matches!((a, b), (0x2001, 0 | 0xdb8) | (0x2002, _) | (0x3fff, 0..=0xfff))
}

/// Those who may vouch for providers: the list that browsers have, built in.
pub fn roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() }
}

#[derive(Default)]
struct Luck {
    failures: u32,
    rests_until: Option<Timestamp>,
}

/// To one provider.
pub struct Outbound {
    effects: Effects,
    reach: Reach,
    tls: TlsConnector,
    admitted: Semaphore,
    luck: Mutex<Luck>,
}

/// What is asked besides the address.
pub struct Ask {
    pub method: Method,
    pub authorization: Option<HeaderValue>,
    /// Of a form.
    pub body: Option<String>,
}

impl Ask {
    pub const GET: Self = Self { method: Method::GET, authorization: None, body: None };
}

fn away(what: impl Display) -> ProviderError {
    ProviderError::Away(what.to_string())
}

impl Outbound {
    pub fn new(effects: Effects, reach: Reach, roots: RootCertStore) -> Result<Self, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = TlsConnector::from(Arc::new(tls));
        Ok(Self { effects, reach, tls, admitted: Semaphore::new(AT_ONCE), luck: Mutex::default() })
    }

    /// The answer's status and body. A redirect is an answer like any other, and is not followed.
    pub async fn send(&self, url: &Url, ask: Ask) -> Result<(StatusCode, Bytes), ProviderError> {
        let _admitted = self.admitted.try_acquire().map_err(|_| away("too many wait for it"))?;
        if self.rests() {
            return Err(away("it has just failed several times, and is left alone for a moment"));
        }
        let answer = self.effects.within(LIMIT, self.exchange(url, ask)).await;
        let answer =
            answer.unwrap_or_else(|| Err(away(format_args!("no answer within {} s", LIMIT.as_secs()))));
        let failed = match &answer {
            Ok((status, _)) => status.is_server_error(),
            Err(_) => true,
        };
        self.note(failed);
        answer
    }

    fn rests(&self) -> bool {
        let luck = self.luck.lock().unwrap_or_else(PoisonError::into_inner);
        luck.rests_until.is_some_and(|until| self.effects.now() < until)
    }

    fn note(&self, failed: bool) {
        let mut luck = self.luck.lock().unwrap_or_else(PoisonError::into_inner);
        luck.failures = if failed { luck.failures + 1 } else { 0 };
        luck.rests_until = (luck.failures >= FAILURES).then(|| self.effects.now().plus(REST));
    }

    async fn exchange(&self, url: &Url, ask: Ask) -> Result<(StatusCode, Bytes), ProviderError> {
        let (host, port) = self.place(url)?;
        let stream = self.connect(&host, port).await?;
        if url.scheme() == "http" {
            return self.over(stream, url, ask).await;
        }
        let name = match &host {
            Host::Domain(name) => ServerName::try_from(name.clone()).map_err(away)?,
            Host::Ipv4(v4) => ServerName::IpAddress(IpAddr::V4(*v4).into()),
            Host::Ipv6(v6) => ServerName::IpAddress(IpAddr::V6(*v6).into()),
        };
        let stream = self.tls.connect(name, stream).await.map_err(away)?;
        self.over(stream, url, ask).await
    }

    /// Without TLS only this machine is asked, and only where the provider is on it.
    fn place(&self, url: &Url) -> Result<(Host<String>, u16), ProviderError> {
        let host = url.host().map(|host| host.to_owned()).ok_or_else(|| away("its address names no host"))?;
        let plain = url.scheme() == "http" && self.reach == Reach::Loopback && is_here(&host);
        if url.scheme() != "https" && !plain {
            return Err(away(format_args!("{} is not an https:// address", url.as_str())));
        }
        Ok((host, url.port_or_known_default().unwrap_or(443)))
    }

    /// What a name leads to is judged where it is used: a name that leads elsewhere a moment later does not get around that.
    async fn connect(&self, host: &Host<String>, port: u16) -> Result<TcpStream, ProviderError> {
        let found: Vec<SocketAddr> = match host {
            Host::Domain(name) => {
                tokio::net::lookup_host((name.as_str(), port)).await.map_err(away)?.collect()
            }
            Host::Ipv4(v4) => vec![(*v4, port).into()],
            Host::Ipv6(v6) => vec![(*v6, port).into()],
        };
        let mut allowed = found.into_iter().filter(|address| self.reach.allows(address.ip())).peekable();
        if allowed.peek().is_none() {
            return Err(away(format_args!(
                "{host} is in no network that may be asked; where it is the merchant's own say private_network = true"
            )));
        }
        let mut last = away("no address");
        for address in allowed {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = away(error),
            }
        }
        Err(last)
    }

    async fn over<S>(&self, stream: S, url: &Url, ask: Ask) -> Result<(StatusCode, Bytes), ProviderError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (mut to, connection) = handshake(TokioIo::new(stream)).await.map_err(away)?;
        self.effects.spawn.spawn(
            "auth.provider",
            Box::pin(async move {
                // What goes wrong with it, whoever waits for the answer is told.
                let _ = connection.await;
            }),
        );
        let answer = to.send_request(request(url, ask)?).await.map_err(away)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), LARGEST).collect().await.map_err(away)?;
        Ok((status, body.to_bytes()))
    }
}

fn is_here(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(v4) => v4.is_loopback(),
        Host::Ipv6(v6) => v6.is_loopback(),
    }
}

/// For an issuer at this address, unless more is said of it.
pub fn reach_of(url: &Url) -> Reach {
    match url.host() {
        Some(host) if is_here(&host.to_owned()) => Reach::Loopback,
        _ => Reach::Public,
    }
}

fn request(url: &Url, ask: Ask) -> Result<Request<Full<Bytes>>, ProviderError> {
    let path = url.query().map_or_else(|| url.path().to_string(), |query| format!("{}?{query}", url.path()));
    let host = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_string(),
    };
    let mut request = Request::builder()
        .method(ask.method)
        .uri(path)
        .header(HOST, host)
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, "hanse");
    if let Some(mut authorization) = ask.authorization {
        authorization.set_sensitive(true);
        request = request.header(http::header::AUTHORIZATION, authorization);
    }
    if ask.body.is_some() {
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    request.body(Full::from(ask.body.unwrap_or_default())).map_err(away)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_does_not_lead_into_the_shops_network() {
        let at = |text: &str| -> IpAddr { text.parse().unwrap() };
        for public in ["142.250.74.14", "2a00:1450:4001:80b::200e"] {
            assert!([Reach::Public, Reach::Loopback, Reach::Private].iter().all(|r| r.allows(at(public))));
        }
        for private in ["10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "fd00::1", "::ffff:10.0.0.1"] {
            assert!(!Reach::Public.allows(at(private)) && Reach::Private.allows(at(private)), "{private}");
        }
        for here in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(!Reach::Public.allows(at(here)) && Reach::Loopback.allows(at(here)), "{here}");
            assert!(!Reach::Private.allows(at(here)), "{here}");
        }
        for nobodys in [
            "0.0.0.0",
            "169.254.169.254",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "::",
            "fe80::1",
            "ff02::1",
            "2002:a00:1::",
            "64:ff9b::a00:1",
            "2001:db8::1",
        ] {
            assert!(
                [Reach::Public, Reach::Loopback, Reach::Private].iter().all(|r| !r.allows(at(nobodys))),
                "{nobodys}"
            );
        }
    }
}
