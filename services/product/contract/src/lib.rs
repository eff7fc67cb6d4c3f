//! All that other services may see of product: its events and its questions.

use hanse_kernel::{ProductId, VariantId};
use serde::{Deserialize, Serialize};

/// The questions other services may ask.
#[allow(clippy::all, clippy::pedantic)]
pub mod rpc {
    tonic::include_proto!("hanse.product.v1");
    /// The compiled proto files.
    pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("descriptors");
}

/// A product was created, changed, published, taken back or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductChanged {
    pub product_id: ProductId,
    pub status: ProductStatus,
    /// All its variants as they are now; one that is missing has been removed.
    pub variants: Vec<ProductVariant>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductVariant {
    pub variant_id: VariantId,
    pub sku: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    Draft,
    Published,
    Deleted,
}

hanse_envelope::messages! {
    ProductChanged = "product.ProductChanged.v1";
}
