//! The layer around a whole service: who asks, under which correlation id, until when; and what every answer gets.

mod answer;
mod early;
mod forward;
mod seed;
mod trace;

pub use early::EarlyAnswers;
pub use forward::{Forwarded, seal};
pub use seed::{DEADLINE_HEADER, accept_language};
pub(crate) use trace::{Handing, hand_over};

use crate::auth::{AuthError, Authenticator};
use crate::headers::scheme;
use crate::problem::Problem;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures::channel::oneshot;
use futures::future::BoxFuture;
use futures::{FutureExt, TryFutureExt};
use hanse_kernel::trace::{Kind, Work};
use hanse_kernel::{Actor, ChannelId, Ctx, Effects, Locale, Proof, Scope, network};
use http::Method;
use http::header::AUTHORIZATION;
use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;
use tower::{Layer, Service, ServiceExt};
use tracing::Instrument;

/// Who stands in front of the services.
const GATEWAY: &str = "gateway";

/// An actor that something in front has established already (the gateway, from a session cookie): put into the
/// request's extensions it is taken instead of the `Authorization` header.
#[derive(Debug, Clone)]
pub struct Authenticated(pub Actor, pub Proof);

/// The address that a request comes from, as something in front has found out (the gateway, which knows its proxies): in
/// the request's extensions. It becomes [`Ctx::from`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// Builds the [`Ctx`] of each request and runs what is inside in a task of its own, so that a client that leaves
/// cancels nothing half-way. Catches panics, renders problems with the correlation id, measures.
///
/// A request that has a `Ctx` already (a service inside a gateway that has this layer) passes straight through.
#[derive(Clone)]
pub struct ContextLayer(Arc<Shared>);

#[derive(Clone)]
struct Shared {
    effects: Effects,
    authenticator: Arc<dyn Authenticator>,
    timeout: Duration,
    slow: Vec<(String, Duration)>,
    locales: Vec<Locale>,
    channel: ChannelId,
    inline_reads: bool,
    service: &'static str,
}

impl ContextLayer {
    pub fn new(effects: Effects, authenticator: Arc<dyn Authenticator>) -> Self {
        answer::describe();
        Self(Arc::new(Shared {
            effects,
            authenticator,
            timeout: Duration::from_secs(15),
            slow: Vec::new(),
            locales: Vec::new(),
            channel: ChannelId::default(),
            inline_reads: false,
            service: GATEWAY,
        }))
    }

    fn change(mut self, f: impl FnOnce(&mut Shared)) -> Self {
        f(Arc::make_mut(&mut self.0));
        self
    }

    /// How long a request may take, 15 s unless set: the deadline in its `Ctx`, and after it the client gets 504.
    #[must_use]
    pub fn request_timeout(self, timeout: Duration) -> Self {
        self.change(|s| s.timeout = timeout)
    }

    /// Another limit for paths whose first parts are those of `prefix`, such as uploads; `{id}` stands for any one part.
    #[must_use]
    pub fn timeout_for(self, prefix: &str, timeout: Duration) -> Self {
        self.change(|s| s.slow.push((prefix.to_string(), timeout)))
    }

    /// GET and HEAD run where they were received instead of in a task of their own: half the cost of this layer. They
    /// end when the client leaves, so this is only for services whose reads change nothing (RFC 9110 section 9.2.1).
    #[must_use]
    pub fn inline_reads(self) -> Self {
        self.change(|s| s.inline_reads = true)
    }

    /// Whose requests these are, in logs and traces; the gateway's unless set.
    #[must_use]
    pub fn service(self, name: &'static str) -> Self {
        self.change(|s| s.service = name)
    }

    /// The languages that the shop speaks, the first being its own; without any, whatever the client likes best.
    #[must_use]
    pub fn locales(self, locales: Vec<Locale>) -> Self {
        self.change(|s| s.locales = locales)
    }
}

impl<S> Layer<S> for ContextLayer {
    type Service = ContextService<S>;
    fn layer(&self, inner: S) -> ContextService<S> {
        ContextService { inner, shared: self.0.clone() }
    }
}

#[derive(Clone)]
pub struct ContextService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> Service<Request> for ContextService<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    /// Always: each request waits for a clone of the inner service inside its own task.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let inner = self.inner.clone();
        if request.extensions().get::<Ctx>().is_some() {
            return Box::pin(inner.oneshot(request));
        }
        Box::pin(serve(self.shared.clone(), inner, request).map(Ok))
    }
}

/// Where the guard of the route that was found writes its pattern, for metrics and logs. One that serves without
/// [`crate::Routes`] may name itself.
#[derive(Clone, Default)]
pub struct RouteSlot(Arc<OnceLock<metrics::SharedString>>);

impl RouteSlot {
    pub fn set(&self, route: impl Into<metrics::SharedString>) {
        // The first to name it is right: what runs inside belongs to the same route.
        let _already = self.0.set(route.into());
    }
    fn get(&self) -> metrics::SharedString {
        self.0.get().cloned().unwrap_or(metrics::SharedString::const_str("unmatched"))
    }
}

async fn serve<S>(shared: Arc<Shared>, inner: S, mut request: Request) -> Response
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    let around = shared.clone();
    let effects = &around.effects;
    let started = effects.now();
    let limit = shared.limit_for(request.uri().path());
    let mut ctx = seed::context(&shared, &request, started, limit);
    ctx.whence = seed::whence(&mut request);
    let left = ctx.deadline.map_or(limit, |deadline| deadline.since(started));
    let slot = RouteSlot::default();
    let method = request.method().clone();
    let span = tracing::info_span!(
        "http",
        correlation_id = %ctx.correlation,
        network = tracing::field::Empty,
        method = %method,
        route = tracing::field::Empty,
        status = tracing::field::Empty,
    );
    // As the audit log tells it. The services behind the gateway need not tell it again.
    if shared.service == GATEWAY
        && let Some(ClientAddress(address)) = request.extensions().get::<ClientAddress>()
    {
        span.record("network", network(*address));
    }
    request.extensions_mut().insert(slot.clone());
    let mut hop = Work::begin(effects, shared.service, Kind::Server, answer::method(&method), ctx.trace);
    ctx.trace = Some(hop.context());
    if hop.is_recorded() {
        hop.tell(|span| trace::tell(span, &request));
        request.extensions_mut().insert(trace::Recording(effects.clone()));
    }
    let scope = Scope::for_ctx(shared.service, &ctx);

    let outline = answer::Outline { correlation: ctx.correlation.clone(), trace: ctx.trace, method };
    let inline = shared.inline_reads && matches!(outline.method, Method::GET | Method::HEAD);
    let clock = effects.clock.clone();
    let inside = outline.clone();
    let work = async move {
        let response = match AssertUnwindSafe(answer_to(&shared, inner, ctx, request)).catch_unwind().await {
            Ok(response) => response,
            Err(panic) => answer::panicked(panic.as_ref()),
        };
        let response = inside.finish(response);
        inside.measure(&slot, hop, response.status(), clock.now().since(started));
        response
    };
    let work = scope.around(work.instrument(span));
    let answered = if inline {
        effects.within(left, work).await
    } else {
        let (send, receive) = oneshot::channel();
        let task = work.map(|response| {
            // A client that has left does not hear the answer; what it asked for is done all the same.
            let _gone = send.send(response);
        });
        effects.spawn.spawn("http", Box::pin(task));
        let refused =
            |_: oneshot::Canceled| outline.finish(Problem::unavailable("the service").into_response());
        effects.within(left, receive.unwrap_or_else(refused)).await
    };
    answered.unwrap_or_else(|| outline.finish(Problem::timeout().into_response()))
}

async fn answer_to<S>(shared: &Shared, inner: S, mut ctx: Ctx, mut request: Request) -> Response
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    match shared.actor_of(&mut request).await {
        Ok((actor, proof)) => (ctx.actor, ctx.proof) = (actor, proof),
        Err(problem) => return problem.into_response(),
    }
    request.extensions_mut().insert(ctx);
    match inner.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

impl Shared {
    fn limit_for(&self, path: &str) -> Duration {
        self.slow.iter().find(|(prefix, _)| begins(path, prefix)).map_or(self.timeout, |(_, limit)| *limit)
    }

    /// Schemes other than Bearer are not ours to judge here: `Order` is the handler's, Basic may be a proxy's.
    async fn actor_of(&self, request: &mut Request) -> Result<(Actor, Proof), Problem> {
        if let Some(Authenticated(actor, proof)) = request.extensions_mut().remove::<Authenticated>() {
            return Ok((actor, proof));
        }
        let mut all = request.headers().get_all(AUTHORIZATION).iter();
        let Some(value) = all.next() else { return Ok(nobody()) };
        if all.next().is_some() {
            return Err(Problem::invalid_token());
        }
        let Some(token) = value.to_str().ok().and_then(|v| scheme(v, "bearer")) else {
            return Ok(nobody());
        };
        let known = self.authenticator.authenticate(token).await.map_err(|error| match error {
            AuthError::Invalid(why) => {
                tracing::debug!(why, "a token was refused");
                Problem::invalid_token()
            }
            AuthError::Unavailable(why) => {
                tracing::warn!(why, "a token could not be verified");
                Problem::unavailable("the identity service")
            }
        })?;
        Ok((known.actor, known.shown.proof(self.effects.now())))
    }
}

fn begins(path: &str, prefix: &str) -> bool {
    let mut parts = path.split('/');
    prefix.split('/').all(|wanted| parts.next().is_some_and(|part| part == wanted || wanted.starts_with('{')))
}

fn nobody() -> (Actor, Proof) {
    (Actor::Anonymous, Proof::default())
}
