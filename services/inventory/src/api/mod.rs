//! Inventory's endpoints: for staff over REST, for other services over gRPC.

mod adjustments;
mod allow;
mod levels;
mod locations;
mod problems;
mod rpc;

use crate::application::Desk;
pub use allow::allow;
use hanse_http::{Access, BuiltRoutes, Class, Idempotency, Routes, routes};
use hanse_kernel::Permission;
pub use rpc::stock_server;

#[derive(Clone)]
pub(crate) struct Api {
    pub desk: Desk,
    pub idempotency: Idempotency,
}

pub fn routes_of(desk: Desk, idempotency: Idempotency) -> BuiltRoutes {
    let (read, write) = (Access::Staff(Permission::InventoryRead), Access::Staff(Permission::InventoryWrite));
    Routes::new("inventory")
        .class(Class::Cart)
        .route(read, routes!(levels::list_stock))
        .route(read, routes!(adjustments::list_adjustments))
        .class(Class::Checkout)
        .route(write, routes!(adjustments::adjust_stock))
        .class(Class::Cart)
        .route(read, routes!(locations::list_locations))
        .route(write, routes!(locations::add_location))
        .with_state(Api { desk, idempotency })
        .build()
}
