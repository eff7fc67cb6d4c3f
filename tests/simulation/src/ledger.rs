//! The orders of a world, as their own table has them.

use crate::services::ORDER;
use crate::world::World;
use hanse_database::sql::Sql;
use hanse_kernel::{CartId, OrderId, Timestamp, VariantId};

/// An order as its own table has it.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: OrderId,
    pub state: String,
    pub cart: CartId,
    pub placed: Timestamp,
    pub confirmed: bool,
    pub codes: String,
    pub fulfilled: i64,
    pub total: i64,
    pub refunded: i64,
    /// Money for it could not be set aside anew: nothing is sent before somebody has seen to that.
    pub attention: bool,
    /// Variant, quantity, price.
    pub lines: Vec<(VariantId, i64, i64)>,
    /// What of each variant is with the shopper, or will be.
    pub gone: Vec<(VariantId, i64)>,
}

pub fn orders(world: &World) -> Vec<Row> {
    let rows = world.look(ORDER, (), |tx, ()| {
        Box::pin(async move {
            let mut rows: Vec<Row> = tx
                .query(
                    "select id, state, cart_id, placed_at, confirmed_at is not null, discount_codes,
                       total_amount, refunded, attention
                     from orders order by id",
                    &[],
                    |r| {
                        Ok(Row {
                            id: r.id(0)?,
                            state: r.get(1)?,
                            cart: r.get(2)?,
                            placed: r.get(3)?,
                            confirmed: r.get(4)?,
                            codes: r.get(5)?,
                            fulfilled: 0,
                            total: r.get(6)?,
                            refunded: r.get(7)?,
                            attention: r.get(8)?,
                            lines: vec![],
                            gone: vec![],
                        })
                    },
                )
                .await?;
            let lines = tx
                .query(
                    "select order_id, variant_id, quantity, unit_price, fulfilled, cancelled, returned from order_lines
                     order by order_id, position",
                    &[],
                    |r| {
                        let line: (VariantId, i64, i64) = (r.id(1)?, r.get(2)?, r.get(3)?);
                        let counts: [i64; 3] = [r.get(4)?, r.get(5)?, r.get(6)?];
                        Ok((r.id::<OrderId>(0)?, line, counts))
                    },
                )
                .await?;
            for (order, line, [fulfilled, cancelled, returned]) in lines {
                let Some(row) = rows.iter_mut().find(|row| row.id == order) else { continue };
                let stands = matches!(row.state.as_str(), "confirmed" | "confirmed_held");
                let gone = if stands { line.1 - cancelled } else { fulfilled };
                row.gone.push((line.0, gone - returned));
                row.lines.push(line);
                row.fulfilled += fulfilled;
            }
            Ok(rows)
        })
    });
    rows.unwrap_or_default()
}
