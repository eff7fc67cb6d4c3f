//! What the tests share: effects over tokio with a clock that the test moves, known tokens, and a short way to send.

use async_trait::async_trait;
use axum::body::Body;
use axum::response::Response;
use futures::future::BoxFuture;
use hanse_http::{AuthError, Authenticator, ContextLayer, Known};
use hanse_kernel::effects::{ManualClock, SeededRng};
use hanse_kernel::{Actor, Effects, Permission, Spawn, Timers, Timestamp, UserId};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tower::{Layer, Service, ServiceExt};
use uuid::Uuid;

pub struct RealTimers;
impl Timers for RealTimers {
    #[allow(clippy::disallowed_methods)]
    fn sleep(&self, for_: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(for_))
    }
}

pub struct RealSpawn;
impl Spawn for RealSpawn {
    #[allow(clippy::disallowed_methods)]
    fn spawn(&self, _: &'static str, task: BoxFuture<'static, ()>) {
        tokio::spawn(task);
    }
}

pub const NOON: &str = "2026-11-23T12:00:00Z";

pub fn clock() -> Arc<ManualClock> {
    ManualClock::at(NOON.parse::<Timestamp>().unwrap())
}

pub fn effects(clock: &Arc<ManualClock>) -> Effects {
    let real = hanse_kernel::system::effects(Arc::new(RealTimers), Arc::new(RealSpawn));
    Effects { clock: clock.clone(), rng: Arc::new(SeededRng::new(1)), ..real }
}

pub fn user(n: u128) -> UserId {
    UserId::new(Uuid::from_u128(n))
}

/// `customer`, `service`, `staff` (no permission), `staff:<permission>`; `down` cannot be judged.
pub struct KnownTokens;

#[async_trait]
impl Authenticator for KnownTokens {
    async fn authenticate(&self, token: &str) -> Result<Known, AuthError> {
        let staff = |permissions: &[Permission]| Actor::Staff {
            user: user(2),
            permissions: Arc::new(permissions.iter().copied().collect()),
        };
        match token {
            "customer" => Ok(Known::actor(Actor::Customer { user: user(1) })),
            "service" => Ok(Known::actor(Actor::service("order"))),
            "staff" => Ok(Known::actor(staff(&[]))),
            "down" => Err(AuthError::Unavailable("connection refused".into())),
            other => match other.strip_prefix("staff:").and_then(Permission::parse) {
                Some(permission) => Ok(Known::actor(staff(&[permission]))),
                None => Err(AuthError::Invalid("not known")),
            },
        }
    }
}

pub fn layer() -> ContextLayer {
    ContextLayer::new(effects(&clock()), Arc::new(KnownTokens))
}

pub type App = hanse_http::context::ContextService<axum::Router>;

pub fn app(router: axum::Router) -> App {
    layer().layer(router)
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub async fn of(response: Response) -> Self {
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Self { status: head.status, headers: head.headers, body }
    }
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|v| v.to_str().unwrap())
    }
    /// `(status, code)` of a problem, after checking that it is a whole one.
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let json = self.json();
        let code = json["code"].as_str().unwrap().to_string();
        assert_eq!(json["type"], format!("https://hanse.example/problems/{code}"));
        assert_eq!(json["status"], self.status.as_u16());
        assert!(json["title"].is_string());
        (self.status.as_u16(), code)
    }
    pub fn first_field(&self) -> (String, String) {
        let error = &self.json()["errors"][0];
        (error["field"].as_str().unwrap().into(), error["code"].as_str().unwrap().into())
    }
}

pub async fn send<S>(app: &S, request: Request<Body>) -> Answer
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone,
{
    let Ok(response) = app.clone().oneshot(request).await;
    Answer::of(response).await
}

pub fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

pub fn get_as(path: &str, authorization: &str) -> Request<Body> {
    Request::get(path).header("authorization", authorization).body(Body::empty()).unwrap()
}

pub fn post(path: &str, body: &str) -> Request<Body> {
    Request::post(path).header("content-type", "application/json").body(Body::from(body.to_string())).unwrap()
}
