//! What a merchant's product file says once it is read: products to bring into the catalogue, and problems that a
//! merchant can act on. How the many kinds of files are read lives in infrastructure.

mod file;
mod fingerprint;
mod problem;
mod product;
mod topic;

pub use file::{Format, ReadFile, Skipped};
pub use fingerprint::Fingerprint;
pub use problem::{Problem, Severity};
pub use product::{ImportedImage, ImportedProduct, ImportedVariant, Lines, StockPolicy};
pub use topic::{Silent, Topic};
