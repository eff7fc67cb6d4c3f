//! Goods of an order will not be sent, or came back.

use super::desk::{Desk, of_order};
use super::error::StockError;
use crate::domain::{Lines, NotYet};
use hanse_database::Tx;
use hanse_inventory_contract::StockOutcome;
use hanse_kernel::{Ctx, OrderId, VariantId};
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(Clone)]
pub struct Restock(pub Desk);

impl Restock {
    pub async fn run(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        (order, restock): (OrderId, Uuid),
        lines: &Lines,
        returned: Option<&BTreeMap<VariantId, i64>>,
    ) -> Result<(), StockError> {
        let Self(desk) = self;
        let mut found = desk.reservations.find(tx, order).await?.ok_or(NotYet)?;
        let mut stocks = desk.stocks_for(tx, Some(&found), std::iter::empty()).await?;
        if desk.reservations.first_restock(tx, restock, order, desk.effects.now()).await? {
            found.restock(lines, returned, &mut stocks)?;
        }
        let told = of_order(order, StockOutcome::Restocked, Some(restock), &stocks);
        desk.settle(tx, ctx, found, &stocks, told).await
    }
}
