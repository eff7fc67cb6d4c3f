//! Refuses whoever asks too often, and tells everybody their limit in `RateLimit-*`.

use crate::config::RateLimit;
use crate::limits::{Checked, Kind, Limiter, Verdict};
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::future::{BoxFuture, Either, FutureExt, TryFutureExt, ready};
use hanse_http::Problem;
use hanse_kernel::Whence;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service, ServiceExt};

#[derive(Clone)]
pub(crate) struct Limits(Arc<Inner>);

struct Inner {
    config: RateLimit,
    /// A proxy is in front, whose word about the client is taken when it comes from this machine.
    proxied: bool,
    limiter: Arc<dyn Limiter>,
}

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

fn changes(request: &Request) -> bool {
    !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS)
}

fn kind(request: &Request) -> Kind {
    match request.uri().path() {
        path if changes(request) && path.starts_with("/api/auth/") => Kind::Login,
        "/api/store/checkout" => Kind::Checkout,
        _ => Kind::Other,
    }
}

impl Limits {
    pub(crate) fn new(config: RateLimit, proxied: bool, limiter: Arc<dyn Limiter>) -> Self {
        Self(Arc::new(Inner { config, proxied, limiter }))
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
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<S::Future, BoxFuture<'static, Result<Response, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let client = self.limits.client(&request);
        if let Some(address) = client.filter(|_| changes(&request)) {
            // For the audit log.
            request.extensions_mut().get_or_insert_default::<Whence>().address = Some(address.to_canonical());
        }
        let Some(address) = client.filter(|a| self.limits.applies(*a)) else {
            return Either::Left(self.inner.call(request));
        };
        match self.limits.0.limiter.check(kind(&request), address) {
            Checked::Now(verdict) => match refusal(&verdict) {
                None => {
                    let answer = self.inner.call(request);
                    Either::Right(answer.map_ok(move |response| tell(response, &verdict)).boxed())
                }
                Some(response) => Either::Right(ready(Ok(response)).boxed()),
            },
            Checked::Later(verdict) => {
                let inner = self.inner.clone();
                Either::Right(Box::pin(async move {
                    let verdict = verdict.await;
                    match refusal(&verdict) {
                        None => Ok(tell(inner.oneshot(request).await?, &verdict)),
                        Some(response) => Ok(response),
                    }
                }))
            }
        }
    }
}

/// What is answered instead of what was asked for.
fn refusal(verdict: &Verdict) -> Option<Response> {
    let wait = verdict.wait?.as_secs() + 1;
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many requests")
        .detail(format!("try again in {wait} s"))
        .retry_after(wait);
    let mut response = tell(problem.into_response(), verdict);
    response.headers_mut().insert(RESET, HeaderValue::from(wait));
    Some(response)
}

fn tell(mut response: Response, verdict: &Verdict) -> Response {
    let headers = response.headers_mut();
    headers.insert(LIMIT, HeaderValue::from(verdict.limit));
    headers.insert(REMAINING, HeaderValue::from(verdict.left));
    headers.insert(RESET, HeaderValue::from(60));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{OwnLimits, SharedLimits};

    fn counted(proxied: bool, peer: [u8; 4], told: &[&str]) -> Option<String> {
        let config = RateLimit::default();
        let limits = Limits::new(config, proxied, Arc::new(OwnLimits::new(&config)));
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

    /// Everything behind it answers 200.
    async fn asked(limits: &Limits) -> (StatusCode, Vec<Option<String>>) {
        let behind = tower::service_fn(async |_: Request| {
            Ok::<_, std::convert::Infallible>(StatusCode::OK.into_response())
        });
        let mut request =
            Request::post("/api/auth/login").body(axum::body::Body::empty()).expect("a request");
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([203, 0, 113, 9], 9))));
        let answer = limits.layer(behind).oneshot(request).await.expect("infallible");
        let told = [LIMIT, REMAINING, RESET, axum::http::header::RETRY_AFTER];
        let told = told.map(|name| Some(answer.headers().get(name)?.to_str().ok()?.to_string()));
        (answer.status(), told.to_vec())
    }

    #[tokio::test]
    async fn whoever_asks_too_often_is_told_the_same_by_either_limiter() {
        let config = RateLimit { login: 2, ..RateLimit::default() };
        let place = hanse_testkit::redis_place();
        let at =
            hanse_redis::RedisConfig { prefix: place.prefix, ..hanse_redis::RedisConfig::new(place.url) };
        let redis = hanse_redis::Redis::new(at, hanse_testkit::effects()).expect("an address");
        let limiters: [Arc<dyn Limiter>; 2] =
            [Arc::new(OwnLimits::new(&config)), Arc::new(SharedLimits::new(redis, config))];
        let some = |text: &str| Some(text.to_string());
        for limiter in limiters {
            let limits = Limits::new(config, false, limiter);
            let passed = |left| (StatusCode::OK, vec![some("2"), some(left), some("60"), None]);
            assert_eq!(asked(&limits).await, passed("1"));
            assert_eq!(asked(&limits).await, passed("0"));
            let refused = vec![some("2"), some("0"), some("30"), some("30")];
            assert_eq!(asked(&limits).await, (StatusCode::TOO_MANY_REQUESTS, refused));
        }
    }
}
