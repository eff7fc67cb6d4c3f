//! How questions between services, and requests of people, come to a process and back.

use crate::services;
use crate::truth::Truth;
use crate::weather::Fault;
use crate::world::World;
use axum::body::Body;
use hanse_kernel::{Actor, CorrelationId, Ctx};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::BodyExt;
use serde_json::Value;
use std::convert::Infallible;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tonic::Status;
use tower::ServiceExt;

/// What stands on the switchboard in the place of a service's own servers: the wire to whichever process is there.
pub fn behind_the_wire(world: Weak<World>, service: usize) -> axum::Router {
    axum::Router::new().fallback_service(tower::service_fn(move |request: Request<Body>| {
        let world = world.clone();
        async move {
            let response = match world.upgrade() {
                Some(world) => asked(&world, service, request).await,
                None => gone("the world has ended"),
            };
            Ok::<_, Infallible>(response)
        }
    }))
}

fn gone(why: &str) -> Response<Body> {
    Status::unavailable(why.to_string()).into_http()
}

/// Longer than anybody waits.
const FOR_EVER: Duration = Duration::from_secs(60);

async fn asked(world: &Arc<World>, service: usize, request: Request<Body>) -> Response<Body> {
    if world.strikes(Fault::QuestionLost) {
        world.sleep(FOR_EVER).await;
        return gone("nobody answered");
    }
    if world.strikes(Fault::QuestionSlow) {
        world.sleep(world.fate.millis(10, 4_000)).await;
    }
    let asked = world.clone();
    let answered = world.within(service, "rpc", move |life| {
        Box::pin(async move {
            let response = match life.rpc.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            // The whole answer is made by the process that answers.
            let (parts, body) = response.into_parts();
            let body = body.collect().await;
            asked.may_crash(service, Fault::CrashAsked).await;
            body.map(|body| Response::from_parts(parts, Body::new(body)))
        })
    });
    let answer = answered.await;
    if world.strikes(Fault::AnswerLost) {
        world.sleep(FOR_EVER).await;
    }
    match answer {
        Some(Ok(response)) => response,
        Some(Err(error)) => gone(&error.to_string()),
        None => gone(&format!("{} is not running", services::NAMES[service])),
    }
}

/// Somebody at a browser, or a member of the staff.
#[derive(Clone)]
pub struct Person {
    pub world: Arc<World>,
    pub name: String,
    pub actor: Actor,
}

/// A request, which can be made again.
#[derive(Clone)]
pub struct Wanted {
    pub service: usize,
    pub method: Method,
    pub path: String,
    pub key: Option<String>,
    /// Of an order.
    pub token: Option<String>,
    pub body: Option<Value>,
}

impl Wanted {
    pub fn get(service: usize, path: String) -> Self {
        Self { service, method: Method::GET, path, key: None, token: None, body: None }
    }
    pub fn post(service: usize, path: String, key: String, body: Value) -> Self {
        Self { service, method: Method::POST, path, key: Some(key), token: None, body: Some(body) }
    }
    pub fn patch(service: usize, path: String, body: Value) -> Self {
        Self { service, method: Method::PATCH, path, key: None, token: None, body: Some(body) }
    }
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_string());
        self
    }
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub bytes: Vec<u8>,
    pub body: Value,
}

impl Answer {
    pub fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_default().to_string()
    }
    pub fn is_fine(&self) -> bool {
        self.status < 400
    }
    /// Status, and of a refusal why.
    pub fn told(&self) -> String {
        match self.body["code"].as_str() {
            Some(code) => format!("{} {code}", self.status),
            None => self.status.to_string(),
        }
    }
}

/// So long does a browser wait.
const PATIENCE: Duration = Duration::from_secs(15);

impl Person {
    pub fn tell(&self, what: impl Into<String>) {
        self.world.tell(self.name.clone(), what);
    }

    /// One try; None when no answer came.
    pub async fn ask(&self, wanted: &Wanted) -> Option<Answer> {
        let world = &self.world;
        let asking = self.ask_patiently(wanted);
        let answer = world.effects().within(PATIENCE, asking).await.flatten();
        if answer.is_some() && world.strikes(Fault::ReplyLost) { None } else { answer }
    }

    async fn ask_patiently(&self, wanted: &Wanted) -> Option<Answer> {
        let world = &self.world;
        if world.strikes(Fault::RequestLost) {
            world.sleep(FOR_EVER).await;
        }
        let request = self.request(wanted)?;
        let answered = world.within(wanted.service, "request", move |life| {
            Box::pin(async move {
                let response = match life.router.clone().oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                };
                let (parts, body) = response.into_parts();
                let bytes = body.collect().await.ok()?.to_bytes().to_vec();
                let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
                Some(Answer { status: parts.status.as_u16(), bytes, body })
            })
        });
        answered.await.flatten()
    }

    fn request(&self, wanted: &Wanted) -> Option<Request<Body>> {
        let effects = self.world.effects();
        let mut headers = HeaderMap::new();
        if let Some(key) = &wanted.key {
            headers.insert("idempotency-key", key.parse().ok()?);
        }
        if let Some(token) = &wanted.token {
            headers.insert("authorization", format!("Order {token}").parse().ok()?);
        }
        if wanted.body.is_some() {
            headers.insert("content-type", "application/json".parse().ok()?);
        }
        let body = wanted.body.as_ref().map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let mut request =
            Request::builder().method(wanted.method.clone()).uri(&wanted.path).body(body).ok()?;
        *request.headers_mut() = headers;
        let mut ctx = Ctx::new(self.actor.clone(), CorrelationId::new(effects.ids.uuid()));
        // Whoever works here shows who they are as often as they are asked.
        ctx.proof = hanse_kernel::Proof::Recent;
        ctx.deadline = Some(effects.now().plus(PATIENCE));
        request.extensions_mut().insert(ctx);
        Some(request)
    }

    /// By a double click: the same request under the same key twice at once. What it does it does once, so both are answered
    /// alike, byte for byte.
    pub async fn insist_twice(&self, wanted: &Wanted, tries: u32, truth: &Truth) -> Option<Answer> {
        self.world.count(&format!("double click: {}", wanted.path.rsplit('/').next().unwrap_or_default()));
        let second = async {
            self.world.sleep(self.world.fate.millis(0, 400)).await;
            self.insist(wanted, tries).await
        };
        let (one, other) = futures::future::join(self.insist(wanted, tries), second).await;
        if let (Some(one), Some(other)) = (&one, &other)
            && (one.is_fine() && other.is_fine())
            && (one.status, &one.bytes) != (other.status, &other.bytes)
        {
            let detail = format!("{} was answered differently to a double click", wanted.path);
            let key = wanted.key.clone().unwrap_or_default();
            truth.facts().objections.push((21, key, detail));
        }
        one.filter(Answer::is_fine).or(other)
    }

    /// Tries again, with the same key, until there is an answer that means something; None when patience ends.
    pub async fn insist(&self, wanted: &Wanted, tries: u32) -> Option<Answer> {
        for _ in 0..tries {
            if let Some(answer) = self.ask(wanted).await {
                let passing = answer.status >= 500
                    || answer.status == 429
                    || matches!(answer.body["code"].as_str(), Some("idempotency_in_flight"));
                if !passing {
                    if !answer.is_fine() {
                        let (method, path) = (&wanted.method, &wanted.path);
                        self.world.count(&format!("refused: {}", answer.told()));
                        self.tell(format!(
                            "is refused {method} {path}: {} {}",
                            answer.told(),
                            answer.text("detail")
                        ));
                    }
                    return Some(answer);
                }
            }
            self.world.sleep(self.world.fate.millis(200, 4_000)).await;
        }
        None
    }
}
