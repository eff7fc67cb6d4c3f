//! How an order comes to be: from the cart, the quote and the catalogue, frozen and checked.

use super::aggregate::Order;
use super::freeze::{Address, Details, LineDetails, ShippingMethod};
use super::line::{Counts, Line};
use super::totals::Totals;
use crate::domain::saga::{CaptureMode, Saga, Terms};
use hanse_kernel::{
    CartId, ChannelId, ItemId, Locale, Money, MoneyError, OrderId, PaymentId, Personal, Timestamp, UserId,
    VariantId,
};
use std::collections::BTreeSet;

/// `H-10001`: what people call the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number(String);

impl Number {
    pub fn new(count: i64) -> Self {
        Self(format!("H-{count}"))
    }
    pub fn stored(text: String) -> Self {
        Self(text)
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Debug, Clone)]
pub struct PlacingLine {
    pub item: ItemId,
    pub variant: VariantId,
    pub quantity: i64,
    pub details: LineDetails,
}

/// Everything an order is made of.
#[derive(Debug, Clone)]
pub struct Placing {
    pub id: OrderId,
    pub channel: ChannelId,
    pub locale: Locale,
    pub customer: Option<UserId>,
    pub cart: CartId,
    pub cart_version: i64,
    pub email: Personal<String>,
    pub shipping_address: Option<Personal<Address>>,
    pub billing_address: Option<Personal<Address>>,
    pub shipping_method: Option<ShippingMethod>,
    pub lines: Vec<PlacingLine>,
    pub totals: Totals,
    pub discount_codes: Vec<String>,
    /// The merchant's own JSON.
    pub metadata: String,
    /// Given exactly when there is something to pay.
    pub payment: Option<PaymentId>,
    pub capture: CaptureMode,
}

/// The parts do not make an order; the neighbour that gave them is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FreezeError {
    #[error("an order needs lines, each of at least one piece and each once")]
    Lines,
    #[error("the total is not lines + tax + shipping − discounts")]
    DoesNotAddUp,
    #[error("a total above zero needs a payment, and only that does")]
    Payment,
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Placing {
    /// Freezes the order. `number` is drawn in the unit that stores it.
    pub fn freeze(self, number: Number, now: Timestamp) -> Result<(Order, Details), FreezeError> {
        let currency = self.totals.total.currency();
        let items: BTreeSet<ItemId> = self.lines.iter().map(|line| line.item).collect();
        if self.lines.is_empty()
            || items.len() != self.lines.len()
            || self.lines.iter().any(|l| l.quantity < 1)
        {
            return Err(FreezeError::Lines);
        }
        if !self.totals.add_up()?
            || Money::sum(currency, self.lines.iter().map(|l| l.details.total))? != self.totals.items
        {
            return Err(FreezeError::DoesNotAddUp);
        }
        if self.totals.total.is_negative() || self.totals.total.is_zero() == self.payment.is_some() {
            return Err(FreezeError::Payment);
        }
        let mut lines = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            let net = line.details.total.minus(line.details.discount)?;
            let worth = if self.totals.tax_included { net } else { net.plus(line.details.tax)? };
            lines.push(Line {
                item: line.item,
                variant: line.variant,
                quantity: line.quantity,
                worth,
                counts: Counts::default(),
            });
        }
        let terms = Terms { total: self.totals.total, capture: self.capture, placed_at: now };
        let order = Order {
            id: self.id,
            number,
            channel: self.channel,
            customer: self.customer,
            cart: self.cart,
            cart_version: self.cart_version,
            discount_codes: self.discount_codes,
            lines,
            saga: Saga::begin(terms, self.payment),
            version: 1,
            events: 0,
            notes: 0,
        };
        let to = self.shipping_address.as_ref().or(self.billing_address.as_ref());
        let details = Details {
            country: to.map(|address| address.reveal().country.clone()),
            locale: self.locale,
            email: Some(self.email),
            shipping_address: self.shipping_address,
            billing_address: self.billing_address,
            shipping_method: self.shipping_method,
            totals: self.totals,
            metadata: self.metadata,
            lines: self.lines.into_iter().map(|line| line.details).collect(),
        };
        Ok((order, details))
    }
}
