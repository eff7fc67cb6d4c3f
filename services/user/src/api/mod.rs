//! What user answers: its route table, its question over gRPC, and how its errors look outside.

mod addresses;
mod allow;
mod consents;
mod customers;
mod erase;
mod error;
mod export;
mod me;
mod rpc;
mod rpc_erasures;

pub use allow::allow;
pub use rpc::ProfilesServer;
pub use rpc_erasures::ErasuresServer;

use crate::application::UseCases;
use hanse_http::{Access, BuiltRoutes, Class, Routes, routes};
use hanse_kernel::Permission;
use std::sync::Arc;

/// What the handlers share.
pub type Api = Arc<UseCases>;

/// A password and nothing else.
const BODY: usize = 8 * 1024;

/// The route table: who may call what.
pub fn routes(use_cases: Api) -> BuiltRoutes {
    let staff = Access::Staff(Permission::CustomersRead);
    Routes::new("user")
        .class(Class::Cart)
        .route(Access::Customer, routes!(me::show_me, me::change_me))
        .route(Access::Customer, routes!(addresses::list_addresses, addresses::add_address))
        .route(Access::Customer, routes!(addresses::change_address, addresses::remove_address))
        .route(Access::Customer, routes!(consents::list_consents, consents::say_consent))
        .route(staff, routes!(customers::list_customers))
        .route(staff, routes!(customers::show_customer))
        .route_sized(Access::Customer, BODY, routes!(erase::erase_me))
        .route(Access::Staff(Permission::CustomersErase), routes!(erase::erase_customer))
        .class(Class::Background)
        .route(Access::Customer, routes!(export::export_me))
        .with_state(use_cases)
        .build()
}
