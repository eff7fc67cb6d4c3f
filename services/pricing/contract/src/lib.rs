//! All that other services may see of pricing: its command, its events and its questions.

use hanse_kernel::{ChannelId, Money, ProductId, VariantId};
use serde::{Deserialize, Serialize};

/// The questions other services may ask.
#[allow(clippy::all, clippy::pedantic)]
pub mod rpc {
    tonic::include_proto!("hanse.pricing.v1");
    /// The compiled proto files.
    pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("descriptors");
}

/// Target prices of a product's variants from a merchant's file or form; `key` is the import row's. Answered by
/// PricesChanged (also when nothing changed) or PricesRefused with the same key. Variants that it does not name keep
/// their prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPrices {
    pub key: String,
    pub product_id: ProductId,
    pub channel: ChannelId,
    pub prices: Vec<VariantPrice>,
    /// Which asking of this product it is: a later one wins, whichever comes first, and the same again changes nothing.
    /// Missing in messages from before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantPrice {
    pub variant_id: VariantId,
    pub price: Money,
    pub compare_at: Option<Money>,
}

/// All base prices (no group, quantity 1, valid now) of a product's variants in one channel, as they are now: a variant
/// that is not among them has none there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricesChanged {
    pub product_id: ProductId,
    pub channel: ChannelId,
    /// The key of the SetPrices that this answers.
    pub key: Option<String>,
    pub prices: Vec<VariantPrice>,
    /// Grows with every change of the product's prices; consumers keep the highest.
    pub price_version: i64,
}

/// A SetPrices that could not be done; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricesRefused {
    pub product_id: ProductId,
    pub key: String,
    pub reason: String,
}

hanse_envelope::messages! {
    SetPrices = "pricing.SetPrices.v1";
    PricesChanged = "pricing.PricesChanged.v1";
    PricesRefused = "pricing.PricesRefused.v1";
}
