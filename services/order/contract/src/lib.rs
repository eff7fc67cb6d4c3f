//! All that other services may see of order: its events and its questions.

use hanse_kernel::{
    CartId, ChannelId, ItemId, Money, OrderId, PaymentId, ShipmentId, Timestamp, UserId, VariantId,
};
use serde::{Deserialize, Serialize};

/// The questions other services may ask.
#[allow(clippy::all, clippy::pedantic)]
pub mod rpc {
    tonic::include_proto!("hanse.order.v1");
    /// The compiled proto files.
    pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("descriptors");
}

/// An order exists: stock is to be held, its payment may go on, its discounts stay held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPlaced {
    pub order_id: OrderId,
    pub number: String,
    pub channel: ChannelId,
    pub customer_id: Option<UserId>,
    /// None: there is nothing to pay.
    pub payment_id: Option<PaymentId>,
    pub total: Money,
    pub lines: Vec<OrderLine>,
    pub discount_codes: Vec<String>,
    pub placed_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    pub item_id: ItemId,
    pub variant_id: VariantId,
    pub quantity: i64,
}

/// The order is paid (or its payment is certain) and its stock is sold. Told once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderConfirmed {
    pub order_id: OrderId,
    pub number: String,
    pub channel: ChannelId,
    /// The cart it was made from: cart subtracts these items once per order.
    pub cart_id: CartId,
    pub customer_id: Option<UserId>,
    pub total: Money,
    pub lines: Vec<OrderLine>,
    pub discount_codes: Vec<String>,
    pub placed_at: Timestamp,
}

/// It could not be fulfilled or paid in time; nothing was charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRejected {
    pub order_id: OrderId,
    pub number: String,
    /// out_of_stock, payment_expired, …
    pub reason: String,
    pub discount_codes: Vec<String>,
}

/// It was undone before it was fulfilled; what was held is free, what was paid goes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCancelled {
    pub order_id: OrderId,
    pub number: String,
    /// customer, staff, payment_timeout, stock_timeout, stock_expired, capture_failed, …
    pub reason: String,
    /// It had been confirmed before.
    pub was_confirmed: bool,
    pub discount_codes: Vec<String>,
}

/// A shipment has left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderFulfilled {
    pub order_id: OrderId,
    pub number: String,
    pub shipment_id: ShipmentId,
    pub lines: Vec<OrderLine>,
    /// Nothing is left to send.
    pub complete: bool,
    /// Told by versions of before. Who writes to the customer asks for the parcel's number (`GetForMail`): a message goes through
    /// outboxes and queues, where nobody forgets what it said of somebody.
    pub tracking: Option<String>,
}

/// Money went back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRefunded {
    pub order_id: OrderId,
    pub number: String,
    /// What this refund gave back, and all refunds together.
    pub amount: Money,
    pub refunded_total: Money,
    /// Everything was given back.
    pub complete: bool,
}

/// A guest's order is to tell of nobody any more: whoever holds something about its person destroys it. The order itself keeps
/// where it goes until it has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPersonErased {
    pub order_id: OrderId,
    /// The cart it was made from.
    pub cart_id: CartId,
}

hanse_envelope::messages! {
    OrderPlaced = "order.OrderPlaced.v1";
    OrderConfirmed = "order.OrderConfirmed.v1";
    OrderRejected = "order.OrderRejected.v1";
    OrderCancelled = "order.OrderCancelled.v1";
    OrderFulfilled = "order.OrderFulfilled.v1";
    OrderRefunded = "order.OrderRefunded.v1";
    OrderPersonErased = "order.OrderPersonErased.v1";
}
