//! Where a request comes from: its peer, or whom a trusted proxy speaks for. Of what is told, only what trusted proxies
//! wrote themselves counts, read from the right; everything farther left the client may have made up.

use axum::extract::{ConnectInfo, Request};
use axum::http::header::{FORWARDED, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::future::{Either, Ready, ready};
use hanse_http::{ClientAddress, Problem};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// More proxies than this do not stand behind each other.
const HOPS: usize = 16;

/// The header in which proxies tell whom they speak for. One is decided on: a proxy that writes one of them mostly passes
/// the other on as the client sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hearsay {
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

/// Whose word about clients is taken.
#[derive(Debug, Clone)]
pub struct Proxies {
    trusted: Arc<[IpNet]>,
    told: Hearsay,
}

/// A text that is no network, or all of them.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not a network of proxies")]
pub struct NoNetwork(String);

impl Proxies {
    pub fn none() -> Self {
        Self { trusted: Arc::new([]), told: Hearsay::XForwardedFor }
    }

    /// Those on this machine.
    pub fn near(told: Hearsay) -> Self {
        let v4 = IpNet::new_assert(IpAddr::from([127, 0, 0, 0]), 8);
        let v6 = IpNet::new_assert(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1_u16]), 128);
        Self { trusted: Arc::new([v4, v6]), told }
    }

    /// Networks (`10.0.0.0/8`) and single addresses.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>, told: Hearsay) -> Result<Self, NoNetwork> {
        let read = |text: &str| {
            let net = text.parse::<IpNet>().ok().or_else(|| Some(IpNet::from(text.parse::<IpAddr>().ok()?)));
            // Everybody's word is nobody's.
            net.filter(|net| net.prefix_len() > 0).ok_or_else(|| NoNetwork(text.to_string()))
        };
        let trusted = texts.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { trusted: trusted.into(), told })
    }

    pub(crate) fn are_there(&self) -> bool {
        !self.trusted.is_empty()
    }

    fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted.iter().any(|net| net.contains(&address))
    }

    /// Where it comes from, and whether it came by HTTPS if a proxy says so.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> (IpAddr, Option<bool>) {
        let (mut client, mut secure) = (peer.to_canonical(), None);
        if !self.trust(peer) {
            return (client, None);
        }
        let hops = match self.told {
            Hearsay::XForwardedFor => x_forwarded(headers),
            Hearsay::Forwarded => forwarded(headers),
        };
        for hop in hops.into_iter().take(HOPS) {
            secure = hop.secure.or(secure);
            let Some(address) = hop.address else { break };
            client = address.to_canonical();
            if !self.trust(client) {
                break;
            }
        }
        (client, secure)
    }
}

/// What one proxy says of whoever asked it.
struct Hop {
    address: Option<IpAddr>,
    secure: Option<bool>,
}

/// The parts of a list that may go over several lines, from the right.
fn from_the_right<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    let lines = headers.get_all(name).into_iter().map(|line| line.to_str().unwrap_or("?"));
    let mut parts: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    parts.reverse();
    parts
}

fn x_forwarded(headers: &HeaderMap) -> Vec<Hop> {
    let protos = from_the_right(headers, &X_FORWARDED_PROTO);
    let addresses = from_the_right(headers, &X_FORWARDED_FOR);
    // A proxy mostly tells only of its own end; the last word is the nearest proxy's.
    let hop = |(nth, text): (usize, &str)| Hop {
        address: address(text),
        secure: protos.get(nth).and_then(|proto| secure(proto)),
    };
    if addresses.is_empty() {
        return vec![Hop { address: None, secure: protos.first().and_then(|proto| secure(proto)) }];
    }
    addresses.into_iter().enumerate().map(hop).collect()
}

fn forwarded(headers: &HeaderMap) -> Vec<Hop> {
    let hop = |part: &str| {
        let (mut told, mut proto) = (None, None);
        for (name, value) in part.split(';').filter_map(|pair| pair.trim().split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "for" => told = address(value),
                "proto" => proto = secure(value),
                _ => {}
            }
        }
        Hop { address: told, secure: proto }
    };
    from_the_right(headers, &FORWARDED).into_iter().map(hop).collect()
}

fn secure(proto: &str) -> Option<bool> {
    match proto.to_ascii_lowercase().as_str() {
        "https" => Some(true),
        "http" => Some(false),
        _ => None,
    }
}

/// `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]`, `[2001:db8::7]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    bare.parse().ok().or_else(with_port)
}

/// As a layer: notes the client's address for all that is inside. Where the shop is reached by HTTPS and a proxy says that
/// a client came without it, whoever looks at a page is sent there. Programs are refused, and so is every change: they would
/// go on to send in the clear what is nobody else's business.
#[derive(Clone)]
pub(crate) struct Clients {
    proxies: Proxies,
    /// `https://shop.example`, where that is how it is reached.
    secure_at: Option<Arc<str>>,
}

impl Clients {
    pub(crate) fn new(proxies: Proxies, public_url: &str) -> Self {
        let secure = public_url.starts_with("https://");
        Self { proxies, secure_at: secure.then(|| public_url.trim_end_matches('/').into()) }
    }

    fn elsewhere(&self, request: &Request, secure: Option<bool>) -> Option<Response> {
        let at = self.secure_at.as_ref().filter(|_| secure == Some(false))?;
        if !request.method().is_safe() || request.uri().path().starts_with("/api/") {
            let problem = Problem::new(StatusCode::FORBIDDEN, "https_needed", "This needs https://");
            return Some(problem.detail(format!("nothing was done; send it to {at}")).into_response());
        }
        let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
        let place = HeaderValue::try_from(format!("{at}{path}")).ok()?;
        Some((StatusCode::PERMANENT_REDIRECT, [(LOCATION, place)]).into_response())
    }
}

impl<S> Layer<S> for Clients {
    type Service = OfClients<S>;
    fn layer(&self, inner: S) -> OfClients<S> {
        OfClients { inner, clients: self.clone() }
    }
}

#[derive(Clone)]
pub(crate) struct OfClients<S> {
    inner: S,
    clients: Clients,
}

impl<S: Service<Request, Response = Response>> Service<Request> for OfClients<S> {
    type Response = Response;
    type Error = S::Error;
    type Future = Either<Ready<Result<Response, S::Error>>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        if let Some(peer) = peer {
            let (client, secure) = self.clients.proxies.client(peer, request.headers());
            if let Some(answer) = self.clients.elsewhere(&request, secure) {
                return Either::Left(ready(Ok(answer)));
            }
            request.extensions_mut().insert(ClientAddress(client));
        }
        Either::Right(self.inner.call(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(proxies: &Proxies, peer: &str, lines: &[(&'static str, &str)]) -> (String, Option<bool>) {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), value.parse().expect("a header"));
        }
        let (address, secure) = proxies.client(peer.parse().expect("an address"), &headers);
        (address.to_string(), secure)
    }

    const FOR: &str = "x-forwarded-for";
    const PROTO: &str = "x-forwarded-proto";

    #[test]
    fn a_header_counts_only_where_a_trusted_proxy_wrote_it() {
        let trusted = Proxies::of(["10.0.0.0/8", "2001:db8:1::/48"], Hearsay::XForwardedFor).expect("nets");
        let client = |peer: &str, lines: &[(&'static str, &str)]| told(&trusted, peer, lines).0;
        assert_eq!(client("203.0.113.9", &[(FOR, "1.1.1.1")]), "203.0.113.9", "anybody can write that");
        assert_eq!(client("10.0.0.1", &[(FOR, "203.0.113.9")]), "203.0.113.9");
        assert_eq!(client("::ffff:10.0.0.1", &[(FOR, "203.0.113.9")]), "203.0.113.9");
        assert_eq!(client("2001:db8:1::5", &[(FOR, "2001:db8:2::9")]), "2001:db8:2::9");
        // What the client made up stands farther left.
        assert_eq!(client("10.0.0.1", &[(FOR, "1.1.1.1, 203.0.113.9")]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &[(FOR, "1.1.1.1"), (FOR, "203.0.113.9")]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &[(FOR, "127.0.0.1, 203.0.113.9, 10.2.3.4")]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &[(FOR, "10.9.9.9, 10.2.3.4")]), "10.9.9.9", "all of them are ours");
        // What cannot be read is nobody's: then it is the last proxy that is known.
        assert_eq!(client("10.0.0.1", &[(FOR, "1.1.1.1, nonsense")]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[(FOR, "1.1.1.1, \u{e9}")]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[(FOR, "203.0.113.9:4711")]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &[(FOR, "[2001:db8::9]:4711")]), "2001:db8::9");
        // The other header is not the one that these proxies write.
        assert_eq!(client("10.0.0.1", &[("forwarded", "for=1.1.1.1"), (FOR, "203.0.113.9")]), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &[("forwarded", "for=1.1.1.1")]), "10.0.0.1");
        assert_eq!(told(&Proxies::none(), "127.0.0.1", &[(FOR, "1.1.1.1")]).0, "127.0.0.1");
        assert_eq!(told(&Proxies::near(Hearsay::XForwardedFor), "::1", &[(FOR, "1.1.1.1")]).0, "1.1.1.1");
    }

    #[test]
    fn the_standard_header_is_read_as_rfc_7239_writes_it() {
        let trusted = Proxies::of(["10.0.0.1"], Hearsay::Forwarded).expect("an address");
        let of = |line: &str| told(&trusted, "10.0.0.1", &[("forwarded", line), (FOR, "9.9.9.9")]);
        assert_eq!(of("for=203.0.113.9;proto=https;by=10.0.0.1"), ("203.0.113.9".into(), Some(true)));
        assert_eq!(of("for=1.1.1.1, For=\"[2001:db8:cafe::17]:4711\""), ("2001:db8:cafe::17".into(), None));
        assert_eq!(of("for=1.1.1.1, for=_hidden"), ("10.0.0.1".into(), None));
        assert_eq!(of("proto=http;for=unknown"), ("10.0.0.1".into(), Some(false)));
    }

    #[test]
    fn the_nearest_proxy_says_how_the_client_came() {
        let trusted = Proxies::of(["10.0.0.1"], Hearsay::XForwardedFor).expect("an address");
        let secure = |peer: &str, lines: &[(&'static str, &str)]| told(&trusted, peer, lines).1;
        assert_eq!(secure("10.0.0.1", &[(FOR, "1.1.1.1"), (PROTO, "http")]), Some(false));
        assert_eq!(secure("10.0.0.1", &[(FOR, "1.1.1.1"), (PROTO, "http, https")]), Some(true));
        assert_eq!(secure("10.0.0.1", &[(PROTO, "http")]), Some(false));
        assert_eq!(secure("203.0.113.9", &[(PROTO, "http")]), None);
    }

    async fn asked(method: &str, path: &str, proto: &'static str) -> (u16, String, Option<String>) {
        let behind = tower::service_fn(async |request: Request| {
            let address = request.extensions().get::<ClientAddress>().map(|a| a.0.to_string());
            Ok::<_, std::convert::Infallible>(address.unwrap_or_default().into_response())
        });
        let clients = Clients::new(Proxies::near(Hearsay::XForwardedFor), "https://shop.example/");
        let request = Request::builder().method(method).uri(path).header(PROTO, proto);
        let mut request =
            request.header(FOR, "203.0.113.9").body(axum::body::Body::empty()).expect("a request");
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9))));
        let answer = tower::ServiceExt::oneshot(clients.layer(behind), request).await.expect("infallible");
        let place = answer.headers().get(LOCATION).and_then(|v| v.to_str().ok()).unwrap_or("").to_string();
        let (status, body) = (answer.status().as_u16(), axum::body::to_bytes(answer.into_body(), 9999));
        let body = String::from_utf8(body.await.expect("a body").to_vec()).ok();
        (status, place, body)
    }

    #[tokio::test]
    async fn whoever_comes_without_https_is_sent_there_and_changes_nothing() {
        let page = "//evil.example/a?b=1";
        assert_eq!(asked("GET", page, "https").await, (200, String::new(), Some("203.0.113.9".into())));
        let (status, place, _) = asked("GET", page, "http").await;
        assert_eq!((status, place.as_str()), (308, "https://shop.example//evil.example/a?b=1"));
        assert_eq!(asked("POST", page, "http").await.0, 403);
        assert_eq!(asked("GET", "/api/store/products", "http").await.0, 403, "a program is told");
    }
}
