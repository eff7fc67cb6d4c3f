//! How often one address may ask, by what it asks for. The limits tell themselves in `RateLimit-*`.

use crate::config::RateLimit;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::future::{BoxFuture, Either, FutureExt, TryFutureExt, ready};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use hanse_http::Problem;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use tower::{Layer, Service};

type Limiter = RateLimiter<IpAddr, DashMapStateStore<IpAddr>, DefaultClock, StateInformationMiddleware>;

#[derive(Clone)]
pub(crate) struct Limits(Arc<Inner>);

struct Inner {
    config: RateLimit,
    /// A proxy is in front, whose word about the client is taken when it comes from this machine.
    proxied: bool,
    login: Limiter,
    checkout: Limiter,
    other: Limiter,
    /// Addresses that have been quiet are forgotten every so many requests.
    since_tidy: AtomicU32,
}

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

impl Limits {
    pub(crate) fn new(config: RateLimit, proxied: bool) -> Self {
        let per_minute = |n: u32| {
            let quota = Quota::per_minute(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN));
            RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>()
        };
        Self(Arc::new(Inner {
            config,
            proxied,
            login: per_minute(config.login),
            checkout: per_minute(config.checkout),
            other: per_minute(config.other),
            since_tidy: AtomicU32::new(0),
        }))
    }

    fn limiter(&self, request: &Request) -> &Limiter {
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        match request.uri().path() {
            path if changes && path.starts_with("/api/auth/") => &self.0.login,
            "/api/store/checkout" => &self.0.checkout,
            _ => &self.0.other,
        }
    }

    /// Who asks: the peer, or whom a proxy on this machine speaks for. Of `X-Forwarded-For` only the last is the proxy's
    /// own word; what stands before it the client may have made up.
    fn client(&self, request: &Request) -> Option<IpAddr> {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip();
        if !self.0.proxied || !peer.to_canonical().is_loopback() {
            return Some(peer);
        }
        let told = request.headers().get_all("x-forwarded-for").into_iter().next_back();
        let last = told.and_then(|v| v.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        Some(last.unwrap_or(peer))
    }

    fn applies(&self, address: IpAddr) -> bool {
        self.0.config.enabled && (self.0.config.loopback || !address.to_canonical().is_loopback())
    }

    fn tidy(&self) {
        if self.0.since_tidy.fetch_add(1, Ordering::Relaxed) >= 10_000 {
            self.0.since_tidy.store(0, Ordering::Relaxed);
            for limiter in [&self.0.login, &self.0.checkout, &self.0.other] {
                limiter.retain_recent();
            }
        }
    }
}

impl<S> Layer<S> for Limits {
    type Service = Limited<S>;
    fn layer(&self, inner: S) -> Limited<S> {
        Limited { inner, limits: self.clone() }
    }
}

#[derive(Clone)]
pub(crate) struct Limited<S> {
    inner: S,
    limits: Limits,
}

impl<S> Service<Request> for Limited<S>
where
    S: Service<Request, Response = Response>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<S::Future, BoxFuture<'static, Result<Response, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Some(address) = self.limits.client(&request).filter(|a| self.limits.applies(*a)) else {
            return Either::Left(self.inner.call(request));
        };
        self.limits.tidy();
        match self.limits.limiter(&request).check_key(&address) {
            Ok(state) => {
                let (quota, left) = (state.quota(), state.remaining_burst_capacity());
                let answer = self.inner.call(request);
                let told = answer.map_ok(move |response| tell(response, quota.burst_size().get(), left));
                Either::Right(told.boxed())
            }
            Err(refused) => {
                let wait = refused.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
                let problem =
                    Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many requests")
                        .detail(format!("try again in {wait} s"))
                        .retry_after(wait);
                let limit = refused.quota().burst_size().get();
                let mut response = tell(problem.into_response(), limit, 0);
                response.headers_mut().insert(RESET, HeaderValue::from(wait));
                Either::Right(ready(Ok(response)).boxed())
            }
        }
    }
}

fn tell(mut response: Response, limit: u32, left: u32) -> Response {
    let headers = response.headers_mut();
    headers.insert(LIMIT, HeaderValue::from(limit));
    headers.insert(REMAINING, HeaderValue::from(left));
    headers.insert(RESET, HeaderValue::from(60));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(proxied: bool, peer: [u8; 4], told: &[&str]) -> Option<String> {
        let limits = Limits::new(RateLimit::default(), proxied);
        let mut request = Request::get("/");
        for line in told {
            request = request.header("x-forwarded-for", *line);
        }
        let mut request = request.body(axum::body::Body::empty()).expect("a request");
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((peer, 9))));
        limits.client(&request).filter(|a| limits.applies(*a)).map(|a| a.to_string())
    }

    #[test]
    fn whoever_comes_through_a_proxy_is_counted_by_their_own_address() {
        let near = [127, 0, 0, 1];
        assert_eq!(
            counted(false, near, &["203.0.113.9"]),
            None,
            "nobody is in front: a header is only a claim"
        );
        assert_eq!(counted(true, near, &["203.0.113.9"]).as_deref(), Some("203.0.113.9"));
        assert_eq!(counted(true, near, &["1.1.1.1, 203.0.113.9"]).as_deref(), Some("203.0.113.9"));
        assert_eq!(counted(true, near, &["1.1.1.1", "203.0.113.9"]).as_deref(), Some("203.0.113.9"));
        assert_eq!(counted(true, near, &["nonsense"]), None);
        assert_eq!(counted(true, [198, 51, 100, 7], &["203.0.113.9"]).as_deref(), Some("198.51.100.7"));
    }
}
