//! The words and rules of the catalogue; pure.

pub mod category;
pub mod content;
pub mod description;
pub mod gallery;
pub mod image_head;
pub mod import;
pub mod intake;
pub mod offer;
pub mod origin;
pub mod product;
pub mod search;
pub mod stock;
pub mod texts;
pub mod upload;
pub mod variant_patch;
