//! The judgement at the end: the audit's own code on the services, and what only somebody outside of them knows.

use crate::audit;
use crate::ledger::{Row, orders};
use crate::services::NAMES;
use crate::shop::Stage;
use crate::truth::Truth;
use crate::world::World;
use crate::{books, figures};
use hanse_database::sql::Sql;
use hanse_rpc::OPERATOR;
use std::collections::BTreeSet;
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
    match audit::look(
        audit::Sight::new(&network, &NAMES, &world.effects(), hanse_rpc::OPERATOR),
        audit::Scope { log: audit::Reach::Whole, ..audit::Scope::all(Duration::from_secs(2)) },
    )
    .await
    {
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
    wrong.extend(truth.facts().objections.iter().map(|(number, who, what)| Wrong::new(*number, who, what)));
    books::shelves(world, &orders, stage, truth, &mut wrong);
    books::carts(world, &orders, truth, &mut wrong);
    books::codes(world, &orders, &mut wrong);
    books::bank(world, &orders, &mut wrong);
    figures::sales(world, &orders, &mut wrong);
    figures::shop_window(world, stage, &mut wrong);
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
