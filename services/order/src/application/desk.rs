//! What all use cases share: the store, the outbox, and how a changed order is saved and told.

use super::error::OrderError;
use super::ports::{Forgotten, Note, OrderViews, Orders, Parts};
use super::waiting::Waiters;
use crate::domain::order::{Changed, Order, Restock, Shipment};
use crate::domain::saga::{Effect, Milestone, News};
use hanse_database::{Db, Tx};
use hanse_inventory_contract as inventory;
use hanse_kernel::{Ctx, Effects, OrderId, Timestamp};
use hanse_messaging::Outbox;
use hanse_order_contract as contract;
use hanse_payment_contract as payment;
use hanse_record::{Entry, Record};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// A restock that is not answered is asked for again after this.
const RESTOCK_AGAIN: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub struct Desk {
    pub db: Db,
    pub outbox: Outbox,
    pub record: Record,
    pub effects: Effects,
    pub orders: Arc<dyn Orders>,
    pub parts: Arc<dyn Parts>,
    pub views: Arc<dyn OrderViews>,
    pub forgotten: Arc<dyn Forgotten>,
    pub waiters: Waiters,
    /// How long a request waits for its order to settle.
    pub wait: Duration,
}

impl Desk {
    pub async fn find(&self, tx: &mut Tx, id: OrderId) -> Result<Order, OrderError> {
        self.orders.find(tx, id).await?.ok_or(OrderError::NotFound)
    }

    /// Saves `order`, which was `before`, and sends what its change asks for; all in the caller's unit.
    pub async fn settle(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        before: &Order,
        mut order: Order,
        changed: Changed,
        tracking: Option<&str>,
    ) -> Result<(), OrderError> {
        if order == *before && changed == Changed::default() {
            return Ok(());
        }
        let now = self.effects.now();
        let notes = number(&mut order, &changed.effects, now);
        let first_event = order.events + 1;
        order.events += events(&changed);
        if !self.orders.save(tx, before, &order, now).await? {
            return Err(OrderError::Conflict);
        }
        self.orders.add_notes(tx, order.id, &notes).await?;
        let mut version = first_event;
        if let Some(shipment) = &changed.shipment {
            self.parts.shipped(tx, order.id, shipment, tracking, now).await?;
            let event = fulfilled(&order, shipment);
            self.outbox.event(tx, ctx, &order.id, version, &event).await?;
            version += 1;
        }
        for effect in &changed.effects {
            match effect {
                Effect::Tell(news) => {
                    self.tell(tx, ctx, &order, version, news).await?;
                    version += 1;
                }
                other => self.ask(tx, ctx, &order, other).await?,
            }
        }
        if let Some(restock) = &changed.restock {
            self.parts.restocking(tx, order.id, restock, now, now.plus(RESTOCK_AGAIN)).await?;
            self.ask_restock(tx, ctx, order.id, restock).await?;
        }
        self.wake(tx, &order);
        Ok(())
    }

    /// Tells those who wait for the order, once the unit is committed.
    pub fn wake(&self, tx: &mut Tx, order: &Order) {
        let (waiters, id, settled) = (self.waiters.clone(), order.id, order.saga.is_settled());
        tx.after_commit(move || waiters.wake(id, settled));
    }

    pub async fn ask_restock(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        order_id: OrderId,
        restock: &Restock,
    ) -> Result<(), OrderError> {
        let line = |p: &crate::domain::order::Piece| inventory::StockLine {
            variant_id: p.variant,
            quantity: p.quantity,
        };
        let lines = |pieces: &[crate::domain::order::Piece]| pieces.iter().map(line).collect();
        let (all, returned) = (lines(&restock.pieces), Some(lines(&restock.returned)));
        let command = inventory::Restock { order_id, restock_id: restock.id, lines: all, returned };
        Ok(self.outbox.command(tx, ctx, &order_id, &command).await?)
    }

    async fn ask(&self, tx: &mut Tx, ctx: &Ctx, order: &Order, effect: &Effect) -> Result<(), OrderError> {
        let (outbox, order_id) = (&self.outbox, order.id);
        match *effect {
            Effect::ReserveStock => {
                let command = inventory::ReserveStock { order_id, lines: stock_lines(order) };
                outbox.command(tx, ctx, &order_id, &command).await?;
            }
            Effect::RenewHold { until } => {
                outbox.command(tx, ctx, &order_id, &inventory::RenewHold { order_id, until }).await?;
            }
            Effect::CommitStock => {
                let command = inventory::CommitStock { order_id, lines: stock_lines(order) };
                outbox.command(tx, ctx, &order_id, &command).await?;
            }
            Effect::ReleaseStock => {
                outbox.command(tx, ctx, &order_id, &inventory::ReleaseStock { order_id }).await?;
            }
            Effect::Authorize(payment_id) => {
                let command = payment::Authorize { payment_id, order_id, renewal: 0 };
                outbox.command(tx, ctx, &order_id, &command).await?;
            }
            Effect::Renew { payment: payment_id, renewal } => {
                let command = payment::Authorize { payment_id, order_id, renewal };
                outbox.command(tx, ctx, &order_id, &command).await?;
            }
            Effect::CancelPayment(payment_id) => {
                outbox.command(tx, ctx, &order_id, &payment::CancelPayment { payment_id, order_id }).await?;
            }
            Effect::Capture { payment: payment_id, capture: capture_id, amount } => {
                let command = payment::Capture { payment_id, order_id, capture_id, amount };
                outbox.command(tx, ctx, &order_id, &command).await?;
            }
            Effect::Refund { payment: payment_id, refund: refund_id, amount } => {
                let command = payment::Refund { payment_id, order_id, refund_id, amount };
                outbox.command(tx, ctx, &order_id, &command).await?;
            }
            Effect::VoidRest(payment_id) => {
                outbox.command(tx, ctx, &order_id, &payment::VoidRest { payment_id, order_id }).await?;
            }
            Effect::Alarm(what) => {
                let state = order.saga.state.as_str();
                tx.after_commit(move || {
                    tracing::error!(order = %order_id, state, "{what}");
                    metrics::counter!("order_saga_alarms_total", "state" => state).increment(1);
                });
            }
            // Notes are written with the order; lines have been marked by the order itself; news are told above.
            Effect::Note(_) | Effect::CancelUnsent { .. } | Effect::Tell(_) => {}
        }
        Ok(())
    }

    async fn tell(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        order: &Order,
        version: i64,
        news: &News,
    ) -> Result<(), OrderError> {
        let (order_id, number) = (order.id, order.number.as_str().to_string());
        let discount_codes = order.discount_codes.clone();
        let reason = order.saga.reason.map(|r| r.as_str().to_string()).unwrap_or_default();
        let outbox = &self.outbox;
        match *news {
            News::Confirmed => {
                let event = contract::OrderConfirmed {
                    order_id,
                    number,
                    channel: order.channel.clone(),
                    cart_id: order.cart,
                    customer_id: order.customer,
                    total: order.total(),
                    lines: order_lines(order),
                    discount_codes,
                    placed_at: order.placed_at(),
                };
                outbox.event(tx, ctx, &order_id, version, &event).await?;
            }
            News::Rejected => {
                let event = contract::OrderRejected { order_id, number, reason, discount_codes };
                outbox.event(tx, ctx, &order_id, version, &event).await?;
            }
            News::Cancelled => {
                let was_confirmed = order.saga.confirmed_at.is_some();
                let event =
                    contract::OrderCancelled { order_id, number, reason, was_confirmed, discount_codes };
                outbox.event(tx, ctx, &order_id, version, &event).await?;
            }
            News::Refunded { amount, complete } => {
                let refunded_total = order.saga.refunded;
                let event = contract::OrderRefunded { order_id, number, amount, refunded_total, complete };
                outbox.event(tx, ctx, &order_id, version, &event).await?;
            }
        }
        Ok(())
    }
}

/// What somebody has done to an order, for the audit log: what changed of it, and by which operation.
pub fn deed(action: &'static str, before: &Order, after: &Order, details: Value) -> Entry {
    let mut became = standing(after);
    if let (Value::Object(became), Value::Object(details)) = (&mut became, details) {
        became.extend(details);
    }
    Entry::new(action, "order", after.id).changed(standing(before), became)
}

fn standing(order: &Order) -> Value {
    let saga = &order.saga;
    let shipped: i64 = order.lines.iter().map(|line| line.counts.fulfilled).sum();
    json!({"state": saga.state.as_str(), "refunded": saga.refunded, "shipped": shipped})
}

/// The notes among the effects, numbered on from the order's last.
pub fn number(order: &mut Order, effects: &[Effect], now: Timestamp) -> Vec<Note> {
    let milestones = effects.iter().filter_map(|effect| match effect {
        Effect::Note(milestone) => Some(*milestone),
        _ => None,
    });
    milestones
        .map(|event: Milestone| {
            order.notes += 1;
            Note { seq: order.notes, at: now, event }
        })
        .collect()
}

fn events(changed: &Changed) -> i64 {
    let news = changed.effects.iter().filter(|effect| matches!(effect, Effect::Tell(_))).count();
    i64::try_from(news).unwrap_or(0) + i64::from(changed.shipment.is_some())
}

fn fulfilled(order: &Order, shipment: &Shipment) -> contract::OrderFulfilled {
    let line = |p: &crate::domain::order::Piece| contract::OrderLine {
        item_id: p.item,
        variant_id: p.variant,
        quantity: p.quantity,
    };
    contract::OrderFulfilled {
        order_id: order.id,
        number: order.number.as_str().to_string(),
        shipment_id: shipment.id,
        lines: shipment.pieces.iter().map(line).collect(),
        complete: shipment.complete,
        tracking: None,
    }
}

pub fn order_lines(order: &Order) -> Vec<contract::OrderLine> {
    let line = |l: &crate::domain::order::Line| contract::OrderLine {
        item_id: l.item,
        variant_id: l.variant,
        quantity: l.quantity,
    };
    order.lines.iter().map(line).collect()
}

fn stock_lines(order: &Order) -> Vec<inventory::StockLine> {
    let line = |(variant_id, quantity)| inventory::StockLine { variant_id, quantity };
    order.stock_lines().into_iter().map(line).collect()
}
