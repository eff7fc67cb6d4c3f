//! A request on its way from the gateway to the service whose route it is, in another process: who asks and in which
//! context, sealed into headers by the one and taken from them by the other. The connection proves that the other end is
//! the gateway; a service must not believe these headers from anybody else.

use super::seed::{CORRELATION, DEADLINE_HEADER, TRACEPARENT};
use super::{Authenticated, ClientAddress};
use axum::extract::Request;
use hanse_kernel::{Actor, Ctx, OrderId, Permission, Timestamp, UserId};
use http::header::ACCEPT_LANGUAGE;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service};

const ACTOR: HeaderName = HeaderName::from_static("x-hanse-actor");
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
        request.extensions_mut().insert(Authenticated(sealed.map_or(Actor::Anonymous, Sealed::open)));
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

    async fn opened(headers: HeaderMap) -> (Actor, Option<ClientAddress>) {
        let seen: Arc<std::sync::Mutex<Option<_>>> = Arc::default();
        let noted = seen.clone();
        let inner = tower::service_fn(move |request: Request| {
            let actor = request.extensions().get::<Authenticated>().map(|a| a.0.clone());
            let from = request.extensions().get::<ClientAddress>().copied();
            *noted.lock().unwrap() = actor.map(|actor| (actor, from));
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
            headers.insert(FROM, HeaderValue::from_static("198.51.100.7"));
            let mut ctx = Ctx::new(actor.clone(), CorrelationId::parse("abc").unwrap());
            let mut anywhere = headers.clone();
            seal(&ctx, Timestamp::from_micros(0), &mut anywhere);
            assert_eq!(anywhere.get_all(ACTOR).iter().count(), 1);
            assert_eq!(opened(anywhere).await, (actor.clone(), None));
            let address = std::net::IpAddr::from([203, 0, 113, 9]);
            ctx.from = Some(Personal::guest(address));
            seal(&ctx, Timestamp::from_micros(0), &mut headers);
            assert_eq!(opened(headers).await, (actor, Some(ClientAddress(address))));
        }
        assert_eq!(opened(HeaderMap::new()).await, (Actor::Anonymous, None));
    }
}
