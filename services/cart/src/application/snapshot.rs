//! Use case: the cart as checkout needs it. Binds and changes nothing.

use super::CartError;
use super::ports::{CartStore, Standing};
use crate::domain::Cart;
use hanse_kernel::{CartId, Clock, UserId};
use std::sync::Arc;

#[derive(Clone)]
pub struct TakeSnapshot {
    pub store: Arc<dyn CartStore>,
    pub clock: Arc<dyn Clock>,
}

impl TakeSnapshot {
    /// A guest's cart opens to whoever holds its id, also to a customer who has just logged in.
    pub async fn run(&self, id: CartId, customer: Option<UserId>) -> Result<Standing, CartError> {
        let found = self.store.load_standing(id, self.clock.now()).await?;
        let theirs = |cart: &Cart| cart.customer.is_none() || cart.customer == customer;
        found.filter(|found| theirs(&found.cart)).ok_or(CartError::NotFound)
    }
}
