//! Use cases: what messages of others do to carts.

use super::CartError;
use super::ports::CartEffects;
use crate::domain::ConfirmedOrder;
use hanse_database::Tx;
use hanse_kernel::{CartId, Clock, UserId};
use std::sync::Arc;

#[derive(Clone)]
pub struct Follow {
    pub effects: Arc<dyn CartEffects>,
    pub clock: Arc<dyn Clock>,
}

impl Follow {
    /// Its items leave the cart, once, so that a second tab neither loses what it added nor buys the same again.
    pub async fn order_confirmed(&self, tx: &mut Tx, order: &ConfirmedOrder) -> Result<(), CartError> {
        Ok(self.effects.take_out(tx, order, self.clock.now()).await?)
    }

    pub async fn user_erased(&self, tx: &mut Tx, user: UserId) -> Result<(), CartError> {
        Ok(self.effects.forget(tx, user).await?)
    }

    /// The guest is to be forgotten who bought what was in it.
    pub async fn guest_erased(&self, tx: &mut Tx, cart: CartId) -> Result<(), CartError> {
        Ok(self.effects.forget_guest(tx, cart).await?)
    }
}
