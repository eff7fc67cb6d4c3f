//! The sample shop: a catalogue of our own invention with drawn pictures, written as the same product file that a
//! merchant would import, so that a first start shows a whole shop and takes the merchant's path to it.

pub mod art;
mod catalogue;

pub use catalogue::{CATEGORIES, SampleImage, SampleProduct, SampleVariant, catalogue, kinds, shopify_csv};
