//! The order's REST routes and gRPC server.

mod admin;
mod allow;
mod body;
mod checkout;
mod events;
mod grpc;
mod problems;
mod shopper;

pub use allow::allow;
pub use grpc::Questions;

use crate::application::cancel::Cancel;
use crate::application::erase_person::ErasePerson;
use crate::application::fulfil::Fulfil;
use crate::application::place::PlaceOrder;
use crate::application::read::{GetOrder, ListOrders};
use crate::application::refund::Refund;
use crate::application::retry_payment::RetryPayment;
use crate::application::{AccessTokens, Desk};
use hanse_http::{Access, BuiltRoutes, Class, Idempotency, Routes, routes};
use hanse_kernel::Permission;

/// What the handlers work with.
#[derive(Clone)]
pub struct Api {
    pub desk: Desk,
    pub tokens: AccessTokens,
    pub place: PlaceOrder,
    pub retry: RetryPayment,
    pub cancel: Cancel,
    pub fulfil: Fulfil,
    pub refund: Refund,
    pub erase_person: ErasePerson,
    pub get: GetOrder,
    pub list: ListOrders,
    pub idempotency: Idempotency,
}

pub fn routes_of(api: Api) -> BuiltRoutes {
    let staff = Access::Staff;
    Routes::new("order")
        .class(Class::Checkout)
        .route(Access::Public, routes!(checkout::checkout))
        .route(Access::Customer, routes!(shopper::list_my_orders))
        .route(Access::OrderHolder, routes!(shopper::get_my_order))
        .route(Access::OrderHolder, routes!(shopper::pay_again))
        .route(Access::OrderHolder, routes!(shopper::cancel_my_order))
        .route(Access::OrderHolder, routes!(events::follow_order))
        .class(Class::Cart)
        .route(staff(Permission::OrdersRead), routes!(admin::list_orders))
        .route(staff(Permission::OrdersRead), routes!(admin::get_order))
        .route(staff(Permission::CustomersErase), routes!(admin::erase_person))
        .class(Class::Checkout)
        .route(staff(Permission::OrdersWrite), routes!(admin::fulfil_order))
        .route(staff(Permission::OrdersWrite), routes!(admin::cancel_order))
        .route(Access::Recent(Permission::OrdersRefund), routes!(admin::refund_order))
        .with_state(api)
        .build()
}
