//! What can go wrong in inventory.

use crate::domain::{AdjustError, LinesError, NotYet};
use hanse_database::DbError;

#[derive(Debug, thiserror::Error)]
pub enum StockError {
    #[error(transparent)]
    Store(#[from] DbError),
    #[error("{0}")]
    Lines(#[from] LinesError),
    #[error("{0}")]
    NotYet(#[from] NotYet),
    #[error("{0}")]
    Adjust(#[from] AdjustError),
    #[error("inventory knows no such variant")]
    UnknownVariant,
    #[error("there is no such location")]
    UnknownLocation,
    #[error("a location of that name exists")]
    NameTaken,
    /// Another unit changed the same rows first; trying again helps.
    #[error("the stock was changed at the same moment")]
    Conflict,
}
