//! Use case: a guest asked to be forgotten. They have no account that an erasure could begin with, so it is asked for by the
//! order. It is stripped like those of erased customers: at once when it has ended, else when it has.

use super::desk::Desk;
use super::error::OrderError;
use super::forget::LONGEST;
use hanse_database::Tx;
use hanse_kernel::{Ctx, OrderId, Timestamp};
use hanse_order_contract::OrderPersonErased;
use hanse_record::Entry;

/// Orders looked at together.
const BATCH: i64 = 100;

#[derive(Clone)]
pub struct ErasePerson(pub Desk);

impl ErasePerson {
    /// Asked once more it is as fine as the first time.
    pub async fn run(&self, ctx: &Ctx, order: OrderId) -> Result<(), OrderError> {
        let input = (self.clone(), ctx.clone(), order);
        self.0.db.tx(input, |tx, (this, ctx, order)| Box::pin(this.take(tx, ctx, *order))).await
    }

    async fn take(&self, tx: &mut Tx, ctx: &Ctx, id: OrderId) -> Result<(), OrderError> {
        let (desk, now) = (&self.0, self.0.effects.now());
        let before = desk.find(tx, id).await?;
        if let Some(customer) = before.customer {
            return Err(OrderError::OfCustomer(customer));
        }
        if !desk.forgotten.note_order(tx, id, now).await? {
            return Ok(());
        }
        let mut order = before.clone();
        order.events += 1;
        if !desk.orders.save(tx, &before, &order, now).await? {
            return Err(OrderError::Conflict);
        }
        let event = OrderPersonErased { order_id: id, cart_id: order.cart };
        desk.outbox.event(tx, ctx, &id, order.events, &event).await?;
        desk.record.note(tx, ctx, Entry::new("order.person_erased", "order", id)).await?;
        desk.forgotten.strip_order(tx, id, false, now).await?;
        Ok(())
    }

    /// One round over all that are still to be stripped, a unit for each; how many were.
    pub async fn go_on(&self) -> Result<u64, OrderError> {
        let (mut stripped, mut after) = (0, None);
        loop {
            let noted = self.0.db.read((self.0.clone(), after), |tx, (desk, after)| {
                Box::pin(
                    async move { Ok::<_, OrderError>(desk.forgotten.noted_orders(tx, *after, BATCH).await?) },
                )
            });
            let noted = noted.await?;
            let Some((last, _)) = noted.last() else { return Ok(stripped) };
            after = Some(*last);
            for (order, asked_at) in noted {
                stripped += u64::from(self.one(order, asked_at).await?);
            }
        }
    }

    async fn one(&self, order: OrderId, asked_at: Timestamp) -> Result<bool, OrderError> {
        let input = (self.0.clone(), order, asked_at);
        let gone = self.0.db.tx(input, |tx, (desk, order, asked_at)| {
            Box::pin(async move {
                let now = desk.effects.now();
                let all = now.since(*asked_at) > LONGEST;
                Ok::<_, OrderError>(desk.forgotten.strip_order(tx, *order, all, now).await?)
            })
        });
        let gone = gone.await?;
        metrics::counter!("retention_deleted_total", "what" => "names_in_orders").increment(u64::from(gone));
        Ok(gone)
    }
}
