//! The way to Google: one request over one connection, bounded in time and size, asked again a few times where that may help.

use anyhow::{Result, bail};
use bytes::Bytes;
use hanse_kernel::{Effects, Timestamp};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::fmt::Display;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};
use zeroize::Zeroizing;

/// For one request, from looking up the host to the answer's last byte.
pub const LIMIT: Duration = Duration::from_secs(5);
/// How often it is asked at most.
pub const TRIES: u32 = 5;
/// Before the second try; twice as long before each further one, and up to as much again at random.
pub const PAUSE: Duration = Duration::from_millis(250);

pub struct Way {
    effects: Effects,
    tls: TlsConnector,
}

/// What is asked besides the address.
pub struct Ask {
    pub method: Method,
    pub authorization: Option<HeaderValue>,
    pub header: Option<(HeaderName, HeaderValue)>,
    pub form: Option<Zeroizing<String>>,
}

impl Ask {
    pub const GET: Self = Self { method: Method::GET, authorization: None, header: None, form: None };
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Nobody answered, or only that it is not the moment: later it may be another matter.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Away(String);

/// Why there is no answer.
enum Failed {
    /// Another try may help.
    Away(String),
    TooLarge,
}

fn away(what: impl Display) -> Failed {
    Failed::Away(what.to_string())
}

/// Over TLS, or to this machine.
pub fn is_safe(at: &Url) -> bool {
    let here = match at.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(v4)) => v4.is_loopback(),
        Some(Host::Ipv6(v6)) => v6.is_loopback(),
        None => return false,
    };
    let nobody = at.username().is_empty() && at.password().is_none();
    nobody && (at.scheme() == "https" || at.scheme() == "http" && here)
}

/// An origin that keys may be asked of.
pub fn endpoint(text: &str) -> Result<Url> {
    let at = Url::parse(text).ok().filter(is_safe);
    match at.filter(|at| at.path() == "/" && at.query().is_none() && at.fragment().is_none()) {
        Some(at) => Ok(at),
        None => bail!(
            "keys.gcp_endpoint must be an https:// address without a path, such as https://secretmanager.googleapis.com (http:// only \
             for this very machine)"
        ),
    }
}

/// Refuses what is no such origin.
pub fn check(text: &str) -> Result<()> {
    endpoint(text).map(|_| ())
}

impl Way {
    /// Those vouch for Google that vouch in browsers: the list is built in.
    pub fn new(effects: Effects) -> Result<Self> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { effects, tls: TlsConnector::from(Arc::new(tls)) })
    }

    pub fn now(&self) -> Timestamp {
        self.effects.now()
    }

    /// The answer, whatever its status. One that says "not now" (429, 5xx) or does not come is asked for again.
    pub async fn ask(&self, at: &Url, ask: &Ask, largest: usize) -> Result<Answer> {
        let mut tried = 1;
        loop {
            let outcome = self.effects.within(LIMIT, self.exchange(at, ask, largest)).await;
            let told = match outcome {
                Some(Ok(answer)) if !passes(answer.status) => return Ok(answer),
                Some(Ok(answer)) => format!("it answers {}", answer.status.as_u16()),
                Some(Err(Failed::Away(what))) => what,
                Some(Err(Failed::TooLarge)) => {
                    bail!("{} answers with more than {largest} bytes; that is not Google", origin(at))
                }
                None => format!("no answer within {} s", LIMIT.as_secs()),
            };
            if tried == TRIES {
                let told = format!("{} was asked {TRIES} times, the last time: {told}", origin(at));
                return Err(Away(told).into());
            }
            tracing::info!(origin = origin(at), tried, told, "Google is asked again for the shop's keys");
            self.effects.timers.sleep(self.pause(tried)).await;
            tried += 1;
        }
    }

    fn pause(&self, tried: u32) -> Duration {
        let pause = PAUSE * 2u32.pow(tried - 1);
        let more = self.effects.rng.u64() % (pause.as_millis() as u64 + 1);
        pause + Duration::from_millis(more)
    }

    async fn exchange(&self, at: &Url, ask: &Ask, largest: usize) -> Result<Answer, Failed> {
        let host = at.host().map(|host| host.to_owned()).ok_or_else(|| away("its address names no host"))?;
        let port = at.port_or_known_default().unwrap_or(443);
        let stream = match &host {
            Host::Domain(name) => TcpStream::connect((name.as_str(), port)).await,
            Host::Ipv4(v4) => TcpStream::connect((*v4, port)).await,
            Host::Ipv6(v6) => TcpStream::connect((*v6, port)).await,
        };
        let stream = stream.map_err(away)?;
        if at.scheme() == "http" {
            return self.over(stream, at, ask, largest).await;
        }
        let name = match host {
            Host::Domain(name) => ServerName::try_from(name).map_err(away)?,
            Host::Ipv4(v4) => ServerName::IpAddress(IpAddr::V4(v4).into()),
            Host::Ipv6(v6) => ServerName::IpAddress(IpAddr::V6(v6).into()),
        };
        let stream = self.tls.connect(name, stream).await.map_err(away)?;
        self.over(stream, at, ask, largest).await
    }

    async fn over<S>(&self, stream: S, at: &Url, ask: &Ask, largest: usize) -> Result<Answer, Failed>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (mut to, connection) = handshake(TokioIo::new(stream)).await.map_err(away)?;
        self.effects.spawn.spawn(
            "keys.gcp",
            Box::pin(async move {
                // What goes wrong with it, whoever waits for the answer is told.
                let _ = connection.await;
            }),
        );
        let answer = to.send_request(request(at, ask)?).await.map_err(away)?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, largest)
            .collect()
            .await
            .map_err(|e| if e.is::<LengthLimitError>() { Failed::TooLarge } else { away(e) })?;
        Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
    }
}

fn passes(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

fn origin(at: &Url) -> String {
    at.origin().ascii_serialization()
}

fn request(at: &Url, ask: &Ask) -> Result<Request<Full<Bytes>>, Failed> {
    let host = match at.port() {
        Some(port) => format!("{}:{port}", at.host_str().unwrap_or_default()),
        None => at.host_str().unwrap_or_default().to_string(),
    };
    let mut request = Request::builder()
        .method(&ask.method)
        .uri(at.path())
        .header(HOST, host)
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, "hanse");
    if let Some(authorization) = &ask.authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    if let Some((name, value)) = &ask.header {
        request = request.header(name, value);
    }
    if ask.form.is_some() {
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    let body = ask.form.as_ref().map(|form| Bytes::copy_from_slice(form.as_bytes()));
    request.body(Full::from(body.unwrap_or_default())).map_err(away)
}
