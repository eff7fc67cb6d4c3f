//! The books: shelves, carts, codes and the bank's against what the services say of them.

use crate::bank::Standing;
use crate::judge::Wrong;
use crate::ledger::Row;
use crate::services::{CART, INVENTORY, PAYMENT, PRICING};
use crate::shop::Stage;
use crate::truth::Truth;
use crate::world::World;
use hanse_database::sql::Sql;
use hanse_kernel::{CartId, OrderId, PaymentId, VariantId};
use std::collections::{BTreeMap, BTreeSet};

/// 1: never more is sold than was ever put on the shelf, and nothing comes in that nobody counted.
pub fn shelves(world: &World, orders: &[Row], stage: &Stage, truth: &Truth, wrong: &mut Vec<Wrong>) {
    let mut gone: BTreeMap<String, i64> = BTreeMap::new();
    for (variant, quantity) in orders.iter().flat_map(|order| &order.gone) {
        *gone.entry(variant.to_string()).or_default() += quantity;
    }
    let found = world.look(INVENTORY, (), |tx, ()| {
        Box::pin(async move {
            let sql = "select variant_id, cast(sum(received) as bigint) from stock_level group by variant_id";
            tx.query(sql, &[], |r| Ok((r.id::<VariantId>(0)?.to_string(), r.get::<i64>(1)?))).await
        })
    });
    let received: BTreeMap<_, _> = found.unwrap_or_default().into_iter().collect();
    let facts = truth.facts();
    for ware in &stage.wares {
        let (least, most) = facts.shelved.get(&ware.variant).copied().unwrap_or_default();
        let (least, most) = (ware.stock + least, ware.stock + most);
        let gone = gone.get(&ware.variant).copied().unwrap_or(0);
        if gone > most {
            wrong.push(Wrong::new(1, ware.variant.clone(), format!("{gone} sold of {most}")));
        }
        let received = received.get(&ware.variant).copied().unwrap_or(0);
        if received < least || received > most {
            let detail = format!("{received} are said to have come in, {least} to {most} did");
            wrong.push(Wrong::new(1, ware.variant.clone(), detail));
        }
    }
}

/// 14: what somebody put into carts is there, but for what their confirmed orders took out.
pub fn carts(world: &World, orders: &[Row], truth: &Truth, wrong: &mut Vec<Wrong>) {
    let found = world.look(CART, (), |tx, ()| {
        Box::pin(async move {
            tx.query(
                "select cart_id, variant_id, cast(sum(quantity) as bigint) from cart_lines
                 group by cart_id, variant_id",
                &[],
                |r| Ok((r.get::<CartId>(0)?, r.id::<VariantId>(1)?, r.get::<i64>(2)?)),
            )
            .await
        })
    });
    let Some(found) = found else {
        wrong.push(Wrong::new(0, "carts", "cannot be read"));
        return;
    };
    let facts = truth.facts();
    let owner = |cart: CartId| facts.owners.get(&cart.to_string()).cloned().unwrap_or_default();
    let mut there: BTreeMap<(String, String), i64> = BTreeMap::new();
    for (cart, variant, quantity) in found {
        *there.entry((owner(cart), variant.to_string())).or_default() += quantity;
    }
    for (who, filled) in &facts.carts {
        for (variant, (least, most)) in filled {
            let mine = orders.iter().filter(|order| order.confirmed && owner(order.cart) == *who);
            let taken: i64 = mine
                .flat_map(|order| &order.lines)
                .filter(|(v, ..)| v.to_string() == *variant)
                .map(|(_, quantity, _)| quantity)
                .sum();
            let there = there.get(&(who.clone(), variant.clone())).copied().unwrap_or(0);
            if there < least - taken || there > most - taken {
                let detail = format!(
                    "{variant}: {there} in the carts, {least} to {most} were put in, orders took {taken} out"
                );
                wrong.push(Wrong::new(14, who, detail));
            }
        }
    }
}

/// 15: a limited code is on no more orders than it may be, and exactly the confirmed ones have redeemed it.
pub fn codes(world: &World, orders: &[Row], wrong: &mut Vec<Wrong>) {
    let on = |order: &&Row, code: &str| order.codes.contains(code);
    let live = |order: &&Row| order.confirmed || !matches!(order.state.as_str(), "rejected" | "cancelled");
    let few = orders.iter().filter(live).filter(|order| on(order, "FEW")).count();
    let limit = usize::try_from(crate::shop::FEW).unwrap_or(0);
    // A cancellation gives the code free again, so only orders that stand are counted against the limit.
    let stand = |o: &&Row| matches!(o.state.as_str(), "confirmed" | "confirmed_held");
    let standing = orders.iter().filter(stand).filter(|o| on(o, "FEW")).count();
    if standing > limit {
        wrong.push(Wrong::new(15, "FEW", format!("{standing} orders stand with it ({few} had it)")));
    }
    let redeemed = world.look(PRICING, (), |tx, ()| {
        Box::pin(async move {
            tx.query("select order_id from discount_orders where state = 'redeemed'", &[], |r| {
                r.id::<OrderId>(0)
            })
            .await
        })
    });
    let redeemed: BTreeSet<OrderId> = redeemed.unwrap_or_default().into_iter().collect();
    for order in orders.iter().filter(stand) {
        if (on(&order, "FEW") || on(&order, "GIFT")) && !redeemed.contains(&order.id) {
            wrong.push(Wrong::new(15, order.id.to_string(), "is confirmed and its code is not redeemed"));
        }
    }
}

/// 5, 6, 7, 8: the bank's books agree with those of payment, and with what became of the orders.
pub fn bank(world: &World, orders: &[Row], wrong: &mut Vec<Wrong>) {
    const SQL: &str =
        "select id, order_id, captured, refunded, authorized - captured - released, state from payment";
    let payments = world.look(PAYMENT, (), |tx, ()| {
        Box::pin(async move {
            tx.query(SQL, &[], |r| {
                let money = [r.get::<i64>(2)?, r.get::<i64>(3)?, r.get::<i64>(4)?];
                Ok((r.id::<PaymentId>(0)?, (r.id::<OrderId>(1)?, money, r.get::<String>(5)?)))
            })
            .await
        })
    });
    let payments: BTreeMap<_, _> = payments.unwrap_or_default().into_iter().collect();
    for (_, charge) in world.bank.charges() {
        let Some(payment) = charge.payment else { continue };
        let name = payment.to_string();
        let Some((order, [captured, refunded, aside], state)) = payments.get(&payment) else {
            wrong.push(Wrong::new(5, name, "the bank knows it, payment does not"));
            continue;
        };
        if (charge.captured, charge.refunded) != (*captured, *refunded) {
            let detail = format!(
                "captured {captured} and refunded {refunded} ({state}), at the bank {} and {}",
                charge.captured, charge.refunded
            );
            wrong.push(Wrong::new(5, &name, detail));
        }
        let live = match charge.standing {
            Standing::Authorised => charge.captured < charge.amount,
            Standing::Asked => true,
            Standing::Declined | Standing::Voided => false,
        };
        let held = match charge.standing {
            Standing::Authorised if world.now() < charge.lapses => charge.amount - charge.captured,
            _ => 0,
        };
        let order = orders.iter().find(|row| row.id == *order);
        let attention = order.is_some_and(|order| order.attention);
        if *aside > held && !attention {
            let detail = format!("payment holds {aside} to be set aside ({state}), at the bank it is {held}");
            wrong.push(Wrong::new(8, &name, detail));
        }
        let over = order.is_none_or(|o| matches!(o.state.as_str(), "rejected" | "cancelled" | "refunded"));
        if live && charge.captured == 0 && over {
            let detail = format!("is still {:?} at the bank, its order is over", charge.standing);
            wrong.push(Wrong::new(7, &name, detail));
        }
        if over && charge.captured > charge.refunded {
            wrong.push(Wrong::new(6, &name, "the bank holds money of an order that is over"));
        }
    }
}
