//! What is made of messages alone: the figures of the day, and what the shop window shows. At rest they say what those
//! say whom the things belong to.

use crate::judge::Wrong;
use crate::ledger::Row;
use crate::services::{ANALYTICS, INVENTORY, PRICING, PRODUCT};
use crate::shop::Stage;
use crate::world::World;
use hanse_database::sql::Sql;
use hanse_kernel::{OrderId, VariantId};
use std::collections::BTreeMap;

/// 10: analytics counts each order once, as what it is.
pub fn sales(world: &World, orders: &[Row], wrong: &mut Vec<Wrong>) {
    let counted = world.look(ANALYTICS, (), |tx, ()| {
        Box::pin(async move {
            let sql =
                "select order_id, placed, confirmed, cancelled, refunded, coalesce(total, -1) from sale";
            tx.query(sql, &[], |r| {
                let sale: [i64; 5] = [r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?];
                Ok((r.id::<OrderId>(0)?, sale))
            })
            .await
        })
    });
    let counted: BTreeMap<_, _> = counted.unwrap_or_default().into_iter().collect();
    for order in orders {
        // Money that was taken goes back in a refund, whether the order was cancelled or not.
        let cancelled: &[i64] = match order.state.as_str() {
            "cancelled" => &[1],
            "refunded" => &[0, 1],
            _ => &[0],
        };
        let is = cancelled.iter().map(|c| [1, i64::from(order.confirmed), *c, order.refunded, order.total]);
        let is: Vec<_> = is.collect();
        match counted.get(&order.id) {
            Some(sale) if is.contains(sale) => {}
            sale => {
                let detail = format!(
                    "{} is counted as {sale:?}, it is {is:?} (placed, confirmed, cancelled, refunded, total)",
                    order.state
                );
                wrong.push(Wrong::new(10, order.id.to_string(), detail));
            }
        }
    }
}

/// 10: product shows the stock and the price that inventory and pricing have.
pub fn shop_window(world: &World, stage: &Stage, wrong: &mut Vec<Wrong>) {
    let of = |service, sql: &'static str| -> BTreeMap<String, i64> {
        let found = world.look(service, sql, |tx, sql| {
            Box::pin(async move {
                tx.query(sql, &[], |r| Ok((r.id::<VariantId>(0)?.to_string(), r.get::<i64>(1)?))).await
            })
        });
        found.unwrap_or_default().into_iter().collect()
    };
    let stock = "select variant_id, cast(sum(available) as bigint) from stock_level group by variant_id";
    let pairs = [
        ("stock", of(INVENTORY, stock), of(PRODUCT, "select variant_id, available from known_level")),
        (
            "price",
            of(PRICING, "select variant_id, amount from prices"),
            of(PRODUCT, "select variant_id, amount from known_price"),
        ),
    ];
    for ware in &stage.wares {
        for (what, is, shown) in &pairs {
            let (is, shown) = (is.get(&ware.variant), shown.get(&ware.variant));
            if is.is_none() || is != shown {
                let detail = format!("its {what} is shown as {shown:?}, it is {is:?}");
                wrong.push(Wrong::new(10, ware.variant.clone(), detail));
            }
        }
    }
}
