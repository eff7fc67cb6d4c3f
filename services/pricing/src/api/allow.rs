//! Which services may ask pricing what.

use hanse_pricing_contract::rpc::DESCRIPTORS;
use hanse_rpc::{Allow, OPERATOR};

pub fn allow() -> Allow {
    Allow::new("pricing", &[DESCRIPTORS])
        .method("/hanse.pricing.v1.Pricing/Quote", &["cart", "order"])
        .method("/hanse.pricing.v1.Pricing/ListShippingMethods", &["cart"])
        .method("/hanse.pricing.v1.Pricing/HoldDiscount", &["order"])
        // No service asks yet.
        .method("/hanse.pricing.v1.Pricing/GetPrices", &[OPERATOR])
        .method("/hanse.pricing.v1.Pricing/GetChannel", &["cart"])
}
