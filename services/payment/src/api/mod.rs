//! Payment's endpoints: for staff and the test provider's page over REST, for providers that call, for the checkout over gRPC.

mod allow;
mod payments;
mod problems;
mod rpc;
mod test_action;
mod webhooks;

use crate::application::Till;
pub use allow::allow;
use hanse_http::{Access, BuiltRoutes, Class, Routes, routes};
use hanse_kernel::Permission;
pub use rpc::payments_server;

pub fn routes_of(till: Till) -> BuiltRoutes {
    Routes::new("payment")
        .class(Class::Checkout)
        .route(Access::Staff(Permission::OrdersRead), routes!(payments::list_payments))
        .route(Access::Public, routes!(test_action::show_test_action, test_action::answer_test_action))
        .route_sized(Access::Public, webhooks::LARGEST, routes!(webhooks::hear_webhook))
        .with_state(till)
        .build()
}
