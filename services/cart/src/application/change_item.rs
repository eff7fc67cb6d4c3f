//! Use cases: another quantity of a line, and taking a line out.

use super::{CartError, CartView, Desk};
use crate::domain::Cart;
use hanse_kernel::{CartId, Ctx, ItemId};

#[derive(Clone)]
pub struct ChangeItem(pub Desk);

impl ChangeItem {
    pub async fn set_quantity(
        &self,
        ctx: &Ctx,
        cart: CartId,
        version: Option<i64>,
        item: ItemId,
        quantity: i64,
    ) -> Result<CartView, CartError> {
        let change = |cart: &mut Cart| match cart.set_quantity(item, quantity)? {
            true => Ok(()),
            false => Err(CartError::NoSuchItem),
        };
        self.0.edit(ctx, cart, version, change, |_, _| Ok(())).await
    }

    pub async fn remove(
        &self,
        ctx: &Ctx,
        cart: CartId,
        version: Option<i64>,
        item: ItemId,
    ) -> Result<CartView, CartError> {
        let change = |cart: &mut Cart| if cart.remove(item) { Ok(()) } else { Err(CartError::NoSuchItem) };
        self.0.edit(ctx, cart, version, change, |_, _| Ok(())).await
    }
}
