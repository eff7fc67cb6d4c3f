//! What only this very machine may see: the mail outbox of a shop that sends no mail yet, with its order links.

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, header};
use hanse_http::Problem;
use std::net::{IpAddr, SocketAddr};

/// Nobody elsewhere learns that there is something. Behind a proxy everybody comes from this machine, and often under
/// its name: then there is nothing for anybody.
pub(crate) fn only_near(request: &Request, proxied: bool) -> Result<(), Problem> {
    let path = request.uri().path();
    let local_only = path == "/mail" || path.starts_with("/mail/") || path.starts_with("/api/dev/");
    if local_only {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
        let near = peer.is_some_and(|ip| ip.to_canonical().is_loopback());
        // A page from elsewhere that got its name resolved to this machine brings its own name along.
        let passed_on = proxied || PASSED_ON.iter().any(|name| request.headers().contains_key(*name));
        if !near || passed_on || !names_this_machine(request.headers()) {
            return Err(Problem::not_found("that address"));
        }
    }
    Ok(())
}

/// What proxies say of whom they speak for.
const PASSED_ON: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|h| h.to_str().ok()) else { return false };
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(""),
        None => host.split(':').next().unwrap_or(""),
    };
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().expect("a header"));
        names_this_machine(&headers)
    }

    fn asked(headers: &[(&str, &str)], proxied: bool) -> bool {
        let mut request = Request::get("/mail").header("host", "127.0.0.1:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(axum::body::Body::empty()).expect("a request");
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9))));
        only_near(&request, proxied).is_ok()
    }

    #[test]
    fn whom_a_proxy_speaks_for_is_not_near() {
        assert!(asked(&[], false));
        assert!(!asked(&[("x-forwarded-for", "203.0.113.9")], false));
        assert!(!asked(&[("forwarded", "for=203.0.113.9")], false));
        assert!(!asked(&[], true), "a proxy that says nothing, as nginx by default");
    }

    #[test]
    fn only_names_of_this_machine_pass() {
        assert!(
            named("127.0.0.1:8080") && named("localhost") && named("[::1]:8080") && named("shop.localhost:1")
        );
        assert!(!named("evil.example:8080") && !named("127.0.0.1.evil.example") && !named("192.168.1.2"));
    }
}
