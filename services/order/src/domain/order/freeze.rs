//! What an order shows but its saga never asks: texts, addresses, single prices. Frozen when it was placed.

use super::totals::Totals;
use hanse_kernel::{Locale, Money, Personal, ShippingMethodId};

/// Where goods or the invoice go.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    pub name: String,
    pub line1: String,
    pub line2: Option<String>,
    pub city: String,
    pub postal_code: String,
    pub region: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub phone: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippingMethod {
    pub id: ShippingMethodId,
    pub title: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineDetails {
    pub sku: String,
    pub title: String,
    pub variant_title: String,
    pub product_slug: String,
    pub image_url: String,
    pub unit_price: Money,
    /// Before discounts.
    pub total: Money,
    pub discount: Money,
    pub tax: Money,
    /// Basis points.
    pub tax_rate: i64,
    /// The merchant's own JSON.
    pub metadata: String,
}

#[derive(Debug, Clone)]
pub struct Details {
    pub locale: Locale,
    /// None after the person was forgotten.
    pub email: Option<Personal<String>>,
    pub shipping_address: Option<Personal<Address>>,
    pub billing_address: Option<Personal<Address>>,
    /// Where it went, or was billed: stays when the person is forgotten.
    pub country: Option<String>,
    pub shipping_method: Option<ShippingMethod>,
    pub totals: Totals,
    /// The merchant's own JSON.
    pub metadata: String,
    /// In the order of the order's lines.
    pub lines: Vec<LineDetails>,
}
