//! The bank's webhooks on their way: late, doubled, overtaken, lost, and those that strangers make up.

use crate::bank::News;
use crate::services::PAYMENT;
use crate::weather::Fault;
use crate::world::World;
use axum::body::Body;
use hanse_kernel::{Actor, CorrelationId, Ctx};
use hanse_payment::{SIGNATURE, WebhookKey};
use http::Request;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;
use uuid::Uuid;

/// What the bank says, in its own words.
#[derive(Serialize, Deserialize)]
pub struct Told {
    pub event: String,
    pub about: Uuid,
}

/// How often the bank tries to tell one thing before it gives up.
const TRIES: u32 = 8;
/// So long it waits for thanks.
const PATIENCE: Duration = Duration::from_secs(10);
/// Older than payment takes.
const OVERHEARD: (Duration, Duration) = (Duration::from_secs(6 * 60), Duration::from_secs(20 * 60));

/// What the bank and the shop share.
pub fn key() -> WebhookKey {
    WebhookKey::new(b"what the bank and the shop share")
}

/// Sends what the bank has to tell.
pub fn send_out(world: &Arc<World>) {
    for news in world.bank.news() {
        if world.strikes(Fault::WebhookLost) {
            world.tell("the bank", format!("its webhook {} never leaves", news.event));
            continue;
        }
        let courier = world.clone();
        world.post.keep(true);
        world.spawn("webhook", async move {
            carry(&courier, &news).await;
            courier.post.keep(false);
        });
    }
}

async fn carry(world: &Arc<World>, news: &News) {
    if world.strikes(Fault::WebhookForged) {
        // Somebody guesses a key that the bank was asked under; what they sign with is not the bank's.
        let body = body(&format!("made-up-{}", news.event), news.about);
        let signature = WebhookKey::new(b"a guess").sign(world.now(), &body);
        stranger(world, &body, &signature, "made up").await;
    }
    let longest = if world.strikes(Fault::WebhookLate) { 60_000 } else { 300 };
    world.sleep(world.fate.millis(0, longest)).await;
    let times = if world.strikes(Fault::WebhookTwice) { 2 } else { 1 };
    let body = body(&format!("bank-{}", news.event), news.about);
    for time in 0..times {
        if !tell(world, news, &body).await {
            return;
        }
        world.count(if time == 0 { "webhook: is thanked for" } else { "webhook: is told again" });
        world.sleep(world.fate.millis(0, 20_000)).await;
    }
    if world.strikes(Fault::WebhookOverheard) {
        let signature = key().sign(world.now(), &body);
        world.sleep(world.fate.between(OVERHEARD.0, OVERHEARD.1)).await;
        stranger(world, &body, &signature, "overheard").await;
    }
}

fn body(event: &str, about: Uuid) -> Vec<u8> {
    serde_json::to_vec(&Told { event: event.into(), about }).unwrap_or_default()
}

/// Until somebody takes it, or the bank gives up.
async fn tell(world: &Arc<World>, news: &News, body: &[u8]) -> bool {
    for attempt in 0..TRIES {
        let status = send(world, body, &key().sign(world.now(), body)).await;
        match status {
            Some(204) => {
                world.tell("the bank", format!("tells by webhook {}: {}", news.event, news.what));
                return true;
            }
            // Payment is away, or its store is; or the answer was lost.
            None | Some(500..) => world.sleep(Duration::from_millis(400 << attempt)).await,
            Some(other) => {
                world.bank.object(format!("the bank's own webhook is refused with {other}"));
                return false;
            }
        }
    }
    world.count("webhook: the bank gives up");
    false
}

/// A call that is not the bank's; it has to be refused.
async fn stranger(world: &Arc<World>, body: &[u8], signature: &str, how: &str) {
    match send(world, body, signature).await {
        None | Some(500..) => {}
        Some(401) => world.count(&format!("webhook: {how}, and refused")),
        Some(other) => world.bank.object(format!("a webhook that was {how} is answered with {other}")),
    }
}

async fn send(world: &Arc<World>, body: &[u8], signature: &str) -> Option<u16> {
    let request = request(world, body, signature)?;
    let asked = world.clone();
    let answered = world.within(PAYMENT, "webhook", move |life| {
        Box::pin(async move {
            let response = match life.router.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            asked.may_crash(PAYMENT, Fault::CrashHeard).await;
            response.status().as_u16()
        })
    });
    world.effects().within(PATIENCE, answered).await.flatten()
}

fn request(world: &World, body: &[u8], signature: &str) -> Option<Request<Body>> {
    let effects = world.effects();
    let mut request = Request::post("/api/store/payments/webhooks/bank")
        .header(SIGNATURE, signature)
        .header("content-type", "application/json")
        .body(Body::from(body.to_vec()))
        .ok()?;
    let mut ctx = Ctx::new(Actor::Anonymous, CorrelationId::new(effects.ids.uuid()));
    ctx.deadline = Some(effects.now().plus(PATIENCE));
    request.extensions_mut().insert(ctx);
    Some(request)
}
