//! A provider from outside, with webhooks, whose answers a test decides on.

use async_trait::async_trait;
use axum::body::Body;
use axum::http::Request;
use hanse_kernel::{PaymentId, Timestamp};
use hanse_payment::{
    Authorisation, Call, Capabilities, Heard, Held, Movement, Notice, Outcome, Provider, SIGNATURE, Unread,
    WebhookKey,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;
use uuid::Uuid;

pub struct Bank {
    name: &'static str,
    /// What is answered to whoever asks, and how often that was.
    standing: Mutex<(Outcome, u32)>,
    /// The key that each payment was asked under.
    keys: Mutex<BTreeMap<PaymentId, Uuid>>,
    /// Whoever looks up a payment has the answer and waits here to be let out with it.
    pub gate: Option<Semaphore>,
}

pub fn approved() -> Outcome {
    Outcome::Approved { reference: "b-1".into() }
}

pub fn asks() -> Outcome {
    Outcome::Action { kind: "redirect".into(), url: "https://bank.example/1".into() }
}

pub fn key() -> WebhookKey {
    WebhookKey::new(b"between the bank and the shop")
}

impl Bank {
    pub fn new(name: &'static str, standing: Outcome) -> Self {
        Self { name, standing: Mutex::new((standing, 0)), keys: Mutex::default(), gate: None }
    }

    pub fn gated(mut self) -> Self {
        self.gate = Some(Semaphore::new(0));
        self
    }

    pub fn decides(&self, outcome: Outcome) {
        self.standing.lock().unwrap().0 = outcome;
    }

    /// How often it was asked.
    pub fn asked(&self) -> u32 {
        self.standing.lock().unwrap().1
    }

    pub fn key_of(&self, payment: PaymentId) -> Uuid {
        self.keys.lock().unwrap()[&payment]
    }

    fn answer(&self) -> Outcome {
        let mut standing = self.standing.lock().unwrap();
        standing.1 += 1;
        standing.0.clone()
    }
}

#[async_trait]
impl Provider for Bank {
    fn name(&self) -> &'static str {
        self.name
    }
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            multi_capture: false,
            partial_refund: true,
            capture_at_fulfilment: false,
            statements: false,
        }
    }
    async fn authorise(&self, wanted: &Authorisation) -> Outcome {
        self.keys.lock().unwrap().insert(wanted.payment, wanted.key);
        self.answer()
    }
    async fn renew(&self, _: &Movement) -> Outcome {
        self.answer()
    }
    async fn capture(&self, _: &Movement) -> Outcome {
        self.answer()
    }
    async fn void(&self, _: &Movement) -> Outcome {
        self.answer()
    }
    async fn refund(&self, _: &Movement) -> Outcome {
        self.answer()
    }
    async fn lookup(&self, _: PaymentId, _: Uuid) -> Outcome {
        let answer = self.answer();
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        answer
    }
    async fn statement(&self, _: Timestamp, _: Uuid, _: u32) -> Result<Vec<Held>, Unread> {
        Err(Unread("this bank sends none".into()))
    }
    fn hear(&self, call: &Call<'_>) -> Heard {
        if let Err(why) = key().check((call.header)(SIGNATURE).as_deref(), call.body, call.now) {
            return Heard::Forged { why };
        }
        match std::str::from_utf8(call.body).ok().and_then(|text| text.split_once(' ')) {
            Some((_, "elsewhere")) => Heard::OfNoConcern,
            Some((event, about)) => match about.parse() {
                Ok(about) => Heard::Notice(Notice { event: event.into(), about }),
                Err(_) => Heard::Unreadable { why: "it names nothing".into() },
            },
            None => Heard::Unreadable { why: "it has no event".into() },
        }
    }
}

/// A webhook as it comes in.
pub fn webhook(provider: &str, body: &str, signature: Option<String>) -> Request<Body> {
    let mut request = Request::post(format!("/api/store/payments/webhooks/{provider}"));
    if let Some(signature) = signature {
        request = request.header(SIGNATURE, signature);
    }
    request.body(Body::from(body.to_string())).unwrap()
}

/// A webhook that the bank signs now.
pub fn signed(body: &str, now: Timestamp) -> Request<Body> {
    webhook("bank", body, Some(key().sign(now, body.as_bytes())))
}

pub fn shared(bank: Bank) -> (Arc<Bank>, Vec<Arc<dyn Provider>>) {
    let bank = Arc::new(bank);
    (bank.clone(), vec![bank])
}
