//! How the products of the sample shop are written down: briefly, a shelf at a time.

use crate::art::Kind;

/// All things of one silhouette.
pub struct Range {
    pub kind: Kind,
    /// The merchant's word for the type, such as `Mug`.
    pub type_name: &'static str,
    /// Begins the SKUs.
    pub code: &'static str,
    /// Grams of the smallest variant.
    pub grams: i64,
    /// What all of them have in common, as points of the description.
    pub facts: &'static [&'static str],
    pub tags: &'static [&'static str],
    pub items: &'static [Item],
}

/// One product: title, vendor, price in euro cents, what there is to choose, what is said of it.
pub struct Item(pub &'static str, pub &'static str, pub i64, pub Choice, pub &'static str);

/// What a shopper chooses. Sizes come with the cents that they cost more.
pub enum Choice {
    /// Nothing; the colour is for the picture.
    One(&'static str),
    Colours(&'static [&'static str]),
    Sizes(&'static str, &'static [(&'static str, i64)]),
    Both(&'static [&'static str], &'static [(&'static str, i64)]),
}

/// Sizes of clothes.
pub const CLOTHES: &[(&str, i64)] = &[("S", 0), ("M", 0), ("L", 0), ("XL", 200)];
/// Sizes of shoes.
pub const SHOES: &[(&str, i64)] = &[("38", 0), ("40", 0), ("42", 0), ("44", 0)];
