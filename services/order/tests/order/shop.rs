//! A running order service among programmed neighbours, with helpers that speak the trade's language.

use crate::neighbours::{Neighbours, Will, payment_news, stock_news};
use hanse_cart_contract::rpc as cart;
use hanse_inventory_contract::StockOutcome;
use hanse_kernel::{Actor, CartId, ItemId, OrderId, PaymentId, Permission, UserId, VariantId};
use hanse_order::{CaptureMode, MIGRATIONS, OrderConfig, module};
use hanse_payment_contract::{PaymentOutcome, PaymentProcessed};
use hanse_testkit::{Answer, Client, Engine, TestHost, TestModule, TestWorld};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

pub struct Shop {
    pub world: TestWorld,
    pub bench: TestHost,
    pub order: TestModule,
    pub others: Neighbours,
    _running: Vec<TestModule>,
}

pub fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

impl Shop {
    pub async fn open(engine: Engine) -> Self {
        Self::open_with(engine, CaptureMode::AtConfirmation).await
    }

    pub async fn open_with(engine: Engine, capture: CaptureMode) -> Self {
        let world = TestWorld::new();
        let bench = TestHost::with_effects(engine, world.effects());
        let others = Neighbours::default();
        let running = others.open(&bench).await;
        let host = bench.host("order", MIGRATIONS).await;
        let config = OrderConfig { capture, ..OrderConfig::new([7; 32]) };
        let order = bench.start(module(host, config).unwrap());
        Self { world, bench, order, others, _running: running }
    }

    /// A guest's cart of two lines, of two pieces and one, ready for checkout at version 3. Its total is 4090.
    pub fn cart(&self) -> CartId {
        self.cart_of(None)
    }

    pub fn cart_of(&self, customer: Option<UserId>) -> CartId {
        let id = CartId::random(&*self.bench.effects.rng);
        let line = |n: u128, quantity| cart::SnapshotLine {
            item_id: ItemId::new(Uuid::from_u128(n)).to_string(),
            variant_id: VariantId::new(Uuid::from_u128(100 + n)).to_string(),
            quantity,
            metadata: r#"{"gift":true}"#.into(),
        };
        let address = cart::Address {
            name: "Ana Lund".into(),
            line1: "Storgatan 1".into(),
            city: "Malmö".into(),
            postal_code: "211 34".into(),
            country: "SE".into(),
            ..Default::default()
        };
        let snapshot = cart::Snapshot {
            cart_id: id.to_string(),
            version: 3,
            currency: "EUR".into(),
            channel: "default".into(),
            email: "ana@example.org".into(),
            customer_id: customer.map(|c| c.to_string()).unwrap_or_default(),
            lines: vec![line(1, 2), line(2, 1)],
            shipping_address: Some(address),
            billing_address: None,
            shipping_method_id: hanse_kernel::ShippingMethodId::new(Uuid::from_u128(50)).to_string(),
            discount_codes: vec![],
            applied_orders: vec![],
            merged_carts: vec![],
            locale: "sv".into(),
            metadata: String::new(),
        };
        self.others.stage().carts.insert(id.to_string(), snapshot);
        id
    }

    pub fn change_cart(&self, id: CartId, change: impl FnOnce(&mut cart::Snapshot)) {
        change(self.others.stage().carts.get_mut(&id.to_string()).unwrap());
    }

    pub fn guest(&self) -> Client {
        self.order.client(Actor::Anonymous)
    }

    pub fn staff(&self) -> Client {
        self.clerk(&[
            Permission::OrdersRead,
            Permission::OrdersWrite,
            Permission::OrdersRefund,
            Permission::CustomersErase,
        ])
    }

    /// Somebody who looks after orders and gives no money back.
    pub fn support(&self) -> Client {
        self.clerk(&[Permission::OrdersRead, Permission::OrdersWrite])
    }

    fn clerk(&self, permissions: &[Permission]) -> Client {
        let permissions = Arc::new(permissions.iter().copied().collect());
        self.order.client(Actor::Staff { user: UserId::new(Uuid::from_u128(1)), permissions })
    }

    pub fn body(&self, cart: CartId, token: &str) -> Value {
        json!({
            "cart_id": cart, "cart_version": 3, "expected_total": {"amount": 4090, "currency": "EUR"},
            "payment": {"provider": "test", "token": token},
        })
    }

    pub async fn checkout_with(&self, key: &str, body: Value) -> Answer {
        self.guest().header("idempotency-key", key).post("/api/store/checkout", body).await
    }

    /// Checks out a fresh cart; the answer must have settled.
    pub async fn checkout(&self, token: &str) -> Placed {
        let cart = self.cart();
        let answer = self.checkout_with(&cart.to_string(), self.body(cart, token)).await;
        Placed::of(answer.expect(201), cart)
    }

    /// Checks out a fresh cart whose order does not settle within the wait.
    pub async fn checkout_pending(&self, token: &str) -> Placed {
        let cart = self.cart();
        let answer = self.passing(self.checkout_with(&cart.to_string(), self.body(cart, token))).await;
        Placed::of(answer.expect(202), cart)
    }

    /// Lets the request's wait pass by while it runs.
    pub async fn passing(&self, request: impl Future<Output = Answer>) -> Answer {
        let mut request = std::pin::pin!(request);
        for _ in 0..200 {
            let pause = tokio::time::sleep(Duration::from_millis(20));
            match futures::future::select(request.as_mut(), std::pin::pin!(pause)).await {
                futures::future::Either::Left((answer, _)) => return answer,
                futures::future::Either::Right(_) => self.world.advance(Duration::from_millis(550)),
            }
        }
        panic!("the request does not end")
    }

    pub async fn send_stock(&self, order: OrderId, outcome: StockOutcome) {
        self.bench.send("inventory", order, &stock_news(order, outcome)).await;
        self.bench.settle().await;
    }

    pub async fn send_payment(&self, payment: PaymentId, outcome: PaymentOutcome) {
        self.send_payment_with(payment, outcome, |_| {}).await;
    }

    pub async fn send_payment_with(
        &self,
        payment: PaymentId,
        outcome: PaymentOutcome,
        change: impl FnOnce(&mut PaymentProcessed),
    ) {
        let mut news = {
            let stage = self.others.stage();
            payment_news(payment, &stage.payments[&payment], outcome)
        };
        change(&mut news);
        self.bench.send("payment", payment, &news).await;
        self.bench.settle().await;
    }

    /// Lets time pass in steps until `holds`, at most ten minutes beyond `by`.
    pub async fn after(&self, by: Duration, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        self.world.advance(by);
        for _ in 0..600 {
            // Timers run beside the test: they have their time to act before the clock goes on, on a busy machine too.
            for _ in 0..10 {
                self.bench.settle().await;
                if holds().await {
                    return self.bench.settle().await;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            self.world.advance(Duration::from_millis(600));
        }
        panic!("in vain: {what}");
    }

    pub async fn show(&self, order: OrderId) -> Value {
        self.staff().get(&format!("/api/admin/orders/{order}")).await.expect(200)
    }

    pub async fn state(&self, order: OrderId) -> String {
        self.show(order).await["state"].as_str().unwrap().to_string()
    }

    pub async fn until_state(&self, order: OrderId, state: &str) {
        self.bench.until(state, async || self.state(order).await == state).await;
    }

    pub async fn staff_post(&self, order: OrderId, verb: &str, body: Value) -> Answer {
        let key = self.bench.effects.ids.uuid().to_string();
        let path = format!("/api/admin/orders/{order}/{verb}");
        self.staff().header("idempotency-key", &key).post(&path, body).await
    }

    pub fn holder(&self, placed: &Placed) -> Client {
        let key = self.bench.effects.ids.uuid().to_string();
        self.guest()
            .header("authorization", &format!("Order {}", placed.token))
            .header("idempotency-key", &key)
    }

    pub async fn cancel(&self, placed: &Placed) -> Answer {
        self.holder(placed).post(&format!("/api/store/orders/{}/cancel", placed.id), json!({})).await
    }

    pub async fn pay(&self, placed: &Placed, token: &str) -> Answer {
        let body = json!({"provider": "test", "token": token});
        self.holder(placed).post(&format!("/api/store/orders/{}/payments", placed.id), body).await
    }

    /// The types of the messages that order itself sent about the order, in order.
    pub fn sent(&self, order: OrderId) -> Vec<String> {
        let subject = order.to_string();
        let ours =
            |m: &hanse_testkit::Recorded| m.subject == subject && m.envelope.source == "/services/order";
        self.bench.published().into_iter().filter(ours).map(|m| m.kind).collect()
    }

    pub fn told(&self, order: OrderId, kind: &str) -> usize {
        self.sent(order).iter().filter(|sent| sent.contains(kind)).count()
    }

    pub fn set(&self, change: impl FnOnce(&mut crate::neighbours::Stage)) {
        change(&mut self.others.stage());
    }

    pub fn silent(&self, which: impl FnOnce(&mut crate::neighbours::Stage) -> &mut Will) {
        *which(&mut self.others.stage()) = Will::StaySilent;
    }
}

/// An order as checkout answered it.
#[derive(Debug, Clone)]
pub struct Placed {
    pub id: OrderId,
    pub cart: CartId,
    pub token: String,
    pub body: Value,
}

impl Placed {
    pub fn of(body: Value, cart: CartId) -> Self {
        Self {
            id: body["id"].as_str().unwrap().parse().unwrap(),
            cart,
            token: body["access_token"].as_str().unwrap().to_string(),
            body,
        }
    }
    pub fn status(&self) -> &str {
        self.body["status"].as_str().unwrap()
    }
    pub fn reason(&self) -> &str {
        self.body["reason"].as_str().unwrap_or("")
    }
    /// The payment of an attempt, as the neighbour opens it.
    pub fn payment(&self, attempt: u32) -> PaymentId {
        PaymentId::new(Uuid::from_u128(self.id.uuid().as_u128() ^ u128::from(attempt)))
    }
}

pub fn history(body: &Value) -> Vec<&str> {
    body["history"].as_array().unwrap().iter().map(|h| h["event"].as_str().unwrap()).collect()
}
