//! Why a use case of pricing did not do what was asked.

use crate::domain::discount::DiscountError;
use crate::domain::price::PriceError;
use hanse_database::DbError;
use hanse_kernel::MoneyError;

#[derive(Debug, thiserror::Error)]
pub enum PricingError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// `field` of the request is wrong.
    #[error("{field}: {message}")]
    Invalid { field: String, code: &'static str, message: String },
    /// The present state is against it.
    #[error("{message}")]
    Conflict { code: &'static str, message: String },
    /// It was changed by somebody else in the meantime.
    #[error("another version is the present one")]
    Stale,
    /// A neighbour that is needed cannot be asked.
    #[error("{0} cannot be reached")]
    Unavailable(&'static str),
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error(transparent)]
    Price(#[from] PriceError),
    #[error(transparent)]
    Discount(#[from] DiscountError),
}

impl PricingError {
    pub fn invalid(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), code, message: message.into() }
    }
}
