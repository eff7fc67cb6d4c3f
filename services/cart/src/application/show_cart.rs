//! Use case: the whole cart. The first time a customer comes with a guest's cart, it becomes theirs.

use super::{CartError, CartView, Desk};
use crate::domain::Cart;
use hanse_database::DbError;
use hanse_kernel::{CartId, Ctx};

#[derive(Clone)]
pub struct ShowCart(pub Desk);

impl ShowCart {
    /// A store that can only be read for now still shows it; it becomes the customer's later.
    pub async fn run(&self, ctx: &Ctx, id: CartId) -> Result<CartView, CartError> {
        match self.0.edit(ctx, id, None, |_: &mut Cart| Ok(()), |_, _| Ok(())).await {
            Err(CartError::Store(DbError::Unavailable(_))) => self.untouched(ctx, id).await,
            answer => answer,
        }
    }

    /// As others see it for an answer of theirs: nothing is bound or changed.
    pub async fn untouched(&self, ctx: &Ctx, id: CartId) -> Result<CartView, CartError> {
        let cart = self.0.open(ctx, id).await?;
        let look = self.0.neighbours.look(ctx, &cart).await;
        Ok(CartView::new(cart, look, &ctx.locale))
    }
}
