//! The product service: the catalogue of the shop and the import that fills it.

pub mod domain;
pub mod infrastructure;
