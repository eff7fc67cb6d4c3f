//! Carts: what shoppers mean to buy, guests and customers alike, until an order takes it over. Texts, prices and stock
//! are always asked of their owners. [`module`] is the whole public face; [`domain`] is open to tests.

mod api;
mod application;
pub mod domain;
mod infrastructure;

pub use infrastructure::MIGRATIONS;
pub use infrastructure::redis_carts::BEHIND;

use api::Api;
use api::grpc::Answers;
use application::Desk;
use application::add_item::AddItem;
use application::change_cart::ChangeCart;
use application::change_item::ChangeItem;
use application::follow::Follow;
use application::look::Neighbours;
use application::open_cart::OpenCart;
use application::ports::{CartEffects, CartStore};
use application::shipping_methods::ShippingMethods;
use application::show_cart::ShowCart;
use application::snapshot::TakeSnapshot;
use application::sweep::SweepCarts;
use hanse_cart_contract::rpc::carts_server::CartsServer;
use hanse_http::Idempotency;
use hanse_order_contract::{OrderConfirmed, OrderPersonErased};
use hanse_product_contract::ProductChanged;
use hanse_redis::Redis;
use hanse_runtime::{Host, Module, StartError, Worker, audit_server, personal_data_server};
use hanse_user_contract::UserErased;
use infrastructure::catalogue::CatalogueLink;
use infrastructure::examine::ExamineCarts;
use infrastructure::handlers::{OnOrderConfirmed, OnPersonErased, OnProductChanged, OnUserErased};
use infrastructure::personal::OwnCarts;
use infrastructure::pricing::PricingLink;
use infrastructure::redis_carts::{CartErrands, RedisCarts};
use infrastructure::sealed;
use infrastructure::sql_carts::SqlCarts;
use infrastructure::stock::StockLink;
use infrastructure::workers;
use std::sync::Arc;
use std::time::Duration;

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct CartConfig {
    /// How often expired carts are thrown away.
    pub sweep: Duration,
    /// Where carts are kept, with snapshots in the service's own database. None: they are kept in the database itself.
    pub redis: Option<Redis>,
}

/// A change of a cart is worth waiting for.
const REDIS_LIMIT: Duration = Duration::from_secs(2);

impl Default for CartConfig {
    fn default() -> Self {
        Self { sweep: Duration::from_secs(10 * 60), redis: None }
    }
}

/// # Errors
/// When the configuration cannot be used.
pub fn module(host: Host, config: CartConfig) -> Result<Module, StartError> {
    if config.sweep.is_zero() {
        let (key, problem) = ("cart.sweep".to_string(), "is zero".to_string());
        return Err(StartError::Config { key, problem, remedy: "set a minute or more".into() });
    }
    let host = host.sealing(sealed::rows());
    let clock = host.effects.clock.clone();
    let kept = Kept::in_(&host, config.redis);
    let store = kept.store;
    let catalogue = CatalogueLink::new(&*host.network, clock.clone());
    let neighbours = Neighbours {
        catalogue: Arc::new(catalogue.clone()),
        stock: Arc::new(StockLink::new(&*host.network, clock.clone())),
        pricing: Arc::new(PricingLink::new(&*host.network, clock.clone())),
    };
    let desk = Desk { store: store.clone(), neighbours, effects: host.effects.clone() };
    let idempotency = Idempotency::new(host.db.clone(), host.effects.clone(), host.vault.clone());
    let show = ShowCart(desk.clone());
    let answers = Answers {
        snapshot: TakeSnapshot { store: store.clone(), clock: clock.clone() },
        show: show.clone(),
        clock: clock.clone(),
    };
    let api = Api {
        open: OpenCart(desk.clone()),
        show,
        change: ChangeCart(desk.clone()),
        add: AddItem(desk.clone()),
        items: ChangeItem(desk.clone()),
        methods: ShippingMethods(desk),
        idempotency: idempotency.clone(),
    };
    let follow = Follow { effects: kept.effects, clock: clock.clone() };
    let consumers = host
        .consumers()
        .on::<OrderConfirmed>("cart.take_out_ordered", OnOrderConfirmed(follow.clone()))
        .on::<UserErased>("cart.forget_user", OnUserErased(follow.clone()))
        .on::<OrderPersonErased>("cart.forget_guest", OnPersonErased(follow))
        .on::<ProductChanged>("cart.forget_texts", OnProductChanged(catalogue));
    let examine = Arc::new(ExamineCarts(host.db.clone()));
    let rpc = tonic::service::Routes::new(CartsServer::new(answers))
        .add_service(audit_server(&host, examine))
        .add_service(personal_data_server(Arc::new(OwnCarts {
            db: host.db.clone(),
            vault: host.vault.clone(),
        })));
    let mut workers = vec![workers::sweep(&host, SweepCarts { store, clock }, idempotency, config.sweep)];
    workers.extend(kept.worker);
    Ok(Module { host, routes: api::routes(api), rpc, allow: api::allow(), consumers, workers })
}

/// Where carts are kept, and what works there.
struct Kept {
    store: Arc<dyn CartStore>,
    effects: Arc<dyn CartEffects>,
    worker: Option<Worker>,
}

impl Kept {
    fn in_(host: &Host, redis: Option<Redis>) -> Self {
        let Some(redis) = redis else {
            let carts = Arc::new(SqlCarts { db: host.db.clone(), vault: host.vault.clone() });
            return Self { store: carts.clone(), effects: carts, worker: None };
        };
        let (redis, vault) = (redis.limited(REDIS_LIMIT), host.vault.clone());
        let carts = RedisCarts::new(redis, host.db.clone(), vault, host.effects.clone());
        Self {
            store: Arc::new(carts.clone()),
            effects: Arc::new(CartErrands(carts.clone())),
            worker: Some(workers::keep_up(host, carts)),
        }
    }
}
