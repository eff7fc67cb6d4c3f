//! What a cart needs to know of an order that was confirmed.

use hanse_kernel::{CartId, ItemId, OrderId, VariantId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmedOrder {
    pub id: OrderId,
    /// The cart it was made from.
    pub cart: CartId,
    pub lines: Vec<OrderedLine>,
    pub codes: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderedLine {
    pub item: ItemId,
    pub variant: VariantId,
    pub quantity: i64,
}
