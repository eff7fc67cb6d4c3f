//! What can be done with the catalogue, one use case per file, and the ports they need.

pub mod add_image;
pub mod answers;
pub mod arrange_images;
pub mod catalogue;
pub mod change_product;
pub mod change_variant;
pub mod collections;
pub mod config;
pub mod create_product;
pub mod describe_variants;
pub mod error;
pub mod file_categories;
pub mod housekeeping;
pub mod import_report;
pub mod import_row;
pub mod intakes;
pub mod list_products;
pub mod manage_categories;
pub mod media;
pub mod ports;
pub mod read_products;
pub mod run_imports;
pub mod shared_answers;
pub mod show_product;
pub mod shown;
pub mod start_import;
pub mod sweep_uploads;
pub mod take_messages;
mod written;

pub use catalogue::Catalogue;
pub use config::{Channel, ProductConfig};
pub use error::ProductError;
pub use ports::MediaSource;
pub use shared_answers::SharedAnswers;
