//! What pricing offers: the staff's REST routes and the questions of other services.

mod allow;
pub mod channels;
pub mod discounts;
pub mod grpc;
pub mod prices;
pub mod problem;
pub mod shipping;
pub mod tax_rates;

use crate::application::discounts::ManageDiscounts;
use crate::application::list_prices::ListPrices;
use crate::application::set_prices::SetPrices;
use crate::application::settings::ManageSettings;
pub use allow::allow;
use hanse_http::{Access, BuiltRoutes, Class, Idempotency, Routes, routes};
use hanse_kernel::{Effects, Permission};
use serde::{Deserialize, Deserializer};

/// What the handlers call.
#[derive(Clone)]
pub struct Api {
    pub list_prices: ListPrices,
    pub set_prices: SetPrices,
    pub discounts: ManageDiscounts,
    pub settings: ManageSettings,
    pub idempotency: Idempotency,
    pub effects: Effects,
}

const READ: Access = Access::Staff(Permission::PricingRead);
const WRITE: Access = Access::Staff(Permission::PricingWrite);

pub fn routes(api: Api) -> BuiltRoutes {
    Routes::new("pricing")
        .class(Class::Cart)
        .route(READ, routes!(prices::list_prices))
        .route(WRITE, routes!(prices::set_prices, prices::replace_prices))
        .route(READ, routes!(discounts::list_discounts))
        .route(WRITE, routes!(discounts::create_discount))
        .route(READ, routes!(discounts::get_discount))
        .route(WRITE, routes!(discounts::change_discount))
        .route(READ, routes!(channels::list_channels))
        .route(WRITE, routes!(channels::change_channel))
        .route(READ, routes!(tax_rates::list_tax_rates))
        .route(WRITE, routes!(tax_rates::set_tax_rate))
        .route(READ, routes!(shipping::list_zones))
        .route(WRITE, routes!(shipping::create_zone))
        .route(WRITE, routes!(shipping::change_zone))
        .route(READ, routes!(shipping::list_methods))
        .route(WRITE, routes!(shipping::create_method))
        .route(WRITE, routes!(shipping::change_method))
        .with_state(api)
        .build()
}

/// Tells a field that is absent (None) from one that is null (`Some(None)`).
fn nullable<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}
