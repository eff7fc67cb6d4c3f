//! Opens the services and speaks for a shopper and for the staff.

use hanse_kernel::{Actor, Permission, UserId, VariantId};
use hanse_order::{CaptureMode, OrderConfig};
use hanse_payment::PaymentConfig;
use hanse_rpc::audit::ExamineRequest;
use hanse_rpc::audit::audit_client::AuditClient;
use hanse_testkit::{Answer, Carrier, Client, Engine, TestHost, TestModule, TestWorld};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub fn days(n: u64) -> Duration {
    seconds(n * 24 * 3600)
}

/// What the services stand on: an engine for their stores, a carrier for their messages.
pub type Shape = (Engine, Carrier);

/// As `hanse up` runs, on servers, and the two halves apart.
pub const SHAPES: [Shape; 3] = [
    (Engine::Sqlite, Carrier::InProcess),
    (Engine::Postgres, Carrier::InProcess),
    (Engine::Postgres, Carrier::RabbitMq),
];

pub struct League {
    pub world: TestWorld,
    pub bench: TestHost,
    product: TestModule,
    inventory: TestModule,
    _pricing: TestModule,
    cart: TestModule,
    order: TestModule,
    payment: TestModule,
}

/// An order as its shopper has it.
pub struct Placed {
    pub id: String,
    /// As checkout answered it.
    pub body: Value,
}

impl League {
    /// All services on fresh stores; the money of orders is taken as told.
    pub async fn open((engine, carrier): Shape, capture: CaptureMode) -> Self {
        let world = TestWorld::new();
        let bench = TestHost::on(engine, carrier, world.effects());
        let host = bench.host("product", hanse_product::MIGRATIONS).await;
        let product = bench.start(hanse_product::module(host, Default::default()).unwrap());
        let host = bench.host("inventory", hanse_inventory::MIGRATIONS).await;
        let inventory = bench.start(hanse_inventory::module(host, Default::default()).unwrap());
        let host = bench.host("pricing", hanse_pricing::MIGRATIONS).await;
        let _pricing = bench.start(hanse_pricing::module(host, Default::default()).unwrap());
        let host = bench.host("cart", hanse_cart::MIGRATIONS).await;
        let cart = bench.start(hanse_cart::module(host, Default::default()).unwrap());
        let host = bench.host("order", hanse_order::MIGRATIONS).await;
        let config = OrderConfig { capture, ..OrderConfig::new([7; 32]) };
        let order = bench.start(hanse_order::module(host, config).unwrap());
        let host = bench.host("payment", hanse_payment::MIGRATIONS).await;
        let payment = bench.start(hanse_payment::module(host, PaymentConfig::new([8; 32])).unwrap());
        Self { world, bench, product, inventory, _pricing, cart, order, payment }
    }

    fn staff(&self, of: &TestModule) -> Client {
        let permissions = Arc::new(Permission::ALL.into_iter().collect());
        let client = of.client(Actor::Staff { user: UserId::new(Uuid::from_u128(1)), permissions });
        client.header("idempotency-key", &self.bench.effects.ids.uuid().to_string())
    }

    fn guest(&self, of: &TestModule) -> Client {
        of.client(Actor::Anonymous).header("idempotency-key", &self.bench.effects.ids.uuid().to_string())
    }

    /// Puts a product on sale at a price in cents, so many of it on the shelf. Its variant.
    pub async fn sell(&self, title: &str, cents: i64, stock: i64) -> VariantId {
        let body = json!({
            "title": title, "status": "published",
            "variants": [{"sku": title, "price": {"amount": cents, "currency": "EUR"}, "stock": stock}],
        });
        let made = self.staff(&self.product).post("/api/admin/products", body).await.expect(201);
        let slug = made["slug"].as_str().expect("a slug");
        let path = format!("/api/store/products/{slug}");
        self.passing(&format!("{title} to be on sale"), async || {
            let shown = self.product.client(Actor::Anonymous).get(&path).await;
            shown.status.as_u16() == 200 && shown.json()["variants"][0]["price"].is_object()
        })
        .await;
        made["variants"][0]["id"].as_str().expect("an id").parse().expect("a variant's id")
    }

    /// A guest's cart, filled and ready to be paid.
    pub async fn fill(&self, goods: &[(VariantId, i64)]) -> Value {
        let made = self.guest(&self.cart).post("/api/store/carts", json!({})).await.expect(201);
        let path = format!("/api/store/carts/{}", made["id"].as_str().expect("an id"));
        for (variant, quantity) in goods {
            let body = json!({"variant_id": variant, "quantity": quantity});
            self.guest(&self.cart).post(&format!("{path}/items"), body).await.expect(200);
        }
        let address = json!({"name": "Ana Lund", "line1": "Storgatan 1", "city": "Malmö", "postal_code": "211 34",
            "country": "SE"});
        let body = json!({"email": "ana@example.org", "shipping_address": address});
        self.guest(&self.cart).patch(&path, body).await.expect(200);
        let methods = self.guest(&self.cart).get(&format!("{path}/shipping-methods")).await.expect(200);
        let body = json!({"shipping_method_id": methods["items"][0]["id"]});
        self.guest(&self.cart).patch(&path, body).await.expect(200)
    }

    /// Buys it with a token of the test provider; the order is confirmed.
    pub async fn buy(&self, goods: &[(VariantId, i64)], token: &str) -> Placed {
        let cart = self.fill(goods).await;
        let body = json!({
            "cart_id": cart["id"], "cart_version": cart["version"], "expected_total": cart["totals"]["total"],
            "payment": {"provider": "test", "token": token},
        });
        let asked = self.guest(&self.order).post("/api/store/checkout", body).await;
        assert!(matches!(asked.status.as_u16(), 201 | 202), "checkout answered {}", asked.json());
        let id = asked.json()["id"].as_str().expect("an id").to_string();
        self.passing("the order to be confirmed", async || self.show(&id).await["status"] == "confirmed")
            .await;
        Placed { body: self.show(&id).await, id }
    }

    /// The order as staff see it.
    pub async fn show(&self, order: &str) -> Value {
        self.staff(&self.order).get(&format!("/api/admin/orders/{order}")).await.expect(200)
    }

    pub async fn staff_post(&self, placed: &Placed, verb: &str, body: Value) -> Answer {
        self.staff(&self.order).post(&format!("/api/admin/orders/{}/{verb}", placed.id), body).await
    }

    /// Sends pieces of the order's lines, by their place.
    pub async fn send(&self, placed: &Placed, pieces: &[(usize, i64)]) -> Answer {
        let item = |(n, quantity): &(usize, i64)| json!({"item_id": placed.body["items"][n]["id"], "quantity": quantity});
        let items: Vec<Value> = pieces.iter().map(item).collect();
        self.staff_post(placed, "fulfil", json!({"items": items})).await
    }

    /// The order's only payment as staff see it.
    pub async fn payment(&self, placed: &Placed) -> Value {
        let path = format!("/api/admin/payments?order_id={}", placed.id);
        self.staff(&self.payment).get(&path).await.expect(200)["items"][0].clone()
    }

    /// The shelf of a product.
    pub async fn shelf(&self, sku: &str) -> Value {
        let path = format!("/api/admin/inventory?sku={sku}");
        self.staff(&self.inventory).get(&path).await.expect(200)["items"][0].clone()
    }

    /// Waits while time passes, at most twenty minutes of it.
    pub async fn passing(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        for _ in 0..1200 {
            // Timers and messages have their time to act before the clock goes on, on a busy machine too: what is asked with a deadline
            // of seconds would else be in vain.
            for _ in 0..3 {
                self.bench.settle().await;
                if holds().await {
                    return self.bench.settle().await;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            self.world.advance(seconds(1));
        }
        panic!("in vain: {what}");
    }

    /// Lets time pass at once, then waits.
    pub async fn after(&self, by: Duration, what: &str, holds: impl AsyncFnMut() -> bool) {
        self.bench.settle().await;
        self.world.advance(by);
        self.passing(what, holds).await;
    }

    /// No service finds anything wrong with itself.
    pub async fn audit(&self) {
        self.bench.settle().await;
        let since = self.world.now().plus(seconds(1)).micros();
        for service in ["product", "inventory", "pricing", "cart", "order", "payment"] {
            let mut client = AuditClient::new(self.bench.network_of("hanse").link(service));
            let mut after = String::new();
            loop {
                let question = ExamineRequest { at_rest_since: since, after, ..Default::default() };
                let page = client.examine(question).await.expect("an answer").into_inner();
                assert!(page.breaches.is_empty(), "{service}: {:?}", page.breaches);
                if page.next.is_empty() {
                    break;
                }
                after = page.next;
            }
        }
    }
}
