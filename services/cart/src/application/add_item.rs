//! Use case: put pieces of a variant into the cart.
//!
//! Stock is only looked at, nothing is held: what is sold out is refused, more than there is may be put in and shows
//! its problem. While stock cannot be asked, adding goes on; checkout reserves for real.

use super::look::Look;
use super::view::sold_out;
use super::{CartError, CartView, Desk};
use crate::domain::{Cart, Fault, Line};
use hanse_kernel::{CartId, Ctx, VariantId};
use uuid::Uuid;

#[derive(Clone)]
pub struct AddItem(pub Desk);

#[derive(Debug, Clone)]
pub struct NewItem {
    pub variant: VariantId,
    pub quantity: i64,
    pub metadata: String,
    /// The same when the same request is tried again.
    pub operation: Option<Uuid>,
}

impl AddItem {
    pub async fn run(
        &self,
        ctx: &Ctx,
        cart: CartId,
        version: Option<i64>,
        new: NewItem,
    ) -> Result<CartView, CartError> {
        let line = Line {
            id: self.0.effects.id(),
            variant: new.variant,
            quantity: new.quantity,
            metadata: new.metadata,
        };
        let change = |cart: &mut Cart| Ok(cart.add(line.clone(), new.operation)?);
        let verify = |before: &Cart, look: &Look| {
            // Done before: whatever has sold out since, this request has had its effect.
            let done = new.operation.is_some_and(|operation| before.operations.contains(&operation));
            if done { Ok(()) } else { sellable(new.variant, look) }
        };
        self.0.edit(ctx, cart, version, change, verify).await
    }
}

fn sellable(variant: VariantId, look: &Look) -> Result<(), CartError> {
    match look.variants.known.get(&variant) {
        Some(facts) if facts.published => {}
        None if !look.variants.complete => return Err(CartError::Away("the catalogue")),
        _ => return Err(Fault::new("variant_id", "unknown_variant", "is not for sale here").into()),
    }
    match &look.levels {
        Some(levels) if sold_out(levels.get(&variant)) => Err(CartError::OutOfStock),
        _ => Ok(()),
    }
}
