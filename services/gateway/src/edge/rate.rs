//! Refuses whoever asks too often, and tells everybody their limit in `RateLimit-*`: by the address that is asked from,
//! before anything is done, and by the account that asks, once that is known.

use crate::config::RateLimit;
use crate::limits::{Checked, Kind, Limiter, Subject, Verdict};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::future::{BoxFuture, Either, FutureExt, TryFutureExt, ready};
use hanse_http::{ClientAddress, Problem};
use hanse_kernel::Ctx;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service, ServiceExt};

#[derive(Clone)]
pub(crate) struct Limits(Arc<Inner>);

struct Inner {
    config: RateLimit,
    by: By,
    limiter: Arc<dyn Limiter>,
}

/// Whom requests are counted by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Address,
    /// Inside of the context, which tells whose it is. Whoever is not logged in is counted by address alone.
    Account,
}

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Each sends a mail to an address that whoever asks may choose.
const SEND_MAILS: [&str; 5] = [
    "/api/auth/register",
    "/api/auth/password/forgot",
    "/api/auth/email/verification",
    "/api/auth/email/change",
    "/api/admin/staff/invitations",
];
const WEBHOOKS: &str = "/api/store/payments/webhooks/";
const ORDERS: &str = "/api/store/orders/";

/// A login at a provider begins and ends with a GET, and each writes.
const PROVIDERS: &str = "/api/auth/oauth/";

fn kind(request: &Request) -> Kind {
    if request.uri().path().starts_with(PROVIDERS) {
        return Kind::Login;
    }
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Kind::Other;
    }
    match request.uri().path() {
        path if SEND_MAILS.contains(&path) => Kind::Mail,
        path if path.starts_with("/api/auth/") => Kind::Login,
        "/api/store/checkout" => Kind::Checkout,
        path if path.starts_with(ORDERS) && path.ends_with("/payments") => Kind::Checkout,
        "/api/admin/imports" => Kind::Import,
        path if path.starts_with(WEBHOOKS) => Kind::Webhook,
        _ => Kind::Other,
    }
}

impl Limits {
    pub(crate) fn new(config: RateLimit, by: By, limiter: Arc<dyn Limiter>) -> Self {
        Self(Arc::new(Inner { config, by, limiter }))
    }

    /// What is asked for, and who it is counted for; none when nobody is held back.
    fn counted(&self, request: &Request) -> Option<(Kind, Subject)> {
        let Inner { config, by, .. } = &*self.0;
        let address = request.extensions().get::<ClientAddress>()?.0;
        if !config.enabled || (!config.loopback && address.to_canonical().is_loopback()) {
            return None;
        }
        match by {
            By::Address => Some((kind(request), Subject::at(address))),
            By::Account => {
                let user = request.extensions().get::<Ctx>()?.actor.user()?;
                let kind = match kind(request) {
                    Kind::Other | Kind::Webhook => Kind::Account,
                    kind => kind,
                };
                Some((kind, Subject::Account(user)))
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

    fn call(&mut self, request: Request) -> Self::Future {
        let Some((kind, subject)) = self.limits.counted(&request) else {
            return Either::Left(self.inner.call(request));
        };
        match self.limits.0.limiter.check(kind, subject) {
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
    metrics::counter!("gateway_limited_total").increment(1);
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "Too many requests")
        .detail(format!("try again in {wait} s"))
        .retry_after(wait);
    let mut response = tell(problem.into_response(), verdict);
    response.headers_mut().insert(RESET, HeaderValue::from(wait));
    Some(response)
}

/// Of the account's limit and the address's the one that is nearer is told.
fn tell(mut response: Response, verdict: &Verdict) -> Response {
    let headers = response.headers_mut();
    let told = headers.get(REMAINING).and_then(|v| v.to_str().ok()?.parse::<u32>().ok());
    if told.is_some_and(|left| left <= verdict.left) {
        return response;
    }
    headers.insert(LIMIT, HeaderValue::from(verdict.limit));
    headers.insert(REMAINING, HeaderValue::from(verdict.left));
    headers.insert(RESET, HeaderValue::from(60));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{OwnLimits, SharedLimits};
    use hanse_kernel::{Actor, CorrelationId, UserId};

    fn limits(config: RateLimit, by: By) -> Limits {
        Limits::new(config, by, Arc::new(OwnLimits::new(&config)))
    }

    fn request(method: &str, path: &str, from: &str) -> Request {
        let request = Request::builder().method(method).uri(path);
        let mut request = request.body(axum::body::Body::empty()).expect("a request");
        request.extensions_mut().insert(ClientAddress(from.parse().expect("an address")));
        request
    }

    #[test]
    fn what_is_asked_for_decides_what_it_is_counted_as() {
        let of = |method, path| kind(&request(method, path, "203.0.113.9"));
        for (path, expected) in [
            ("/api/auth/login", Kind::Login),
            ("/api/auth/password/reset", Kind::Login),
            ("/api/auth/password/forgot", Kind::Mail),
            ("/api/auth/register", Kind::Mail),
            ("/api/store/checkout", Kind::Checkout),
            ("/api/store/orders/ord_1/payments", Kind::Checkout),
            ("/api/admin/imports", Kind::Import),
            ("/api/store/payments/webhooks/test", Kind::Webhook),
            ("/api/store/carts", Kind::Other),
        ] {
            assert_eq!(of("POST", path), expected, "{path}");
            assert_eq!(of("GET", path), Kind::Other, "{path}");
        }
        for path in ["/api/auth/oauth/kontor/start?return_to=/cart", "/api/auth/oauth/kontor/callback?code=1"]
        {
            assert_eq!(of("GET", path), Kind::Login, "{path}");
        }
        assert_eq!(of("GET", "/api/auth/providers"), Kind::Other);
    }

    #[test]
    fn who_is_counted_and_who_is_not() {
        let (near, far) = ("::ffff:127.0.0.1", "203.0.113.9");
        let by_address = limits(RateLimit::USUAL, By::Address);
        assert!(by_address.counted(&request("GET", "/", near)).is_none());
        assert!(by_address.counted(&request("GET", "/", far)).is_some());
        let all = limits(RateLimit { loopback: true, ..RateLimit::USUAL }, By::Address);
        assert!(all.counted(&request("GET", "/", near)).is_some());
        let off = limits(RateLimit { enabled: false, loopback: true, ..RateLimit::USUAL }, By::Address);
        assert!(off.counted(&request("GET", "/", far)).is_none());

        let by_account = limits(RateLimit::USUAL, By::Account);
        let as_actor = |actor: Actor| {
            let mut request = request("GET", "/", far);
            let correlation = CorrelationId::parse("abc").expect("an id");
            request.extensions_mut().insert(Ctx::new(actor, correlation));
            by_account.counted(&request)
        };
        let user = UserId::new(uuid::Uuid::from_u128(7));
        assert_eq!(as_actor(Actor::Anonymous), None);
        assert_eq!(as_actor(Actor::Customer { user }), Some((Kind::Account, Subject::Account(user))));
    }

    /// Everything behind it answers 200.
    async fn asked(limits: &Limits) -> (StatusCode, Vec<Option<String>>) {
        let behind = tower::service_fn(async |_: Request| {
            Ok::<_, std::convert::Infallible>(StatusCode::OK.into_response())
        });
        let request = request("POST", "/api/auth/login", "203.0.113.9");
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
            let limits = Limits::new(config, By::Address, limiter);
            let passed = |left| (StatusCode::OK, vec![some("2"), some(left), some("60"), None]);
            assert_eq!(asked(&limits).await, passed("1"));
            assert_eq!(asked(&limits).await, passed("0"));
            let refused = vec![some("2"), some("0"), some("30"), some("30")];
            assert_eq!(asked(&limits).await, (StatusCode::TOO_MANY_REQUESTS, refused));
        }
    }
}
