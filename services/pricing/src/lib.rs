//! Pricing: what things cost, where and for whom; taxes, shipping and discount codes; and the quote that puts them
//! together and explains itself. [`module`] is its whole public face; [`domain`] is open to tests and benches.

mod api;
mod application;
pub mod domain;
mod infrastructure;

pub use infrastructure::MIGRATIONS;

use api::Api;
use api::grpc::Answers;
use application::announce::Announce;
use application::catalogue_changed::CatalogueChanged;
use application::discounts::ManageDiscounts;
use application::due_prices::DuePrices;
use application::follow_order::FollowOrder;
use application::hold_discount::HoldDiscount;
use application::lapse_holds::LapseHolds;
use application::list_prices::ListPrices;
use application::ports::{Discounts, Holds, PriceBooks, SettingsCache, SettingsStore};
use application::quote::QuoteCart;
use application::set_prices::SetPrices;
use application::settings::ManageSettings;
use hanse_http::Idempotency;
use hanse_messaging::Message;
use hanse_order_contract::{OrderCancelled, OrderConfirmed, OrderPlaced, OrderRejected};
use hanse_pricing_contract as contract;
use hanse_pricing_contract::rpc::pricing_server::PricingServer;
use hanse_product_contract::ProductChanged;
use hanse_runtime::{Host, Module, StartError, audit_server};
use infrastructure::books::SqlBooks;
use infrastructure::discounts::SqlDiscounts;
use infrastructure::examine::ExaminePricing;
use infrastructure::handlers::{OnOrder, OnProductChanged, OnSetPrices};
use infrastructure::holds::SqlHolds;
use infrastructure::neighbours::{CatalogueLink, OrdersLink};
use infrastructure::settings::SqlSettings;
use infrastructure::settings_cache::CachedSettings;
use infrastructure::workers;
use std::sync::Arc;
use std::time::Duration;

/// What an operator may set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricingConfig {
    /// How long discount codes are held for an order that is being made; 15 minutes at least.
    pub discount_hold: Duration,
    /// How often expired holds are looked for.
    pub hold_check: Duration,
    /// How often prices that begin or end are looked for: so late at most a listing follows.
    pub price_check: Duration,
}

impl Default for PricingConfig {
    fn default() -> Self {
        Self {
            discount_hold: Duration::from_secs(20 * 60),
            hold_check: Duration::from_secs(30),
            price_check: Duration::from_secs(1),
        }
    }
}

impl PricingConfig {
    fn check(&self) -> Result<(), StartError> {
        let wrong = |key: &str, problem: &str, remedy: &str| {
            Err(StartError::Config { key: key.into(), problem: problem.into(), remedy: remedy.into() })
        };
        if self.discount_hold < Duration::from_secs(15 * 60) {
            return wrong("pricing.discount_hold", "is less than 15 minutes", "set 15 minutes or more");
        }
        if self.hold_check.is_zero() || self.price_check.is_zero() {
            return wrong("pricing.hold_check, pricing.price_check", "is zero", "set a second or more");
        }
        Ok(())
    }
}

/// The messages that it sends.
const SENDS: [&str; 2] = [contract::PricesChanged::TYPE, contract::PricesRefused::TYPE];

/// # Errors
/// When the configuration cannot be used.
pub fn module(host: Host, config: PricingConfig) -> Result<Module, StartError> {
    config.check()?;
    let host = host.sending(&SENDS);
    let (db, clock) = (host.db.clone(), host.effects.clock.clone());
    let books: Arc<dyn PriceBooks> = Arc::new(SqlBooks);
    let discounts: Arc<dyn Discounts> = Arc::new(SqlDiscounts);
    let holds: Arc<dyn Holds> = Arc::new(SqlHolds);
    let store: Arc<dyn SettingsStore> = Arc::new(SqlSettings);
    let cache: Arc<dyn SettingsCache> =
        Arc::new(CachedSettings::new(db.clone(), clock.clone(), store.clone()));
    let announce = Announce { outbox: host.outbox.clone(), clock: clock.clone() };

    let set_prices = SetPrices {
        db: db.clone(),
        announce: announce.clone(),
        settings: store.clone(),
        books: books.clone(),
        catalogue: Arc::new(CatalogueLink::new(&*host.network, clock.clone())),
        record: host.record.clone(),
    };
    let list_prices =
        ListPrices { db: db.clone(), clock: clock.clone(), cache: cache.clone(), books: books.clone() };
    let settings =
        ManageSettings { db: db.clone(), store, cache: cache.clone(), record: host.record.clone() };
    let follow = FollowOrder { clock: clock.clone(), discounts: discounts.clone(), holds: holds.clone() };
    let catalogue_changed = CatalogueChanged { announce: announce.clone(), books: books.clone() };
    let lapse = LapseHolds {
        db: db.clone(),
        clock: clock.clone(),
        discounts: discounts.clone(),
        holds: holds.clone(),
        orders: Arc::new(OrdersLink::new(&*host.network, clock.clone())),
        again: config.discount_hold,
    };
    let due = DuePrices { db: db.clone(), announce, books: books.clone() };
    let answers = Answers {
        quote: QuoteCart {
            db: db.clone(),
            clock: clock.clone(),
            cache,
            books,
            discounts: discounts.clone(),
            holds: holds.clone(),
        },
        hold: HoldDiscount {
            db: db.clone(),
            clock: clock.clone(),
            discounts: discounts.clone(),
            holds,
            lasts: config.discount_hold,
        },
        prices: list_prices.clone(),
        settings: settings.clone(),
        clock,
    };
    let idempotency = Idempotency::new(db.clone(), host.effects.clone(), host.vault.clone());
    let api = Api {
        list_prices,
        set_prices: set_prices.clone(),
        discounts: ManageDiscounts {
            db: db.clone(),
            effects: host.effects.clone(),
            discounts,
            record: host.record.clone(),
        },
        settings,
        idempotency: idempotency.clone(),
        effects: host.effects.clone(),
    };
    let on_order = OnOrder(follow);
    let consumers = host
        .consumers()
        .on::<contract::SetPrices>("pricing.set_prices", OnSetPrices(set_prices))
        .on::<ProductChanged>("pricing.drop_prices", OnProductChanged(catalogue_changed))
        .on::<OrderPlaced>("pricing.keep_discounts", on_order.clone())
        .on::<OrderConfirmed>("pricing.redeem_discounts", on_order.clone())
        .on::<OrderRejected>("pricing.free_discounts_rejected", on_order.clone())
        .on::<OrderCancelled>("pricing.free_discounts_cancelled", on_order);
    let rpc = tonic::service::Routes::new(PricingServer::new(answers))
        .add_service(audit_server(&host, Arc::new(ExaminePricing(db))));
    let workers = vec![
        workers::due_prices(&host, due, config.price_check),
        workers::lapse_holds(&host, lapse, config.hold_check),
        workers::forget_answers(&host, idempotency),
    ];
    Ok(Module { host, routes: api::routes(api), rpc, allow: api::allow(), consumers, workers })
}
