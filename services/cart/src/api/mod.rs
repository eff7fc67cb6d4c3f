//! What carts offer: the shopper's REST routes and the questions of other services.

mod allow;
pub mod body;
pub mod carts;
pub mod grpc;
pub mod items;
pub mod problem;
pub mod shipping_methods;

use crate::application::add_item::AddItem;
use crate::application::change_cart::ChangeCart;
use crate::application::change_item::ChangeItem;
use crate::application::open_cart::OpenCart;
use crate::application::shipping_methods::ShippingMethods;
use crate::application::show_cart::ShowCart;
pub use allow::allow;
use body::CartBody;
use hanse_http::{Access, BuiltRoutes, Class, ETag, Idempotency, Json, Routes, routes};

/// What the handlers call.
#[derive(Clone)]
pub struct Api {
    pub open: OpenCart,
    pub show: ShowCart,
    pub change: ChangeCart,
    pub add: AddItem,
    pub items: ChangeItem,
    pub methods: ShippingMethods,
    pub idempotency: Idempotency,
}

/// The cart's id is the key to a guest's cart, and the customer is checked for each cart: anybody may ask.
const ANYBODY: Access = Access::Public;

/// How every call answers.
pub type Answer = (ETag, Json<CartBody>);

pub fn routes(api: Api) -> BuiltRoutes {
    Routes::new("cart")
        .class(Class::Cart)
        .route(ANYBODY, routes!(carts::create_cart))
        .route(ANYBODY, routes!(carts::get_cart, carts::change_cart))
        .route(ANYBODY, routes!(items::add_item))
        .route(ANYBODY, routes!(items::change_item, items::remove_item))
        .route(ANYBODY, routes!(shipping_methods::list_shipping_methods))
        .with_state(api)
        .build()
}
