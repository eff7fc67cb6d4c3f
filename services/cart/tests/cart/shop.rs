//! The real module among a fake product, pricing and inventory, in a world whose time the test moves.

use hanse_cart::CartConfig;
use hanse_cart_contract::rpc::carts_client::CartsClient;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Engine};
use hanse_inventory_contract::rpc::stock_server::{Stock, StockServer};
use hanse_inventory_contract::rpc::{GetLevelsReply, GetLevelsRequest, Level};
use hanse_kernel::{Actor, UserId, VariantId};
use hanse_messaging::Message;
use hanse_pricing_contract::rpc as pricing;
use hanse_pricing_contract::rpc::pricing_server::{Pricing, PricingServer};
use hanse_product_contract::rpc::catalogue_server::{Catalogue, CatalogueServer};
use hanse_product_contract::rpc::{GetVariantsReply, GetVariantsRequest, Variant};
use hanse_redis::{Redis, RedisConfig};
use hanse_rpc::Link;
use hanse_testkit::{Client, RedisPlace, TestHost, TestModule, TestWorld};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tonic::{Request, Response, Status};
use uuid::Uuid;

pub const STANDARD: &str = "ship_0192a000000070008000000000000003";

/// What the neighbours know, and which of them are away.
#[derive(Default)]
pub struct Known {
    pub titles: BTreeMap<String, String>,
    pub unpublished: Vec<String>,
    pub prices: BTreeMap<String, i64>,
    /// Available pieces and policy.
    pub levels: BTreeMap<String, (i64, &'static str)>,
    pub product_away: bool,
    pub pricing_away: bool,
    pub inventory_away: bool,
    pub questions_to_product: usize,
}

#[derive(Clone, Default)]
pub struct Neighbours(Arc<Mutex<Known>>);

impl Neighbours {
    pub fn now(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap()
    }
}

fn away(is: bool) -> Result<(), Status> {
    if is { Err(Status::unavailable("away")) } else { Ok(()) }
}

#[tonic::async_trait]
impl Catalogue for Neighbours {
    async fn get_variants(
        &self,
        request: Request<GetVariantsRequest>,
    ) -> Result<Response<GetVariantsReply>, Status> {
        let locale = hanse_rpc::ctx_of(&request, &*hanse_testkit::effects().clock).locale;
        let mut known = self.now();
        away(known.product_away)?;
        known.questions_to_product += 1;
        let variant = |id: &String| {
            let n = id.parse::<VariantId>().ok()?.uuid().as_u128();
            let title = known.titles.get(id)?;
            Some(Variant {
                variant_id: id.clone(),
                product_id: product(n / 10).to_string(),
                product_slug: "enamel-mug".into(),
                title: if locale.as_str() == "de" { format!("{title} (de)") } else { title.clone() },
                variant_title: "Green / S".into(),
                sku: format!("MUG-{n}"),
                image_url: "/media/ab12.svg".into(),
                published: !known.unpublished.contains(id),
                weight_grams: 300,
                tax_class: "standard".into(),
                requires_shipping: true,
            })
        };
        let variants = request.get_ref().variant_ids.iter().filter_map(variant).collect();
        Ok(Response::new(GetVariantsReply { variants }))
    }
}

#[tonic::async_trait]
impl Stock for Neighbours {
    async fn get_levels(
        &self,
        request: Request<GetLevelsRequest>,
    ) -> Result<Response<GetLevelsReply>, Status> {
        let known = self.now();
        away(known.inventory_away)?;
        let level = |id: &String| {
            let (available, policy) = known.levels.get(id)?;
            Some(Level {
                variant_id: id.clone(),
                available: *available,
                policy: (*policy).into(),
                level_version: 1,
            })
        };
        let levels = request.get_ref().variant_ids.iter().filter_map(level).collect();
        Ok(Response::new(GetLevelsReply { levels }))
    }
}

/// Ten per cent off with WELCOME, 4.90 by Standard, 25 % tax inside, like the example of the API.
#[tonic::async_trait]
impl Pricing for Neighbours {
    async fn quote(
        &self,
        request: Request<pricing::QuoteRequest>,
    ) -> Result<Response<pricing::QuoteReply>, Status> {
        let known = self.now();
        away(known.pricing_away)?;
        let q = request.into_inner();
        let mut reply = pricing::QuoteReply { tax_included: true, ..Default::default() };
        let mut problem = |code: &str, reference: &str| {
            let message = format!("{code} of the fake");
            reply.problems.push(pricing::Problem { code: code.into(), message, r#ref: reference.into() });
        };
        for line in &q.lines {
            let unit = known.prices.get(&line.variant_id).copied();
            if unit.is_none() {
                problem("no_price", &line.r#ref);
            }
            let total = unit.unwrap_or(0) * line.quantity;
            reply.items += total;
            reply.lines.push(pricing::QuotedLine {
                r#ref: line.r#ref.clone(),
                unit_price: unit.unwrap_or(0),
                total,
                tax_rate: 2500,
                ..Default::default()
            });
        }
        for code in &q.discount_codes {
            match code.as_str() {
                "WELCOME" => {
                    reply.discount = reply.items / 10;
                    reply.explain.push(pricing::Explain {
                        rule: format!("discount:{code}"),
                        text: "10 % off items".into(),
                        amount: -reply.discount,
                    });
                }
                "BIG" => problem("discount_minimum_not_met", code),
                _ => problem("unknown_discount_code", code),
            }
        }
        match q.shipping_method_id.as_str() {
            "" => problem("shipping_method_missing", ""),
            STANDARD => reply.shipping = 490,
            _ => problem("unknown_shipping_method", ""),
        }
        if q.country == "US" {
            problem("country_not_served", "");
        }
        reply.total = reply.items - reply.discount + reply.shipping;
        reply.tax = (reply.total * 2500 + 6250) / 12_500;
        Ok(Response::new(reply))
    }
    async fn list_shipping_methods(
        &self,
        _: Request<pricing::QuoteRequest>,
    ) -> Result<Response<pricing::ShippingMethods>, Status> {
        away(self.now().pricing_away)?;
        let method = pricing::ShippingMethod {
            id: STANDARD.into(),
            title: "Standard".into(),
            price: 490,
            estimate: "2–4 days".into(),
        };
        Ok(Response::new(pricing::ShippingMethods { methods: vec![method] }))
    }
    async fn hold_discount(
        &self,
        _: Request<pricing::HoldDiscountRequest>,
    ) -> Result<Response<pricing::HoldDiscountReply>, Status> {
        Err(Status::unimplemented("carts hold nothing"))
    }
    async fn get_prices(
        &self,
        _: Request<pricing::GetPricesRequest>,
    ) -> Result<Response<pricing::GetPricesReply>, Status> {
        Err(Status::unimplemented("carts ask for quotes"))
    }
    async fn get_channel(
        &self,
        _: Request<pricing::GetChannelRequest>,
    ) -> Result<Response<pricing::Channel>, Status> {
        away(self.now().pricing_away)?;
        Ok(Response::new(pricing::Channel {
            id: "default".into(),
            currency: "EUR".into(),
            tax_included: true,
            ..Default::default()
        }))
    }
}

pub struct Shop {
    pub world: TestWorld,
    pub host: TestHost,
    pub module: TestModule,
    pub neighbours: Neighbours,
    /// Where carts are kept, if not in the database.
    pub redis: Option<Redis>,
}

pub fn variant(n: u128) -> VariantId {
    VariantId::new(Uuid::from_u128(n))
}
pub fn product(n: u128) -> hanse_kernel::ProductId {
    hanse_kernel::ProductId::new(Uuid::from_u128(n))
}
pub fn user(n: u128) -> UserId {
    UserId::new(Uuid::from_u128(n))
}
pub fn customer(n: u128) -> Actor {
    Actor::Customer { user: user(n) }
}
pub fn id(cart: &Value) -> &str {
    cart["id"].as_str().unwrap()
}

/// Runs the story once on each engine and once with carts in Redis, in a shop that sells variants 10 to 13 at 12.00, 12
/// of each.
pub async fn on_both_engines<F, Fut>(story: F)
where
    F: Fn(Shop) -> Fut,
    Fut: Future<Output = ()>,
{
    for engine in [Engine::Sqlite, Engine::Postgres] {
        story(open(engine, None).await).await;
    }
    let RedisPlace { url, prefix } = hanse_testkit::redis_place();
    story(open(Engine::Postgres, Some(RedisConfig { prefix, ..RedisConfig::new(url) })).await).await;
}

pub async fn open(engine: Engine, redis: Option<RedisConfig>) -> Shop {
    let world = TestWorld::new();
    let host = TestHost::with_effects(engine, world.effects());
    let neighbours = Neighbours::default();
    for n in 10..14 {
        let id = variant(n).to_string();
        let mut known = neighbours.now();
        known.titles.insert(id.clone(), "Enamel mug".into());
        known.prices.insert(id.clone(), 1200);
        known.levels.insert(id, (12, "deny"));
    }
    host.fake("product", tonic::service::Routes::new(CatalogueServer::new(neighbours.clone())));
    host.fake("inventory", tonic::service::Routes::new(StockServer::new(neighbours.clone())));
    host.fake("pricing", tonic::service::Routes::new(PricingServer::new(neighbours.clone())));
    let own = host.host("cart", hanse_cart::MIGRATIONS).await;
    // The time of Redis is real.
    let redis = redis.map(|config| Redis::new(config, hanse_testkit::effects()).expect("an address"));
    let config = CartConfig { redis: redis.clone(), ..CartConfig::default() };
    let module = host.start(hanse_cart::module(own, config).expect("carts start"));
    Shop { world, host, module, neighbours, redis }
}

impl Shop {
    pub fn guest(&self) -> Client {
        self.module.client(Actor::Anonymous)
    }
    pub fn customer(&self, n: u128) -> Client {
        self.module.client(customer(n))
    }
    /// Sends a message, and waits until all that it does to carts is done.
    pub async fn send<M: Message>(&self, from: &str, subject: impl ToString, message: &M) {
        self.host.send(from, subject, message).await;
        self.host.until("carts have followed", async || self.waiting().await == 0).await;
    }

    /// How much is written down to be done to carts that are kept elsewhere.
    pub async fn waiting(&self) -> i64 {
        let sql = "select (select count(*) from cart_orders_to_take_out)
                        + (select count(*) from cart_customers_to_forget)
                        + (select count(*) from cart_guests_to_forget)";
        let counted = self.module.host.db.read((), move |tx, ()| {
            Box::pin(async move {
                let count = tx.query_opt(sql, &[], |r| r.get(0)).await?;
                Ok::<i64, DbError>(count.unwrap_or(0))
            })
        });
        counted.await.unwrap()
    }

    pub fn carts(&self) -> CartsClient<Link> {
        CartsClient::new(self.host.network_of("order").link("cart"))
    }

    /// A new cart of that shopper with these lines.
    pub async fn cart(&self, shopper: &Client, lines: &[(u128, i64)]) -> Value {
        let mut cart = shopper.post("/api/store/carts", json!({})).await.expect(201);
        for (n, quantity) in lines {
            cart = self.add(shopper, &cart, *n, *quantity).await.expect(200);
        }
        cart
    }

    pub async fn add(&self, shopper: &Client, cart: &Value, n: u128, quantity: i64) -> hanse_testkit::Answer {
        let body = json!({"variant_id": variant(n), "quantity": quantity});
        shopper.post(&format!("/api/store/carts/{}/items", id(cart)), body).await
    }

    pub async fn get(&self, shopper: &Client, cart: &Value) -> hanse_testkit::Answer {
        shopper.get(&format!("/api/store/carts/{}", id(cart))).await
    }

    pub async fn patch(&self, shopper: &Client, cart: &Value, body: Value) -> hanse_testkit::Answer {
        shopper.patch(&format!("/api/store/carts/{}", id(cart)), body).await
    }
}

/// `[(variant number, quantity), …]` of a cart's body.
pub fn lines(cart: &Value) -> Vec<(u128, i64)> {
    let line = |item: &Value| {
        let variant: VariantId = item["variant_id"].as_str().unwrap().parse().unwrap();
        (variant.uuid().as_u128(), item["quantity"].as_i64().unwrap())
    };
    cart["items"].as_array().unwrap().iter().map(line).collect()
}

/// The codes of a list of problems.
pub fn codes(problems: &Value) -> Vec<&str> {
    problems.as_array().unwrap().iter().map(|p| p["code"].as_str().unwrap()).collect()
}

pub fn malmo() -> Value {
    json!({"name": "Ana Lund", "line1": "Storgatan 1", "city": "Malmö", "postal_code": "211 34", "country": "SE"})
}
