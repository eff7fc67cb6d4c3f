//! Calls a module's REST routes without a socket, as a given actor.

use axum::body::Body;
use hanse_kernel::{Actor, CorrelationId, Ctx, Effects, Locale, Proof};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use std::time::Duration;
use tower::ServiceExt;

#[derive(Clone)]
pub struct Client {
    router: axum::Router,
    effects: Effects,
    actor: Actor,
    proof: Proof,
    headers: HeaderMap,
    locale: Locale,
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: bytes::Bytes,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }
    /// Fails the test, with the body, unless the status is `expected`.
    #[track_caller]
    pub fn expect(self, expected: u16) -> Value {
        assert_eq!(self.status.as_u16(), expected, "{}", String::from_utf8_lossy(&self.bytes));
        self.json()
    }
    /// The `code` of a problem answer.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_string()
    }
}

impl Client {
    pub(crate) fn new(router: axum::Router, effects: Effects, actor: Actor) -> Self {
        let (headers, locale) = (HeaderMap::new(), Locale::default());
        Self { router, effects, actor, proof: Proof::Recent, headers, locale }
    }

    /// The same client with one more header on every call.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().expect("a header value"));
        self
    }

    /// How the actor has shown who they are; just now, unless said.
    #[must_use]
    pub fn proof(self, proof: Proof) -> Self {
        Self { proof, ..self }
    }

    #[must_use]
    pub fn locale(mut self, tag: &str) -> Self {
        self.locale = Locale::new(tag);
        self
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |b| Body::from(b.to_string()));
        self.call(request.body(body).expect("a request")).await
    }

    /// Any request: uploads, raw bodies.
    pub async fn call(&self, mut request: Request<Body>) -> Answer {
        for (name, value) in &self.headers {
            request.headers_mut().insert(name, value.clone());
        }
        let mut ctx = Ctx::new(self.actor.clone(), CorrelationId::new(self.effects.ids.uuid()));
        ctx.proof = self.proof;
        ctx.locale = self.locale.clone();
        ctx.deadline = Some(self.effects.now().plus(Duration::from_secs(15)));
        request.extensions_mut().insert(ctx);
        let response = self.router.clone().oneshot(request).await.expect("routers do not fail");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("the body ends").to_bytes();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }
}
