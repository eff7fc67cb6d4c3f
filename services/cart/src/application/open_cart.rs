//! Use case: a new, empty cart.

use super::{CartError, CartView, Desk};
use crate::domain::Cart;
use hanse_kernel::{Actor, CartId, Ctx};

#[derive(Clone)]
pub struct OpenCart(pub Desk);

impl OpenCart {
    /// # Errors
    /// [`CartError::Away`] when it has never been known what the channel sells in.
    pub async fn run(&self, ctx: &Ctx) -> Result<CartView, CartError> {
        let Self(desk) = self;
        let channel = desk.neighbours.pricing.channel(ctx, &ctx.channel).await;
        let channel = channel.map_err(|_| CartError::Away("pricing"))?.ok_or(CartError::NotFound)?;
        let customer = match ctx.actor {
            Actor::Customer { user } => Some(user),
            _ => None,
        };
        let id = CartId::random(&*desk.effects.rng);
        let now = desk.effects.now();
        let cart = Cart::new(id, ctx.channel.clone(), channel.currency, ctx.locale.clone(), customer, now);
        desk.store.insert(&cart).await?;
        let look = desk.neighbours.look(ctx, &cart).await;
        Ok(CartView::new(cart, look, &ctx.locale))
    }
}
