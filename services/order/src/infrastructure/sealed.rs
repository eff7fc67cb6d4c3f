//! Which columns are sealed, and with whose key: a customer's orders with the customer's, a guest's with the order's own.

use super::columns::{self, AddressJson};
use crate::domain::order::{Address, LineDetails};
use hanse_database::DbError;
use hanse_kernel::{OrderId, UserId};
use hanse_vault::{Column, HeldKey, Key, Rows, Subject};

pub const EMAIL: Column = Column::new("orders", "email");
pub const SHIPPING: Column = Column::new("orders", "shipping_address");
pub const BILLING: Column = Column::new("orders", "billing_address");
pub const METADATA: Column = Column::new("orders", "metadata");
/// Where the shopper is asked to go for their payment.
pub const ACTION: Column = Column::new("orders", "next_action");
pub const LINE_METADATA: Column = Column::new("order_lines", "metadata");
pub const TRACKING: Column = Column::new("order_shipments", "tracking");
pub const REASON: Column = Column::new("order_refunds", "reason");

/// Whose key it is that an order is sealed with.
pub fn whose(customer: Option<UserId>, order: OrderId) -> Subject {
    customer.map_or_else(|| order.into(), Subject::from)
}

/// What stands there from before is sealed while the service works.
pub fn rows() -> Vec<Rows> {
    vec![
        Rows::of("orders", &["id"], &["customer_id", "id"], &[EMAIL, SHIPPING, BILLING, METADATA, ACTION]),
        Rows::of(
            "order_lines",
            &["order_id", "position"],
            &["(select o.customer_id from orders o where o.id = order_lines.order_id)", "order_id"],
            &[LINE_METADATA],
        ),
        Rows::of(
            "order_shipments",
            &["id"],
            &["(select o.customer_id from orders o where o.id = order_shipments.order_id)", "order_id"],
            &[TRACKING],
        ),
        Rows::of(
            "order_refunds",
            &["id"],
            &["(select o.customer_id from orders o where o.id = order_refunds.order_id)", "order_id"],
            &[REASON],
        ),
    ]
}

pub fn seal_address(key: &Key, column: Column, address: Option<&Address>) -> Result<Option<String>, DbError> {
    let json = address.map(|address| columns::write(&AddressJson::from(address))).transpose()?;
    key.seal_some(column, json.as_deref())
}

pub fn open_address(key: &HeldKey, column: Column, stored: Option<&str>) -> Result<Option<Address>, DbError> {
    let json = key.open_some(column, stored)?;
    json.map(|json| columns::read::<AddressJson>(&json).map(Address::from)).transpose()
}

/// Lines whose metadata is as it stands there.
pub fn open_lines(key: &HeldKey, lines: &mut [LineDetails]) -> Result<(), DbError> {
    for line in lines {
        line.metadata = key.open(LINE_METADATA, &line.metadata)?;
    }
    Ok(())
}
