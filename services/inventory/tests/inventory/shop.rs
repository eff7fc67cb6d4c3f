//! A running inventory with a few helpers that speak the trade's language.

use hanse_inventory::{InventoryConfig, MIGRATIONS, module};
use hanse_inventory_contract::{
    CommitStock, InventoryUpdated, ReleaseStock, RenewHold, ReserveStock, Restock, SetStock, StockLine,
    StockOutcome, StockPolicy, StockTarget,
};
use hanse_kernel::{
    Actor, ItemId, Money, OrderId, PaymentId, Permission, ShipmentId, Timestamp, UserId, VariantId,
};
use hanse_messaging::Message;
use hanse_order_contract::{OrderFulfilled, OrderLine, OrderPlaced};
use hanse_payment_contract::{PaymentOutcome, PaymentProcessed};
use hanse_rpc::audit::audit_client::AuditClient;
use hanse_rpc::audit::{ExamineReply, ExamineRequest};
use hanse_testkit::{Client, Engine, TestHost, TestModule, TestWorld};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

pub struct Shop {
    pub world: TestWorld,
    pub bench: TestHost,
    pub inventory: TestModule,
}

pub type Wanted<'a> = &'a [(VariantId, i64)];

pub fn stock_lines(lines: Wanted<'_>) -> Vec<StockLine> {
    lines
        .iter()
        .map(|(variant_id, quantity)| StockLine { variant_id: *variant_id, quantity: *quantity })
        .collect()
}

fn order_lines(lines: Wanted<'_>) -> Vec<OrderLine> {
    let item_id = ItemId::new(Uuid::from_u128(1));
    lines
        .iter()
        .map(|(variant_id, quantity)| OrderLine { item_id, variant_id: *variant_id, quantity: *quantity })
        .collect()
}

impl Shop {
    pub async fn open(engine: Engine) -> Self {
        let world = TestWorld::new();
        let bench = TestHost::with_effects(engine, world.effects());
        let host = bench.host("inventory", MIGRATIONS).await;
        let inventory = bench.start(module(host, InventoryConfig::default()).unwrap());
        Self { world, bench, inventory }
    }

    pub fn order(&self) -> OrderId {
        self.bench.effects.id()
    }

    /// A variant of which so many lie on the shelf.
    pub async fn variant(&self, on_hand: i64) -> VariantId {
        self.variant_with(on_hand, StockPolicy::Deny).await
    }

    pub async fn variant_with(&self, on_hand: i64, policy: StockPolicy) -> VariantId {
        let variant_id: VariantId = self.bench.effects.id();
        let sku = format!("SKU-{}", variant_id.uuid().simple());
        let target = StockTarget { variant_id, sku, on_hand: Some(on_hand), policy };
        self.send(
            "product",
            &SetStock { key: format!("first:{variant_id}"), levels: vec![target], asked: None },
        )
        .await;
        variant_id
    }

    pub async fn send<M: Message>(&self, from: &str, message: &M) {
        self.bench.send(from, "any", message).await;
        self.bench.settle().await;
    }

    pub fn placed(&self, order_id: OrderId, lines: Wanted<'_>) -> OrderPlaced {
        OrderPlaced {
            order_id,
            number: "H-1".into(),
            channel: Default::default(),
            customer_id: None,
            payment_id: None,
            total: Money::zero(hanse_kernel::Currency::EUR),
            lines: order_lines(lines),
            discount_codes: vec![],
            placed_at: self.world.now(),
        }
    }

    pub async fn place(&self, order: OrderId, lines: Wanted<'_>) {
        self.send("order", &self.placed(order, lines)).await;
    }
    pub async fn reserve(&self, order_id: OrderId, lines: Wanted<'_>) {
        self.send("order", &ReserveStock { order_id, lines: stock_lines(lines) }).await;
    }
    pub async fn renew(&self, order_id: OrderId, until: Timestamp) {
        self.send("order", &RenewHold { order_id, until }).await;
    }
    pub async fn commit(&self, order_id: OrderId, lines: Wanted<'_>) {
        self.send("order", &CommitStock { order_id, lines: stock_lines(lines) }).await;
    }
    pub async fn release(&self, order_id: OrderId) {
        self.send("order", &ReleaseStock { order_id }).await;
    }
    pub async fn restock(&self, order_id: OrderId, restock_id: Uuid, lines: Wanted<'_>) {
        self.send("order", &Restock { order_id, restock_id, lines: stock_lines(lines), returned: None })
            .await;
    }
    pub async fn ship(&self, order_id: OrderId, shipment_id: ShipmentId, lines: Wanted<'_>) {
        let shipment = OrderFulfilled {
            order_id,
            number: "H-1".into(),
            shipment_id,
            lines: order_lines(lines),
            complete: false,
            tracking: None,
        };
        self.send("order", &shipment).await;
    }
    pub async fn paid(&self, order_id: OrderId) {
        self.paid_without_waiting(order_id).await;
        self.bench.settle().await;
    }
    pub async fn paid_without_waiting(&self, order_id: OrderId) {
        self.bench.send("payment", "any", &Self::authorized(order_id)).await;
    }
    pub fn authorized(order_id: OrderId) -> PaymentProcessed {
        let zero = Money::zero(hanse_kernel::Currency::EUR);
        PaymentProcessed {
            payment_id: PaymentId::new(Uuid::from_u128(9)),
            order_id,
            attempt: 1,
            outcome: PaymentOutcome::Authorized,
            authorized: zero,
            captured: zero,
            refunded: zero,
            reason: None,
            next_action: None,
            refund_id: None,
            capture_id: None,
            renewal: 0,
        }
    }

    /// What the order has been told, in order.
    pub fn answers(&self, order: OrderId) -> Vec<StockOutcome> {
        self.events(order).into_iter().map(|e| e.outcome).collect()
    }
    pub fn events(&self, order: OrderId) -> Vec<InventoryUpdated> {
        let all = self.bench.published_of::<InventoryUpdated>();
        all.into_iter().filter(|e| e.order_id == Some(order)).collect()
    }
    #[track_caller]
    pub fn last(&self, order: OrderId) -> StockOutcome {
        *self.answers(order).last().expect("an answer")
    }

    pub fn staff(&self) -> Client {
        let permissions = [Permission::InventoryRead, Permission::InventoryWrite].into_iter().collect();
        let user = UserId::new(Uuid::from_u128(5));
        self.inventory.client(Actor::Staff { user, permissions: Arc::new(permissions) })
    }

    /// The counts of a variant at its main location: available, reserved, sold, out, backordered.
    pub async fn counts(&self, variant: VariantId) -> [i64; 5] {
        let sku = format!("SKU-{}", variant.uuid().simple());
        let page = self.staff().get(&format!("/api/admin/inventory?sku={sku}")).await.expect(200);
        let item = &page["items"][0];
        assert_eq!(item["variant_id"], variant.to_string());
        ["available", "reserved", "sold", "out", "backordered"].map(|name| item[name].as_i64().unwrap())
    }

    /// Lets time pass; what becomes due happens.
    pub async fn wait(&self, time: Duration) {
        self.world.advance(time);
        self.bench.settle().await;
    }

    /// Asks as the audit does; the facts, when nothing is wrong.
    pub async fn audit(&self) -> Vec<(String, Value)> {
        self.bench.settle().await;
        let mut client = AuditClient::new(self.bench.network_of("hanse").link("inventory"));
        let mut after = String::new();
        let mut facts = vec![];
        loop {
            let at_rest_since = self.world.now().plus(Duration::from_secs(1)).micros();
            let ExamineReply { breaches, facts: page, next } = client
                .examine(ExamineRequest { at_rest_since, after, ..Default::default() })
                .await
                .unwrap()
                .into_inner();
            assert!(breaches.is_empty(), "{breaches:?}");
            facts.extend(page.into_iter().map(|f| (f.subject, serde_json::from_str(&f.json).unwrap())));
            if next.is_empty() {
                return facts;
            }
            after = next;
        }
    }
}
