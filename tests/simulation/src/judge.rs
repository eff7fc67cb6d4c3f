//! The judgement at the end: the audit's own code on the services, and what only somebody outside of them knows.

use crate::audit;
use crate::bank::Standing;
use crate::ledger::{Row, orders};
use crate::services::{CART, NAMES, PAYMENT, PRICING};
use crate::shop::Stage;
use crate::truth::Truth;
use crate::world::World;
use hanse_database::sql::Sql;
use hanse_kernel::{CartId, OrderId, VariantId};
use hanse_rpc::OPERATOR;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Something that must not be. The number is the invariant's; 0: none of them, but wrong all the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wrong {
    pub invariant: u32,
    pub subject: String,
    pub detail: String,
}

impl Wrong {
    pub fn new(invariant: u32, subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { invariant, subject: subject.into(), detail: detail.into() }
    }
}

/// What `hanse audit` finds.
pub async fn by_audit(world: &Arc<World>) -> Vec<Wrong> {
    let network = world.board.network_of(OPERATOR);
    match audit::run(&network, &NAMES, &world.effects(), Duration::from_secs(2)).await {
        Ok(report) => {
            let wrong = report.breaches.into_iter().map(|b| Wrong::new(b.invariant, b.subject, b.detail));
            wrong.collect()
        }
        Err(error) => vec![Wrong::new(0, "audit", error.to_string())],
    }
}

/// What people and the bank know.
pub fn by_outsiders(world: &World, stage: &Stage, truth: &Truth) -> Vec<Wrong> {
    let orders = orders(world);
    let mut wrong = vec![];
    wrong.extend(world.executor.panics().into_iter().map(|panic| Wrong::new(0, "a panic", panic)));
    wrong.extend(world.bank.wrong().into_iter().map(|seen| Wrong::new(8, "the bank", seen)));
    answers(&orders, truth, &mut wrong);
    cancellations(&orders, truth, &mut wrong);
    prices(&orders, truth, &mut wrong);
    shelves(&orders, stage, truth, &mut wrong);
    carts(world, &orders, truth, &mut wrong);
    codes(world, &orders, &mut wrong);
    bank(world, &orders, &mut wrong);
    once(world, &mut wrong);
    wrong
}

/// 4, 21: a key has one order and one answer, byte for byte; every order that people know of exists.
fn answers(orders: &[Row], truth: &Truth, wrong: &mut Vec<Wrong>) {
    for (key, (_, answers)) in &truth.facts().checkouts {
        let ids: BTreeSet<String> = answers.iter().map(|answer| answer.text("id")).collect();
        if ids.len() > 1 {
            wrong.push(Wrong::new(4, key, format!("one key, several orders: {ids:?}")));
        }
        let bodies: BTreeSet<(u16, &[u8])> = answers.iter().map(|a| (a.status, a.bytes.as_slice())).collect();
        if bodies.len() > 1 {
            wrong.push(Wrong::new(21, key, "the same request under the same key was answered differently"));
        }
        for id in ids {
            if !orders.iter().any(|order| order.id.to_string() == id) {
                wrong.push(Wrong::new(4, id, "was acknowledged and does not exist"));
            }
        }
    }
}

/// A granted cancellation is carried out: nothing stays sold but what had been sent.
fn cancellations(orders: &[Row], truth: &Truth, wrong: &mut Vec<Wrong>) {
    let facts = truth.facts();
    for order in orders.iter().filter(|order| facts.cancelled.contains(&order.id.to_string())) {
        if matches!(order.state.as_str(), "confirmed" | "confirmed_held") && order.fulfilled == 0 {
            let detail = format!("its cancellation was granted and it is {}", order.state);
            wrong.push(Wrong::new(12, order.id.to_string(), detail));
        }
    }
}

/// A line's price was the price at some moment between the first click and the order.
fn prices(orders: &[Row], truth: &Truth, wrong: &mut Vec<Wrong>) {
    let facts = truth.facts();
    for (first_click, answers) in facts.checkouts.values() {
        for id in answers.iter().map(|answer| answer.text("id")).collect::<BTreeSet<_>>() {
            let Some(order) = orders.iter().find(|order| order.id.to_string() == id) else { continue };
            for (variant, _, price) in &order.lines {
                let possible = facts.possible_prices(&variant.to_string(), *first_click, order.placed);
                if !possible.contains(price) {
                    let detail = format!("{variant} was sold at {price}, its price was {possible:?}");
                    wrong.push(Wrong::new(9, &id, detail));
                }
            }
        }
    }
}

/// Never more is sold than was ever put on the shelf.
fn shelves(orders: &[Row], stage: &Stage, truth: &Truth, wrong: &mut Vec<Wrong>) {
    let mut gone: BTreeMap<String, i64> = BTreeMap::new();
    for (variant, quantity) in orders.iter().flat_map(|order| &order.gone) {
        *gone.entry(variant.to_string()).or_default() += quantity;
    }
    let facts = truth.facts();
    for ware in &stage.wares {
        let shelved = ware.stock + facts.shelved.get(&ware.variant).copied().unwrap_or(0);
        let gone = gone.get(&ware.variant).copied().unwrap_or(0);
        if gone > shelved {
            wrong.push(Wrong::new(1, ware.variant.clone(), format!("{gone} sold of {shelved}")));
        }
    }
}

/// 14: what was put into a cart is there, but for what its confirmed orders took out.
fn carts(world: &World, orders: &[Row], truth: &Truth, wrong: &mut Vec<Wrong>) {
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
    let mut there: BTreeMap<(String, String), i64> = BTreeMap::new();
    for (cart, variant, quantity) in found {
        there.insert((cart.to_string(), variant.to_string()), quantity);
    }
    for (cart, filled) in &truth.facts().carts {
        for (variant, (least, most)) in filled {
            let mine = orders.iter().filter(|order| order.confirmed && order.cart.to_string() == *cart);
            let taken: i64 = mine
                .flat_map(|order| &order.lines)
                .filter(|(v, ..)| v.to_string() == *variant)
                .map(|(_, quantity, _)| quantity)
                .sum();
            let there = there.get(&(cart.clone(), variant.clone())).copied().unwrap_or(0);
            if there < least - taken || there > most - taken {
                let detail = format!(
                    "{variant}: {there} in it, {least} to {most} were put in, orders took {taken} out"
                );
                wrong.push(Wrong::new(14, cart, detail));
            }
        }
    }
}

/// 15: a limited code is on no more orders than it may be, and exactly the confirmed ones have redeemed it.
fn codes(world: &World, orders: &[Row], wrong: &mut Vec<Wrong>) {
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
fn bank(world: &World, orders: &[Row], wrong: &mut Vec<Wrong>) {
    let payments = world.look(PAYMENT, (), |tx, ()| {
        Box::pin(async move {
            tx.query("select id, order_id, captured, refunded, state from payment", &[], |r| {
                let payment: hanse_kernel::PaymentId = r.id(0)?;
                Ok((payment, (r.id::<OrderId>(1)?, r.get::<i64>(2)?, r.get::<i64>(3)?, r.get::<String>(4)?)))
            })
            .await
        })
    });
    let payments: BTreeMap<_, _> = payments.unwrap_or_default().into_iter().collect();
    for (_, charge) in world.bank.charges() {
        let Some(payment) = charge.payment else { continue };
        let name = payment.to_string();
        let Some((order, captured, refunded, state)) = payments.get(&payment) else {
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
        let order = orders.iter().find(|row| row.id == *order);
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

/// 10: a message has had one effect with each who takes it.
fn once(world: &World, wrong: &mut Vec<Wrong>) {
    for (service, name) in NAMES.iter().enumerate() {
        let twice = world.look(service, (), |tx, ()| {
            Box::pin(async move {
                let sql = "select consumer from sim_effect group by consumer, source, id having count(*) > 1
                           order by consumer limit 5";
                tx.query(sql, &[], |r| r.get::<String>(0)).await
            })
        });
        for consumer in twice.unwrap_or_default() {
            wrong.push(Wrong::new(10, format!("{name}: {consumer}"), "acted twice on one message"));
        }
    }
}
