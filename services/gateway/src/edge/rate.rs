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
    pub(crate) fn new(config: RateLimit) -> Self {
        let per_minute = |n: u32| {
            let quota = Quota::per_minute(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN));
            RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>()
        };
        Self(Arc::new(Inner {
            config,
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
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
        let Some(address) = peer.filter(|a| self.limits.applies(*a)) else {
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
                Either::Right(ready(Ok(problem.into_response())).boxed())
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
