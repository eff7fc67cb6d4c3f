//! Use case: the cart as checkout needs it. Binds and changes nothing.

use super::CartError;
use super::desk::MERGES;
use super::ports::{CartStore, Found, Standing};
use crate::domain::Cart;
use hanse_kernel::{CartId, Clock, UserId};
use std::sync::Arc;

#[derive(Clone)]
pub struct TakeSnapshot {
    pub store: Arc<dyn CartStore>,
    pub clock: Arc<dyn Clock>,
}

impl TakeSnapshot {
    /// A guest's cart opens to whoever holds its id, also to a customer who has just logged in. The id of one that was
    /// merged leads to the cart that took it in, as everywhere else.
    pub async fn run(&self, id: CartId, customer: Option<UserId>) -> Result<Standing, CartError> {
        let found = self.follow(id).await?;
        let theirs = |cart: &Cart| cart.customer.is_none() || cart.customer == customer;
        found.filter(|found| theirs(&found.cart)).ok_or(CartError::NotFound)
    }

    async fn follow(&self, id: CartId) -> Result<Option<Standing>, CartError> {
        let (mut id, now) = (id, self.clock.now());
        for _ in 0..MERGES {
            if let Some(standing) = self.store.load_standing(id, now).await? {
                return Ok(Some(standing));
            }
            match self.store.load(id, now).await? {
                Some(Found::MergedInto(other)) => id = other,
                _ => return Ok(None),
            }
        }
        Ok(None)
    }
}
