//! The catalogue: products with their variants, texts, pictures and categories; what shoppers list, search and see of
//! them; and the import that takes a merchant's own file in.
//!
//! Prices belong to pricing and stock to inventory: a product is a draft until both have confirmed what was asked of
//! them, and what they tell is kept here only to show it.

mod api;
mod application;
pub mod domain;
mod infrastructure;

pub use application::{Channel, MediaSource, ProductConfig, SharedAnswers};
pub use infrastructure::{MIGRATIONS, RedisAnswers};

use application::take_messages::{TakeLevels, TakePrices};
use hanse_http::Idempotency;
use hanse_inventory_contract::{InventoryUpdated, SetStock};
use hanse_messaging::Message;
use hanse_pricing_contract::{PricesChanged, PricesRefused, SetPrices};
use hanse_product_contract::ProductChanged;
use hanse_runtime::{Host, Module, StartError, audit_server};
use std::sync::Arc;

/// The messages that it sends.
const SENDS: [&str; 3] = [ProductChanged::TYPE, SetPrices::TYPE, SetStock::TYPE];

pub fn module(host: Host, config: ProductConfig) -> Result<Module, StartError> {
    if let Some((key, problem, remedy)) = config.fault() {
        return Err(StartError::Config { key: key.into(), problem: problem.into(), remedy: remedy.into() });
    }
    let host = host.sending(&SENDS);
    let catalogue = infrastructure::catalogue(&host, config);
    let idempotency = Idempotency::new(host.db.clone(), host.effects.clone(), host.vault.clone());
    let audit = audit_server(&host, Arc::new(infrastructure::examine::ExamineCatalogue(host.db.clone())));
    let prices = TakePrices(catalogue.clone());
    let consumers = host
        .consumers()
        .on::<PricesChanged>("product.prices", prices.clone())
        .on::<PricesRefused>("product.prices_refused", prices)
        .on::<InventoryUpdated>("product.levels", TakeLevels(catalogue.clone()));
    Ok(Module {
        routes: api::routes_of(catalogue.clone(), idempotency.clone()),
        rpc: tonic::service::Routes::new(api::catalogue_server(catalogue.clone())).add_service(audit),
        allow: api::allow(),
        consumers,
        workers: infrastructure::workers::all(&host, &catalogue, idempotency),
        host,
    })
}
