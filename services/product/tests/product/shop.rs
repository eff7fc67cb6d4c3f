//! A shop with a real catalogue and neighbours that a test programs: they confirm, refuse, or leave it to the test.

use async_trait::async_trait;
use hanse_database::Tx;
use hanse_http::Routes;
use hanse_inventory_contract::{InventoryUpdated, SetStock, StockLevel, StockOutcome};
use hanse_kernel::{Actor, ChannelId, Currency, Locale, Permission, ProductId, UserId, VariantId};
use hanse_messaging::{Handle, HandlerError, Message, Outbox, Received};
use hanse_pricing_contract::{PricesChanged, PricesRefused, SetPrices, VariantPrice};
use hanse_product::{MIGRATIONS, ProductConfig};
use hanse_runtime::{Host, Module};
use hanse_testkit::{Answer, Client, Engine, TestHost, TestModule};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mood {
    Confirm,
    Refuse(String),
    /// The test answers by hand.
    Silent,
}

/// What a neighbour was asked, and how it answers.
pub struct Neighbour<M> {
    pub asked: Mutex<Vec<M>>,
    pub mood: Mutex<Mood>,
    version: AtomicI64,
    outbox: Outbox,
    /// What pricing has set, since it always tells all prices of a product.
    prices: Mutex<BTreeMap<(ProductId, ChannelId), BTreeMap<VariantId, VariantPrice>>>,
}

impl<M> Neighbour<M> {
    fn new(outbox: Outbox, mood: Mood) -> Arc<Self> {
        let (asked, mood) = (Mutex::default(), Mutex::new(mood));
        Arc::new(Self { asked, mood, version: AtomicI64::new(0), outbox, prices: Mutex::default() })
    }
    pub fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
    pub fn forget(&self) {
        self.asked.lock().unwrap().clear();
    }
    pub fn next_version(&self) -> i64 {
        self.version.fetch_add(1, Ordering::SeqCst) + 1
    }
}

impl<M: Clone> Neighbour<M> {
    pub fn asked(&self) -> Vec<M> {
        self.asked.lock().unwrap().clone()
    }
}

pub fn prices_of(command: &SetPrices, version: i64) -> PricesChanged {
    PricesChanged {
        product_id: command.product_id,
        channel: command.channel.clone(),
        key: Some(command.key.clone()),
        prices: command.prices.clone(),
        price_version: version,
    }
}

pub fn levels_of(command: &SetStock, version: i64) -> InventoryUpdated {
    InventoryUpdated {
        outcome: StockOutcome::Adjusted,
        order_id: None,
        key: Some(command.key.clone()),
        restock_id: None,
        reason: None,
        short: vec![],
        levels: command
            .levels
            .iter()
            .map(|target| StockLevel {
                variant_id: target.variant_id,
                available: target.on_hand.unwrap_or(0),
                policy: target.policy,
                level_version: version,
            })
            .collect(),
    }
}

struct Asked<M>(Arc<Neighbour<M>>);

#[async_trait]
impl Handle<SetPrices> for Asked<SetPrices> {
    async fn handle(&self, tx: &mut Tx, received: &Received<SetPrices>) -> Result<(), HandlerError> {
        let command = &received.message;
        let mood = self.0.mood.lock().unwrap().clone();
        match mood {
            Mood::Confirm => {
                let all = {
                    let mut books = self.0.prices.lock().unwrap();
                    let book = books.entry((command.product_id, command.channel.clone())).or_default();
                    book.extend(command.prices.iter().map(|price| (price.variant_id, price.clone())));
                    book.values().cloned().collect()
                };
                let told = PricesChanged { prices: all, ..prices_of(command, self.0.next_version()) };
                self.0.outbox.command(tx, &received.ctx, &command.product_id, &told).await?;
            }
            Mood::Refuse(reason) => {
                let told = PricesRefused { product_id: command.product_id, key: command.key.clone(), reason };
                self.0.outbox.command(tx, &received.ctx, &command.product_id, &told).await?;
            }
            Mood::Silent => {}
        }
        self.0.asked.lock().unwrap().push(command.clone());
        Ok(())
    }
}

#[async_trait]
impl Handle<SetStock> for Asked<SetStock> {
    async fn handle(&self, tx: &mut Tx, received: &Received<SetStock>) -> Result<(), HandlerError> {
        let command = &received.message;
        let mood = self.0.mood.lock().unwrap().clone();
        match mood {
            Mood::Confirm => {
                let told = levels_of(command, self.0.next_version());
                self.0.outbox.command(tx, &received.ctx, &command.key, &told).await?;
            }
            Mood::Refuse(reason) => {
                let told = InventoryUpdated { reason: Some(reason), levels: vec![], ..levels_of(command, 0) };
                self.0.outbox.command(tx, &received.ctx, &command.key, &told).await?;
            }
            Mood::Silent => {}
        }
        self.0.asked.lock().unwrap().push(command.clone());
        Ok(())
    }
}

pub struct Shop {
    pub world: TestHost,
    pub module: TestModule,
    pub staff: Client,
    pub shopper: Client,
    pub pricing: Arc<Neighbour<SetPrices>>,
    pub inventory: Arc<Neighbour<SetStock>>,
}

pub fn config() -> ProductConfig {
    ProductConfig {
        locales: vec![Locale::new("en"), Locale::new("de")],
        media: Some(Arc::new(|address: &str| {
            let svg = format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"800\" height=\"600\"><!-- {address} --></svg>"
            );
            address.ends_with(".svg").then(|| (svg.into_bytes(), "image/svg+xml".to_string()))
        })),
        ..ProductConfig::default()
    }
}

pub fn staff() -> Actor {
    let user = UserId::new(uuid::Uuid::from_u128(1));
    Actor::Staff { user, permissions: Arc::new(Permission::ALL.into_iter().collect()) }
}

fn neighbour_module(host: Host, consumers: hanse_messaging::Consumers) -> Module {
    let routes = Routes::new("neighbour").build();
    let (rpc, allow) = (tonic::service::Routes::default(), hanse_rpc::Allow::new(host.service, &[]));
    Module { host, routes, rpc, allow, consumers, workers: vec![] }
}

impl Shop {
    pub async fn open(engine: Engine) -> Self {
        Self::open_with(TestHost::new(engine), config(), true).await
    }

    pub async fn open_with(world: TestHost, config: ProductConfig, workers: bool) -> Self {
        let told = [PricesChanged::TYPE, PricesRefused::TYPE];
        let host = world.host("pricing", MIGRATIONS).await.sending(&told);
        let pricing = Neighbour::new(host.outbox.clone(), Mood::Confirm);
        let consumers = host.consumers().on::<SetPrices>("pricing.test", Asked(pricing.clone()));
        world.start(neighbour_module(host, consumers));
        let host = world.host("inventory", MIGRATIONS).await.sending(&[InventoryUpdated::TYPE]);
        let inventory = Neighbour::new(host.outbox.clone(), Mood::Confirm);
        let consumers = host.consumers().on::<SetStock>("inventory.test", Asked(inventory.clone()));
        world.start(neighbour_module(host, consumers));
        let host = world.host("product", MIGRATIONS).await;
        let module = hanse_product::module(host, config).unwrap();
        assert_eq!(module.routes.unguarded().await, Vec::<String>::new());
        let module = if workers { world.start(module) } else { world.start_idle(module) };
        let (staff, shopper) = (module.client(staff()), module.client(Actor::Anonymous));
        Self { world, module, staff, shopper, pricing, inventory }
    }

    pub async fn create(&self, body: Value) -> Value {
        self.staff.post("/api/admin/products", body).await.expect(201)
    }

    /// A published product with one variant.
    pub async fn simple(&self, title: &str, price: i64) -> Value {
        self.create(mug(title, price)).await
    }

    /// Waits until a list shows `total`; the answers kept in memory may be a moment behind.
    pub async fn listed(&self, path: &str, total: i64) -> Value {
        let mut last = Value::Null;
        self.world
            .until(&format!("{path} shows {total}"), async || {
                last = self.shopper.get(path).await.json();
                last["total"] == total
            })
            .await;
        last
    }

    /// Waits for the page of a product that `holds` says yes to.
    pub async fn page(&self, slug: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let path = format!("/api/store/products/{slug}");
        self.world
            .until(&format!("{path} shows it"), async || {
                last = self.shopper.get(&path).await.json();
                holds(&last)
            })
            .await;
        last
    }

    pub async fn upload(&self, fields: &[(&str, &str)], file: &[u8]) -> Answer {
        self.staff.call(multipart(fields, "products.csv", file)).await
    }

    /// Imports a file and waits for its report.
    pub async fn import(&self, fields: &[(&str, &str)], file: &[u8]) -> Value {
        let started = self.upload(fields, file).await.expect(202);
        assert_eq!(started["status"], "running");
        self.import_ends(started["id"].as_str().unwrap()).await
    }

    pub async fn import_ends(&self, id: &str) -> Value {
        let path = format!("/api/admin/imports/{id}");
        let mut report = Value::Null;
        self.world
            .until("the import ends", async || {
                report = self.staff.get(&path).await.expect(200);
                report["status"] != "running"
            })
            .await;
        report
    }
}

pub fn multipart(fields: &[(&str, &str)], name: &str, file: &[u8]) -> http::Request<axum::body::Body> {
    let boundary = "test-boundary";
    let mut body = vec![];
    for (field, value) in fields {
        let part =
            format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\ncontent-type: text/csv\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(file);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    http::Request::post("/api/admin/imports")
        .header("content-type", format!("multipart/form-data; boundary={boundary}"))
        .body(axum::body::Body::from(body))
        .unwrap()
}

pub fn eur(amount: i64) -> Value {
    json!({"amount": amount, "currency": Currency::EUR.code()})
}

/// A product without options.
pub fn mug(title: &str, price: i64) -> Value {
    json!({"title": title, "status": "published", "variants": [{"price": eur(price), "stock": 20}]})
}

/// Longer than any answer is kept.
pub async fn a_second() {
    tokio::time::sleep(Duration::from_millis(800)).await;
}
