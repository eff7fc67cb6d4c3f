//! Why a use case of the catalogue refused.

use crate::domain::content::Fault;
use hanse_database::DbError;
use hanse_kernel::ProductId;

#[derive(Debug, thiserror::Error)]
pub enum ProductError {
    /// `what` as in "product".
    #[error("no such {0}")]
    NotFound(&'static str),
    /// Fields that are not valid.
    #[error("{} fields are not valid", .0.len())]
    Invalid(Vec<Fault>),
    #[error("the slug {0} is taken")]
    SlugTaken(String),
    #[error("the SKU {sku} is taken by {product}")]
    SkuTaken { sku: String, product: ProductId, title: String },
    /// `If-Match` named another version than the present one.
    #[error("it has been changed in the meantime")]
    Changed,
    /// Something else was a moment faster; the same call again will see it.
    #[error("another change was a moment faster")]
    Busy,
    /// As many uploads are worked on as may be.
    #[error("too many uploads at once")]
    Crowded,
    #[error(transparent)]
    Store(#[from] DbError),
}

impl ProductError {
    pub fn invalid(field: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Fault::new(field, code, message)])
    }
}
