//! Why a use case did not do what it was asked for.

use super::ports::NeighbourError;
use crate::domain::order::{FreezeError, OrderRefusal};
use crate::domain::saga::Refusal;
use hanse_database::DbError;
use hanse_kernel::{OrderId, UserId};

/// What a cart lacks before it can become an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    Email,
    ShippingAddress,
    ShippingMethod,
}

/// Something about the cart that has to be put right first, as pricing or the catalogue tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartProblem {
    pub code: String,
    pub message: String,
    /// The cart line it is about.
    pub item: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("no such order")]
    NotFound,
    #[error("no such cart")]
    CartNotFound,
    /// It is their person who is to be erased, not what they bought.
    #[error("the order is of customer {0}")]
    OfCustomer(UserId),
    #[error("the cart has become order {0} already")]
    AlreadyOrdered(OrderId),
    #[error("the cart has changed")]
    CartChanged,
    #[error("the cart is empty")]
    CartEmpty,
    #[error("the cart lacks {0:?}")]
    Incomplete(Vec<Missing>),
    #[error("the cart has problems")]
    CartProblems(Vec<CartProblem>),
    /// With the cart as it is now, in the words of its own service.
    #[error("the total has changed")]
    TotalChanged { cart: String },
    #[error("a payment is needed")]
    PaymentMissing,
    #[error("the payment cannot be opened: {0}")]
    PaymentRefused(String),
    /// The idempotency key has been given free while the order was being made.
    #[error("another call with the same key has taken over")]
    ClaimLost,
    /// So many are checking out that it would not have been served in time; nothing was done.
    #[error("too many are checking out")]
    Crowded,
    #[error("{0} cannot be reached")]
    Unavailable(&'static str),
    #[error("a neighbour's answer makes no order: {0}")]
    Broken(String),
    #[error(transparent)]
    Refused(#[from] OrderRefusal),
    /// Staff who may cancel and may not refund, of an order that was paid.
    #[error("it would give money back")]
    NotTheirsToGiveBack,
    /// Allowed, once they have shown again who they are.
    #[error("it was too long ago that they showed who they are")]
    StepUp,
    /// The order was changed by another unit in the meantime.
    #[error("the order has changed in the meantime")]
    Conflict,
}

impl From<NeighbourError> for OrderError {
    fn from(error: NeighbourError) -> Self {
        match error {
            NeighbourError::Unavailable { service, message } => {
                tracing::warn!(service, message, "a neighbour is away");
                Self::Unavailable(service)
            }
            other => Self::Broken(other.to_string()),
        }
    }
}

impl From<FreezeError> for OrderError {
    fn from(error: FreezeError) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<Refusal> for OrderError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.into())
    }
}
