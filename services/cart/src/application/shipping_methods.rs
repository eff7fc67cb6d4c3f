//! Use case: the ways in which the cart can be sent.

use super::look::ask;
use super::ports::Offer;
use super::{CartError, Desk};
use hanse_kernel::{CartId, Ctx};

#[derive(Clone)]
pub struct ShippingMethods(pub Desk);

impl ShippingMethods {
    /// # Errors
    /// [`CartError::Away`] when pricing, or the catalogue for something it has not told lately, cannot be asked.
    pub async fn run(&self, ctx: &Ctx, id: CartId) -> Result<Vec<Offer>, CartError> {
        let Self(desk) = self;
        let cart = desk.open(ctx, id).await?;
        let variants = desk.neighbours.variants(ctx, &cart).await;
        let ask = ask(&cart, &variants).ok_or(CartError::Away("the catalogue"))?;
        desk.neighbours.pricing.offers(ctx, ask).await.map_err(|_| CartError::Away("pricing"))
    }
}
