//! The words and rules of the catalogue; pure.

pub mod import;
