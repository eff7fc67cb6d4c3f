//! Where every change of a cart goes over: load, may this asker, which version, change, ask the neighbours about the
//! outcome, save if nobody was faster, else begin again. The answer is the saved cart as the neighbours saw it.

use super::look::{Look, Neighbours};
use super::ports::{CartStore, Found};
use super::{CartError, CartView};
use crate::domain::Cart;
use hanse_kernel::{Actor, CartId, Ctx, Effects, UserId};
use std::sync::Arc;

/// Others may change the same cart at the same moment; each round at least one of them gets through.
const ROUNDS: usize = 100;
/// How far one cart may have been merged into another, and that into the next.
pub const MERGES: usize = 8;

#[derive(Clone)]
pub struct Desk {
    pub store: Arc<dyn CartStore>,
    pub neighbours: Neighbours,
    pub effects: Effects,
}

impl Desk {
    /// The cart, if the asker may see it.
    pub async fn open(&self, ctx: &Ctx, id: CartId) -> Result<Cart, CartError> {
        let mut id = id;
        for _ in 0..MERGES {
            match self.store.load(id, self.effects.now()).await? {
                Some(Found::Cart(cart)) if cart.opens_for(&ctx.actor) => return Ok(*cart),
                Some(Found::MergedInto(other)) => id = other,
                _ => return Err(CartError::NotFound),
            }
        }
        Err(CartError::NotFound)
    }

    /// Changes a cart. `change` may run several times; `verify` may refuse what came of it, knowing what the
    /// neighbours say. `version`: the one that the asker means, None for whichever.
    pub async fn edit(
        &self,
        ctx: &Ctx,
        id: CartId,
        version: Option<i64>,
        change: impl Fn(&mut Cart) -> Result<(), CartError> + Send + Sync,
        verify: impl Fn(&Cart, &Look) -> Result<(), CartError> + Send + Sync,
    ) -> Result<CartView, CartError> {
        for _ in 0..ROUNDS {
            let before = self.open(ctx, id).await?;
            if version.is_some_and(|v| v != before.version) {
                return Err(CartError::Stale);
            }
            let mut after = before.clone();
            let absorbed = match (&ctx.actor, before.customer) {
                (Actor::Customer { user }, None) => self.bind(&mut after, *user).await?,
                _ => None,
            };
            change(&mut after)?;
            let changed = after != before;
            let look = self.neighbours.look(ctx, &after).await;
            verify(&before, &look)?;
            if changed {
                after.locale = ctx.locale.clone();
                after.touched(self.effects.now());
                let saved = match &absorbed {
                    Some(absorbed) => self.store.merge(&before, &after, absorbed).await?,
                    None => self.store.save(&before, &after).await?,
                };
                if !saved {
                    continue;
                }
            }
            return Ok(CartView::new(after, look, &ctx.locale));
        }
        Err(CartError::Busy)
    }

    /// A guest's cart becomes the customer's who comes with it, and takes in what that customer had in a cart before.
    async fn bind(&self, cart: &mut Cart, customer: UserId) -> Result<Option<Cart>, CartError> {
        cart.bind(customer);
        let earlier = self.store.latest_of(customer, cart.id, self.effects.now()).await?;
        Ok(earlier.filter(|earlier| !earlier.lines.is_empty() && cart.absorb(earlier)))
    }
}
