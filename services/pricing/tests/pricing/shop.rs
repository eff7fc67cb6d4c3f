//! The real module with a fake catalogue and a fake order service around it, in a world whose time the test moves.

use hanse_database::Engine;
use hanse_kernel::{Actor, Currency, Effects, Money, OrderId, Permission, ProductId, UserId, VariantId};
use hanse_order_contract::rpc::orders_server::{Orders, OrdersServer};
use hanse_order_contract::rpc::{ExistsReply, ExistsRequest, GetForMailRequest, OrderForMail};
use hanse_pricing::PricingConfig;
use hanse_pricing_contract::rpc::pricing_client::PricingClient;
use hanse_pricing_contract::rpc::{QuoteLine, QuoteRequest};
use hanse_product_contract::rpc::catalogue_server::{Catalogue, CatalogueServer};
use hanse_product_contract::rpc::{GetVariantsReply, GetVariantsRequest, Variant};
use hanse_rpc::Link;
use hanse_testkit::{Client, TestHost, TestModule, TestWorld};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tonic::{Request, Response, Status};
use uuid::Uuid;

pub struct Shop {
    pub world: TestWorld,
    pub host: TestHost,
    pub module: TestModule,
    pub orders: FakeOrders,
}

/// Which orders exist; None: it cannot be asked.
#[derive(Clone)]
pub struct FakeOrders(Arc<Mutex<Option<BTreeSet<String>>>>);

impl FakeOrders {
    pub fn place(&self, order: OrderId) {
        self.0.lock().unwrap().get_or_insert_default().insert(order.to_string());
    }
    pub fn go_away(&self) {
        *self.0.lock().unwrap() = None;
    }
    pub fn come_back(&self) {
        self.0.lock().unwrap().get_or_insert_default();
    }
}

#[tonic::async_trait]
impl Orders for FakeOrders {
    async fn exists(&self, request: Request<ExistsRequest>) -> Result<Response<ExistsReply>, Status> {
        let orders = self.0.lock().unwrap();
        let Some(orders) = orders.as_ref() else { return Err(Status::unavailable("away")) };
        Ok(Response::new(ExistsReply { exists: orders.contains(&request.into_inner().order_id) }))
    }
    async fn get_for_mail(&self, _: Request<GetForMailRequest>) -> Result<Response<OrderForMail>, Status> {
        Err(Status::not_found("no mail here"))
    }
}

/// Every variant below 2,000 exists; its product is the variant's number divided by ten.
struct FakeCatalogue;

#[tonic::async_trait]
impl Catalogue for FakeCatalogue {
    async fn get_variants(
        &self,
        request: Request<GetVariantsRequest>,
    ) -> Result<Response<GetVariantsReply>, Status> {
        let known = |id: &String| {
            let n = id.parse::<VariantId>().ok()?.uuid().as_u128();
            (n < 2000).then(|| Variant {
                variant_id: id.clone(),
                product_id: product(n / 10).to_string(),
                title: format!("Thing {n}"),
                published: true,
                tax_class: "standard".into(),
                requires_shipping: true,
                ..Variant::default()
            })
        };
        Ok(Response::new(GetVariantsReply {
            variants: request.get_ref().variant_ids.iter().filter_map(known).collect(),
        }))
    }
}

pub fn product(n: u128) -> ProductId {
    ProductId::new(Uuid::from_u128(n))
}
pub fn variant(n: u128) -> VariantId {
    VariantId::new(Uuid::from_u128(n))
}
pub fn order(n: u128) -> OrderId {
    OrderId::new(Uuid::from_u128(n))
}
pub fn user(n: u128) -> UserId {
    UserId::new(Uuid::from_u128(n))
}
pub fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

/// Runs the story once on each engine. The module's loops stand still until [`Shop::pass`].
pub async fn on_both_engines<F, Fut>(story: F)
where
    F: Fn(Shop) -> Fut,
    Fut: Future<Output = ()>,
{
    for engine in [Engine::Sqlite, Engine::Postgres] {
        story(open(engine).await).await;
    }
}

async fn open(engine: Engine) -> Shop {
    let world = TestWorld::new();
    let effects: Effects = world.effects();
    let host = TestHost::with_effects(engine, effects);
    let orders = FakeOrders(Arc::new(Mutex::new(Some(BTreeSet::new()))));
    host.fake("order", tonic::service::Routes::new(OrdersServer::new(orders.clone())));
    host.fake("product", tonic::service::Routes::new(CatalogueServer::new(FakeCatalogue)));
    let own = host.host("pricing", hanse_pricing::MIGRATIONS).await;
    let module = hanse_pricing::module(own, PricingConfig::default()).expect("pricing starts");
    let module = host.start(module);
    Shop { world, host, module, orders }
}

impl Shop {
    pub fn staff(&self) -> Client {
        let permissions = [Permission::PricingRead, Permission::PricingWrite].into_iter().collect();
        self.module.client(Actor::Staff { user: user(1), permissions: Arc::new(permissions) })
    }

    pub fn pricing(&self) -> PricingClient<Link> {
        self.asked_by("order")
    }

    pub fn asked_by(&self, caller: &'static str) -> PricingClient<Link> {
        PricingClient::new(self.host.network_of(caller).link("pricing"))
    }

    /// Time goes on and the module's loops come round.
    pub fn pass(&self, time: Duration) {
        self.world.advance(time);
    }

    pub async fn price(&self, n: u128, minor: i64) {
        let body = serde_json::json!({"prices": [{"variant_id": variant(n), "price": eur(minor)}]});
        self.staff().post("/api/admin/prices", body).await.expect(200);
    }

    pub fn question(&self, lines: &[(u128, i64)]) -> QuoteRequest {
        let line = |(n, quantity): &(u128, i64)| QuoteLine {
            r#ref: format!("item_{n}"),
            variant_id: variant(*n).to_string(),
            quantity: *quantity,
            tax_class: "standard".into(),
            weight_grams: 300,
            requires_shipping: true,
        };
        QuoteRequest {
            currency: "EUR".into(),
            country: "SE".into(),
            shipping_method_id: "ship_0192a000000070008000000000000003".into(),
            lines: lines.iter().map(line).collect(),
            ..QuoteRequest::default()
        }
    }
}
