//! Use case: a cart becomes an order.
//!
//! Everything the neighbours have to say is asked before the one unit that writes the order, its saga and OrderPlaced.
//! The order's id was fixed when the idempotency key was claimed, so a try that died half-way is taken up where it was.

use super::assemble::{Assembly, complete, sellable};
use super::desk::{Desk, number, order_lines};
use super::error::OrderError;
use super::ports::{
    CartOrders, Carts, Catalogue, Claims, DiscountHold, NeighbourError, Opened, Orders, PaymentChoice,
    Payments, Pricing,
};
use super::waiting::Settled;
use crate::domain::order::Placing;
use crate::domain::saga::{CaptureMode, Effect, Milestone};
use hanse_database::{DbError, Tx};
use hanse_kernel::{CartId, Ctx, Money, OrderId, Timestamp};
use hanse_order_contract::OrderPlaced;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// A discount's hold must outlast the making of the order by this much, so that it cannot be freed under it.
const HOLD_MARGIN: Duration = Duration::from_secs(5 * 60);

/// Carts of one process that become orders at the same time. The others wait in line: each question to a neighbour must be
/// answered within seconds, which all of a crowd at once would not be.
const AT_ONCE: usize = 32;
/// What a cart needs to become an order, once it is its turn: whoever would have less is told so while there is time.
const MARGIN: Duration = Duration::from_secs(1);

/// Those who wait to be served at checkout, first come, first served.
#[derive(Clone)]
pub struct Line(Arc<Semaphore>);

impl Default for Line {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

#[derive(Clone)]
pub struct PlaceOrder {
    pub desk: Desk,
    pub carts: Arc<dyn Carts>,
    pub catalogue: Arc<dyn Catalogue>,
    pub pricing: Arc<dyn Pricing>,
    pub payments: Arc<dyn Payments>,
    pub claims: Arc<dyn Claims>,
    pub line: Line,
    /// When the money is taken, unless the payment's provider takes it only when goods leave.
    pub capture: CaptureMode,
}

/// What the shopper wants.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The id the order will have.
    pub order: OrderId,
    pub cart: CartId,
    pub cart_version: i64,
    /// What the shopper was shown.
    pub expected: Money,
    /// May be left out when there is nothing to pay.
    pub payment: Option<PaymentChoice>,
}

/// What the unit needs.
struct Ready {
    placing: Placing,
    applied: Vec<OrderId>,
    merged: Vec<CartId>,
    hold_until: Option<Timestamp>,
}

impl PlaceOrder {
    pub async fn run(&self, ctx: &Ctx, wish: Wish) -> Result<Settled, OrderError> {
        let order = wish.order;
        if !self.is_placed(order).await? {
            let _turn = self.turn(ctx).await?;
            // None: another call under the same key has placed it meanwhile.
            if let Some(ready) = self.prepare(ctx, wish).await? {
                self.place(ctx, ready).await?;
            }
        }
        self.desk.settled(ctx, order).await
    }

    /// Waits in line, at most as long as the request has time.
    async fn turn(&self, ctx: &Ctx) -> Result<SemaphorePermit<'_>, OrderError> {
        let turn = self.line.0.acquire();
        let turn = match ctx.deadline {
            None => Some(turn.await),
            Some(deadline) => {
                let patience = deadline.minus(MARGIN).since(self.desk.effects.now());
                self.desk.effects.within(patience, turn).await
            }
        };
        // It is never closed.
        turn.and_then(Result::ok).ok_or(OrderError::Crowded)
    }

    async fn is_placed(&self, order: OrderId) -> Result<bool, OrderError> {
        let input = (self.desk.views.clone(), order);
        self.desk
            .db
            .read(input, |tx, (views, order)| Box::pin(async move { Ok(views.exists(tx, *order).await?) }))
            .await
    }

    async fn prepare(&self, ctx: &Ctx, wish: Wish) -> Result<Option<Ready>, OrderError> {
        let cart = match self.carts.snapshot(ctx, wish.cart).await {
            Err(NeighbourError::NotFound { .. }) => return Err(OrderError::CartNotFound),
            other => other?,
        };
        let wish = Wish { cart: cart.id, ..wish };
        let made = self.made_of(&wish, cart.merged_carts.clone()).await?;
        if made.iter().any(|made| made.includes(wish.order)) {
            return Ok(None);
        }
        not_ordered(&made, &cart.applied_orders)?;
        if cart.version != wish.cart_version {
            return Err(OrderError::CartChanged);
        }
        if cart.lines.is_empty() {
            return Err(OrderError::CartEmpty);
        }
        let ids: Vec<_> = cart.lines.iter().map(|line| line.variant).collect();
        let variants = self.catalogue.variants(ctx, &ids).await?;
        sellable(&cart, &variants)?;
        complete(&cart, &variants)?;
        let quote = self.pricing.quote(ctx, wish.order, &cart, &variants).await?;
        if !quote.problems.is_empty() {
            return Err(OrderError::CartProblems(quote.problems));
        }
        if quote.total != wish.expected {
            let cart = self.carts.show(ctx, wish.cart).await?;
            return Err(OrderError::TotalChanged { cart });
        }
        let customer = cart.customer.or(ctx.actor.user());
        let hold_until = match self.pricing.hold_discount(ctx, wish.order, &cart, customer).await? {
            DiscountHold::Held(until) => until,
            DiscountHold::Refused(problems) => return Err(OrderError::CartProblems(problems)),
        };
        let payment = self.open_payment(ctx, &wish, quote.total).await?;
        let (applied, merged) = (cart.applied_orders.clone(), cart.merged_carts.clone());
        let capture = match (self.capture, payment) {
            (CaptureMode::AtConfirmation, Some(Opened { at_fulfilment: true, .. })) => {
                CaptureMode::AtFulfilment
            }
            (capture, _) => capture,
        };
        let payment = payment.map(|opened| opened.payment);
        let placing = Assembly { wish: &wish, customer, payment, capture }.of(cart, &variants, quote)?;
        Ok(Some(Ready { placing, applied, merged, hold_until }))
    }

    async fn made_of(&self, wish: &Wish, merged: Vec<CartId>) -> Result<Vec<CartOrders>, OrderError> {
        let input = (self.desk.orders.clone(), (wish.cart, wish.cart_version), merged);
        self.desk
            .db
            .read(input, |tx, (orders, cart, merged)| {
                Box::pin(async move { Ok(made(&**orders, tx, *cart, merged).await?) })
            })
            .await
    }

    async fn open_payment(&self, ctx: &Ctx, wish: &Wish, total: Money) -> Result<Option<Opened>, OrderError> {
        if total.is_zero() {
            return Ok(None);
        }
        let choice = wish.payment.as_ref().ok_or(OrderError::PaymentMissing)?;
        match self.payments.open(ctx, wish.order, 1, total, choice).await {
            Err(NeighbourError::Refused { message, .. }) => Err(OrderError::PaymentRefused(message)),
            other => Ok(Some(other?)),
        }
    }

    /// The unit: READ COMMITTED, since it holds what it decides on, first of all. (SERIALIZABLE would take all shoppers who
    /// order at the same moment for conflicts, because new orders lie side by side.)
    async fn place(&self, ctx: &Ctx, ready: Ready) -> Result<(), OrderError> {
        self.desk
            .db
            .tx_queue((self.clone(), ctx.clone(), ready), |tx, (this, ctx, ready)| {
                Box::pin(async move { this.write(tx, ctx, ready).await })
            })
            .await
    }

    async fn write(&self, tx: &mut Tx, ctx: &Ctx, ready: &Ready) -> Result<(), OrderError> {
        let (desk, placing) = (&self.desk, &ready.placing);
        let now = desk.effects.now();
        if !self.claims.stands(tx, placing.id).await? {
            return Err(OrderError::ClaimLost);
        }
        let carts: Vec<CartId> = ready.merged.iter().copied().chain([placing.cart]).collect();
        desk.orders.hold_carts(tx, &carts).await?;
        if ready.hold_until.is_some_and(|until| until < now.plus(HOLD_MARGIN)) {
            return Err(OrderError::Unavailable("pricing"));
        }
        // Another call under the same key may have been a moment earlier.
        if desk.views.exists(tx, placing.id).await? {
            return Ok(());
        }
        let cart = (placing.cart, placing.cart_version);
        let made = made(&*desk.orders, tx, cart, &ready.merged).await?;
        not_ordered(&made, &ready.applied)?;
        let drawn = desk.orders.next_number(tx).await?;
        let payment_id = placing.payment;
        let (mut order, details) = placing.clone().freeze(drawn, now)?;
        let notes = number(&mut order, &[Effect::Note(Milestone::Placed)], now);
        order.events = 1;
        if !desk.orders.insert(tx, &order, &details).await? {
            return Err(OrderError::Conflict);
        }
        desk.orders.add_notes(tx, order.id, &notes).await?;
        if !ready.merged.is_empty() {
            desk.orders.keep_merged(tx, &ready.merged, placing.cart).await?;
        }
        if let Some(payment) = payment_id {
            desk.parts.opened(tx, order.id, 1, payment, now).await?;
        }
        let event = OrderPlaced {
            order_id: order.id,
            number: order.number.as_str().to_string(),
            channel: order.channel.clone(),
            customer_id: order.customer,
            payment_id,
            total: order.total(),
            lines: order_lines(&order),
            discount_codes: order.discount_codes.clone(),
            placed_at: now,
        };
        desk.outbox.event(tx, ctx, &order.id, 1, &event).await?;
        desk.wake(tx, &order);
        Ok(())
    }
}

/// What orders came of a cart, and of those that were merged into it: their lines are in it now.
async fn made(
    orders: &dyn Orders,
    tx: &mut Tx,
    (cart, version): (CartId, i64),
    merged: &[CartId],
) -> Result<Vec<CartOrders>, DbError> {
    let mut made = vec![orders.of_cart(tx, cart, version).await?];
    for cart in merged {
        // The versions of a cart that is no more are nobody's wish.
        made.push(CartOrders { of_version: None, ..orders.of_cart(tx, *cart, 0).await? });
    }
    Ok(made)
}

/// The cart must have taken out what its last order bought; and no order of it may be under way, nor have come of just
/// this version.
fn not_ordered(made: &[CartOrders], applied: &[OrderId]) -> Result<(), OrderError> {
    let lacks = made.iter().filter_map(|made| made.last_confirmed).find(|order| !applied.contains(order));
    let under_way = made.iter().find_map(|made| made.under_way);
    match lacks.or(under_way).or(made.iter().find_map(|made| made.of_version)) {
        Some(order) => Err(OrderError::AlreadyOrdered(order)),
        None => Ok(()),
    }
}
