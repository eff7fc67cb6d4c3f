//! Why a use case of carts did not do what was asked.

use crate::domain::Fault;
use hanse_database::DbError;

#[derive(Debug, thiserror::Error)]
pub enum CartError {
    #[error(transparent)]
    Store(#[from] DbError),
    /// Or it is somebody else's: the asker is told the same.
    #[error("there is no such cart")]
    NotFound,
    #[error("there is no such line in the cart")]
    NoSuchItem,
    #[error("fields are not valid")]
    Faults(Vec<Fault>),
    /// The shopper meant another version.
    #[error("another version is the present one")]
    Stale,
    #[error("it is sold out")]
    OutOfStock,
    /// A neighbour without which this cannot be done.
    #[error("{0} cannot be reached")]
    Away(&'static str),
    /// Too many changes at the same moment.
    #[error("the cart is being changed by others")]
    Busy,
}

impl From<Fault> for CartError {
    fn from(fault: Fault) -> Self {
        Self::Faults(vec![fault])
    }
}
