//! A request on its way from the gateway to the service whose route it is, in another process: who asks and in which
//! context, sealed into headers by the one and taken from them by the other. The connection proves that the other end is
//! the gateway; a service must not believe these headers from anybody else.

use super::seed::{CORRELATION, DEADLINE_HEADER, TRACEPARENT};
use super::{Authenticated, ClientAddress};
use axum::extract::Request;
use hanse_kernel::{Actor, Ctx, OrderId, Permission, Proof, Timestamp, UserId, Whence};
use http::header::ACCEPT_LANGUAGE;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service};

const ACTOR: HeaderName = HeaderName::from_static("x-hanse-actor");
const PROOF: HeaderName = HeaderName::from_static("x-hanse-proof");
const WHENCE: HeaderName = HeaderName::from_static("x-hanse-whence");
const FROM: HeaderName = HeaderName::from_static("x-hanse-from");

/// Who asks, as it travels.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sealed {
    Anonymous,
    Customer { user: UserId },
    OrderHolder { order: OrderId },
    Staff { user: UserId, permissions: BTreeSet<Permission> },
    Service { name: String },
}

impl Sealed {
    fn of(actor: &Actor) -> Self {
        match actor {
            Actor::Anonymous => Self::Anonymous,
            Actor::Customer { user } => Self::Customer { user: *user },
            Actor::OrderHolder { order } => Self::OrderHolder { order: *order },
            Actor::Staff { user, permissions } => {
                Self::Staff { user: *user, permissions: (**permissions).clone() }
            }
            Actor::Service { name } => Self::Service { name: name.to_string() },
        }
    }

    fn open(self) -> Actor {
        match self {
            Self::Anonymous => Actor::Anonymous,
            Self::Customer { user } => Actor::Customer { user },
            Self::OrderHolder { order } => Actor::OrderHolder { order },
            Self::Staff { user, permissions } => Actor::Staff { user, permissions: Arc::new(permissions) },
            Self::Service { name } => Actor::service(&name),
        }
    }
}

/// Writes the context into the headers of a request that goes on to another process, over whatever the client sent
/// there. The deadline is what is left of it.
pub fn seal(ctx: &Ctx, now: Timestamp, headers: &mut HeaderMap) {
    let mut put = |name: HeaderName, value: Option<String>| {
        headers.remove(&name);
        if let Some(Ok(value)) = value.map(HeaderValue::try_from) {
            headers.insert(name, value);
        }
    };
    put(ACTOR, serde_json::to_string(&Sealed::of(&ctx.actor)).ok());
    put(PROOF, serde_json::to_string(&ctx.proof).ok());
    put(WHENCE, ctx.whence.as_deref().and_then(|whence| serde_json::to_string(whence).ok()));
    put(FROM, ctx.from.as_ref().map(|address| address.reveal().to_string()));
    put(CORRELATION, Some(ctx.correlation.to_string()));
    put(TRACEPARENT, ctx.trace.map(|trace| trace.to_string()));
    put(ACCEPT_LANGUAGE, Some(ctx.locale.as_str().to_string()));
    let left = ctx.deadline.map(|deadline| deadline.since(now).as_millis().max(1).to_string());
    put(DEADLINE_HEADER, left);
}

/// At the service, outside of its [`super::ContextLayer`]: takes who asks from the sealed header. Without one nobody asks.
#[derive(Clone, Copy)]
pub struct Forwarded;

impl<S> Layer<S> for Forwarded {
    type Service = Opened<S>;
    fn layer(&self, inner: S) -> Opened<S> {
        Opened { inner }
    }
}

#[derive(Clone)]
pub struct Opened<S> {
    inner: S,
}

impl<S: Service<Request>> Service<Request> for Opened<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> S::Future {
        let sealed = request.headers_mut().remove(ACTOR);
        let sealed = sealed.and_then(|v| serde_json::from_slice::<Sealed>(v.as_bytes()).ok());
        let proof = request.headers_mut().remove(PROOF);
        let proof =
            proof.and_then(|v| serde_json::from_slice::<Proof>(v.as_bytes()).ok()).unwrap_or_default();
        let whence = request.headers_mut().remove(WHENCE);
        if let Some(whence) = whence.and_then(|v| serde_json::from_slice::<Whence>(v.as_bytes()).ok()) {
            request.extensions_mut().insert(whence);
        }
        let actor = sealed.map_or(Actor::Anonymous, Sealed::open);
        request.extensions_mut().insert(Authenticated(actor, proof));
        let from = request.headers_mut().remove(FROM);
        if let Some(from) = from.and_then(|v| v.to_str().ok()?.parse().ok()) {
            request.extensions_mut().insert(ClientAddress(from));
        }
        self.inner.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::{CorrelationId, Personal};
    use uuid::Uuid;

    type Seen = (Actor, Proof, Option<ClientAddress>);

    async fn opened(headers: HeaderMap) -> Seen {
        let seen: Arc<std::sync::Mutex<Option<Seen>>> = Arc::default();
        let noted = seen.clone();
        let inner = tower::service_fn(move |request: Request| {
            let who = request.extensions().get::<Authenticated>().map(|a| (a.0.clone(), a.1));
            let from = request.extensions().get::<ClientAddress>().copied();
            *noted.lock().unwrap() = who.map(|(actor, proof)| (actor, proof, from));
            std::future::ready(Ok::<_, std::convert::Infallible>(()))
        });
        let mut request = Request::new(axum::body::Body::empty());
        *request.headers_mut() = headers;
        Forwarded.layer(inner).call(request).await.unwrap();
        seen.lock().unwrap().take().expect("who asks is told")
    }

    #[tokio::test]
    async fn who_asks_arrives_as_sent_and_what_the_client_claims_does_not() {
        let user = UserId::new(Uuid::from_u128(7));
        let permissions = Arc::new(BTreeSet::from([Permission::OrdersRead, Permission::OrdersRefund]));
        let order = OrderId::new(Uuid::from_u128(8));
        for actor in [
            Actor::Anonymous,
            Actor::Customer { user },
            Actor::OrderHolder { order },
            Actor::Staff { user, permissions },
            Actor::service("gateway"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACTOR, HeaderValue::from_static("{\"service\":{\"name\":\"hanse\"}}"));
            headers.insert(PROOF, HeaderValue::from_static("\"recent\""));
            headers.insert(FROM, HeaderValue::from_static("198.51.100.7"));
            let address = std::net::IpAddr::from([203, 0, 113, 9]);
            for proof in [Proof::Former, Proof::Recent, Proof::Unenrolled, Proof::Key] {
                for from in [None, Some(address)] {
                    let mut ctx =
                        Ctx { proof, ..Ctx::new(actor.clone(), CorrelationId::parse("abc").unwrap()) };
                    ctx.from = from.map(Personal::guest);
                    let mut sent = headers.clone();
                    seal(&ctx, Timestamp::from_micros(0), &mut sent);
                    assert_eq!(sent.get_all(ACTOR).iter().count(), 1);
                    assert_eq!(opened(sent).await, (actor.clone(), proof, from.map(ClientAddress)));
                }
            }
        }
        assert_eq!(opened(HeaderMap::new()).await, (Actor::Anonymous, Proof::Former, None));
    }
}
