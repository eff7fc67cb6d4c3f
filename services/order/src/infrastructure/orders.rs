//! The orders as the rules need them, in SQL.

use super::columns;
use super::rows::{self, LINE, ORDER};
use super::sealed::{ACTION, BILLING, EMAIL, LINE_METADATA, METADATA, SHIPPING, seal_address, whose};
use crate::application::ports::{CartOrders, Note, Orders};
use crate::domain::order::{Details, LineDetails, Number, Order};
use crate::domain::saga::State;
use async_trait::async_trait;
use hanse_database::sql::{Bind, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{CartId, OrderId, Personal, Timestamp};
use hanse_vault::{Key, Vault};
use uuid::Uuid;

pub struct OrderTables {
    pub vault: Vault,
}

const INSERT: &str = "insert into orders (id, number, channel, locale, customer_id, cart_id, cart_version, email,
   shipping_address, billing_address, shipping_method_id, shipping_method, currency, items_amount, discount_amount,
   shipping_amount, tax_amount, total_amount, tax_included, explain, discount_codes, placed_at, state, status,
   capture_mode, payment_id, attempt, phase, authorized, captured, refunded, capture_asked, cancelled_value, captures,
   committed, payment_closed, stock_closed, stuck, attention, entered_at, due_at, tries, version, events, notes,
   changed_at, metadata, country)
 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
   $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48)
 on conflict do nothing";

const UPDATE: &str = "update orders set state = $3, status = $4, payment_id = $5, attempt = $6, phase = $7,
   next_action = $8, authorized = $9, captured = $10, refunded = $11, capture_asked = $12, cancelled_value = $13,
   captures = $14, refund = $15, cancel = $16, committed = $17, payment_closed = $18, stock_closed = $19, stuck = $20,
   attention = $21, reason = $22, confirmed_at = $23, hold_until = $24, entered_at = $25, due_at = $26, tries = $27,
   version = version + 1, events = $28, notes = $29, changed_at = $30, renewal_asked = $31, renewal_answered = $32,
   renewal_granted = $33
 where id = $1 and version = $2";

#[async_trait]
impl Orders for OrderTables {
    async fn next_number(&self, tx: &mut Tx) -> Result<Number, DbError> {
        let sql = "/*lite*/update order_numbers set next = next + 1 where id = 1 returning next - 1/*end*/
                   /*pg*/select nextval('order_numbers')/*end*/";
        let count: Option<i64> = tx.query_opt(sql, &[], |r| r.get(0)).await?;
        count.map(Number::new).ok_or_else(|| DbError::Other("order_numbers has no row".into()))
    }

    async fn insert(&self, tx: &mut Tx, order: &Order, details: &Details) -> Result<bool, DbError> {
        let (saga, totals) = (&order.saga, &details.totals);
        // The unit is READ COMMITTED, and its customer may be being erased.
        let key = self.vault.hold(tx, whose(order.customer, order.id)).await?;
        let shipping = seal_address(&key, SHIPPING, details.shipping_address.as_ref().map(Personal::reveal))?;
        let billing = seal_address(&key, BILLING, details.billing_address.as_ref().map(Personal::reveal))?;
        let method = details.shipping_method.as_ref();
        let email = key.seal_some(EMAIL, details.email.as_ref().map(|email| email.reveal().as_str()))?;
        let metadata = key.seal(METADATA, &details.metadata)?;
        let codes = columns::write(&order.discount_codes)?;
        let explain = columns::write_explain(&totals.explain)?;
        let captures = columns::write_captures(&saga.captures)?;
        let inserted = tx
            .execute(
                INSERT,
                &[
                    &order.id,
                    &order.number.as_str(),
                    &order.channel.as_str(),
                    &details.locale.as_str(),
                    &order.customer,
                    &order.cart,
                    &order.cart_version,
                    &email,
                    &shipping,
                    &billing,
                    &method.map(|m| m.id),
                    &method.map(|m| m.title.as_str()),
                    &totals.total.currency().code(),
                    &totals.items.minor(),
                    &totals.discount.minor(),
                    &totals.shipping.minor(),
                    &totals.tax.minor(),
                    &totals.total.minor(),
                    &totals.tax_included,
                    &explain,
                    &codes,
                    &order.placed_at(),
                    &saga.state.as_str(),
                    &order.status().as_str(),
                    &saga.terms.capture.as_str(),
                    &saga.payment.map(|p| p.id),
                    &saga.payment.map_or(0, |p| p.attempt),
                    &saga.phase.as_str(),
                    &saga.authorized.minor(),
                    &saga.captured.minor(),
                    &saga.refunded.minor(),
                    &saga.capture_asked.minor(),
                    &saga.cancelled_value.minor(),
                    &captures,
                    &saga.committed,
                    &saga.payment_closed,
                    &saga.stock_closed,
                    &saga.stuck,
                    &saga.attention,
                    &saga.entered_at,
                    &saga.due_at,
                    &saga.tries,
                    &order.version,
                    &order.events,
                    &order.notes,
                    &order.placed_at(),
                    &metadata,
                    &details.country,
                ],
            )
            .await?;
        if inserted == 1 {
            insert_lines(tx, order, details, &key).await?;
        }
        Ok(inserted == 1)
    }

    async fn find(&self, tx: &mut Tx, id: OrderId) -> Result<Option<Order>, DbError> {
        let sql = format!("select {ORDER} from orders where id = $1");
        let Some(stored) = tx.query_opt(&sql, &[&id], rows::order).await? else { return Ok(None) };
        let mut order = stored.open_in(tx, &self.vault).await?;
        let currency = order.total().currency();
        let sql = format!("select {LINE} from order_lines where order_id = $1 order by position");
        order.lines = tx.query(&sql, &[&id], move |r| rows::line(r, currency)).await?;
        Ok(Some(order))
    }

    async fn save(
        &self,
        tx: &mut Tx,
        before: &Order,
        order: &Order,
        now: Timestamp,
    ) -> Result<bool, DbError> {
        let saga = &order.saga;
        let action = match columns::write_action(saga.next_action.as_ref())? {
            Some(action) => {
                let key = self.vault.of(tx, whose(order.customer, order.id)).await?;
                Some(key.seal(ACTION, &action)?)
            }
            None => None,
        };
        let captures = columns::write_captures(&saga.captures)?;
        let refund = columns::write_refund(saga.refund.as_ref())?;
        let cancel = columns::write_cancel(saga.cancel.as_ref())?;
        let saved = tx
            .execute(
                UPDATE,
                &[
                    &order.id,
                    &before.version,
                    &saga.state.as_str(),
                    &order.status().as_str(),
                    &saga.payment.map(|p| p.id),
                    &saga.payment.map_or(0, |p| p.attempt),
                    &saga.phase.as_str(),
                    &action,
                    &saga.authorized.minor(),
                    &saga.captured.minor(),
                    &saga.refunded.minor(),
                    &saga.capture_asked.minor(),
                    &saga.cancelled_value.minor(),
                    &captures,
                    &refund,
                    &cancel,
                    &saga.committed,
                    &saga.payment_closed,
                    &saga.stock_closed,
                    &saga.stuck,
                    &saga.attention,
                    &saga.reason.map(|reason| reason.as_str()),
                    &saga.confirmed_at,
                    &saga.hold_until,
                    &saga.entered_at,
                    &saga.due_at,
                    &saga.tries,
                    &order.events,
                    &order.notes,
                    &now,
                    &saga.renewals.asked,
                    &saga.renewals.answered,
                    &saga.renewals.granted,
                ],
            )
            .await?;
        if saved == 0 {
            return Ok(false);
        }
        for (_, line) in before.lines.iter().zip(&order.lines).filter(|(old, new)| old.counts != new.counts) {
            let counts = &line.counts;
            tx.execute(
                "update order_lines set fulfilled = $3, returned = $4, refunded = $5, cancelled = $6
                 where order_id = $1 and item_id = $2",
                &[
                    &order.id,
                    &line.item,
                    &counts.fulfilled,
                    &counts.returned,
                    &counts.refunded,
                    &counts.cancelled,
                ],
            )
            .await?;
        }
        Ok(true)
    }

    async fn hold_carts(&self, tx: &mut Tx, carts: &[CartId]) -> Result<(), DbError> {
        // In one order for all, so that two who merged the same carts do not wait for each other in a circle.
        let mut carts: Vec<CartId> = carts.to_vec();
        carts.sort();
        for cart in carts {
            // Two carts whose numbers are the same wait for each other, which harms nobody. Units of SQLite are alone.
            let number =
                cart.as_bytes().iter().take(8).fold(0_i64, |number, byte| number << 8 | i64::from(*byte));
            let sql =
                "/*lite*/select $1/*end*//*pg*/select 1 from (select pg_advisory_xact_lock($1)) held/*end*/";
            tx.query(sql, &[&number], |_| Ok(())).await?;
        }
        Ok(())
    }

    async fn keep_merged(&self, tx: &mut Tx, merged: &[CartId], cart: CartId) -> Result<(), DbError> {
        let sql = "insert into merged_carts (cart_id, ordered_as) values ($1, $2)
                   on conflict (cart_id) do update set ordered_as = excluded.ordered_as";
        let rows = merged.iter().map(|gone| vec![gone as &dyn Bind, &cart]).collect();
        tx.execute_many(sql, rows).await.map(|_| ())
    }

    async fn of_cart(&self, tx: &mut Tx, cart: CartId, version: i64) -> Result<CartOrders, DbError> {
        let sql = "select id, cart_version, confirmed_at from orders
                   where cart_id in ($1, (select ordered_as from merged_carts where cart_id = $1))
                     and (confirmed_at is not null or state not in ('rejected', 'cancelled', 'refunded'))
                   order by id";
        let live: Vec<(OrderId, i64, Option<Timestamp>)> =
            tx.query(sql, &[&cart], |r| Ok((r.id(0)?, r.get(1)?, r.get(2)?))).await?;
        let confirmed = live.iter().filter_map(|(id, _, at)| at.map(|at| (at, *id)));
        Ok(CartOrders {
            last_confirmed: confirmed.max().map(|(_, id)| id),
            under_way: live.iter().find(|(_, _, confirmed)| confirmed.is_none()).map(|(id, ..)| *id),
            of_version: live.iter().find(|(_, of, _)| *of == version).map(|(id, ..)| *id),
        })
    }

    async fn add_notes(&self, tx: &mut Tx, id: OrderId, notes: &[Note]) -> Result<(), DbError> {
        let events: Vec<&str> = notes.iter().map(|note| note.event.as_str()).collect();
        let rows = notes
            .iter()
            .zip(&events)
            .map(|(note, event)| vec![&id as &dyn Bind, &note.seq, &note.at, event])
            .collect();
        let sql = "insert into order_history (order_id, seq, at, event) values ($1, $2, $3, $4)";
        tx.execute_many(sql, rows).await.map(|_| ())
    }

    async fn due(&self, tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<OrderId>, DbError> {
        let sql =
            "select id from orders where due_at is not null and due_at <= $1 order by due_at, id limit $2";
        tx.query(sql, &[&now, &limit], |r| r.id(0)).await
    }

    async fn waiting(&self, tx: &mut Tx) -> Result<Vec<(State, i64, Timestamp)>, DbError> {
        // Every state that waits has a timer, so this walks the index of timers and not all the orders there ever were.
        let sql = "select state, count(*), min(entered_at) from orders where due_at is not null
                   group by state order by state";
        tx.query(sql, &[], |r| Ok((r.parse(0)?, r.get(1)?, r.get(2)?))).await
    }

    async fn first_time(
        &self,
        tx: &mut Tx,
        operation: Uuid,
        order: OrderId,
        kind: &'static str,
        now: Timestamp,
    ) -> Result<bool, DbError> {
        let sql = "insert into order_operations (id, order_id, kind, at) values ($1, $2, $3, $4) on conflict do nothing";
        Ok(tx.execute(sql, &[&operation, &order, &kind, &now]).await? == 1)
    }
}

/// All lines by as few statements as may be.
async fn insert_lines(tx: &mut Tx, order: &Order, details: &Details, key: &Key) -> Result<(), DbError> {
    let sealed = details.lines.iter().map(|detail| key.seal(LINE_METADATA, &detail.metadata));
    let sealed = sealed.collect::<Result<Vec<_>, _>>()?;
    let amounts: Vec<[i64; 6]> = (0..)
        .zip(order.lines.iter().zip(&details.lines))
        .map(|(position, (line, detail))| {
            let LineDetails { unit_price, total, discount, tax, .. } = detail;
            [position, unit_price.minor(), total.minor(), discount.minor(), tax.minor(), line.worth.minor()]
        })
        .collect();
    let lines = order.lines.iter().zip(&details.lines).zip(&amounts).zip(&sealed);
    let rows = lines.map(|(((line, detail), amounts), metadata)| -> Vec<&(dyn Bind + '_)> {
        let [position, unit_price, total, discount, tax, worth] = amounts;
        vec![
            &order.id,
            position,
            &line.item,
            &line.variant,
            &detail.sku,
            &detail.title,
            &detail.variant_title,
            &detail.product_slug,
            &detail.image_url,
            &line.quantity,
            unit_price,
            total,
            discount,
            tax,
            &detail.tax_rate,
            worth,
            &0_i64,
            &0_i64,
            &0_i64,
            &0_i64,
            metadata,
        ]
    });
    tx.insert_all(
        "insert into order_lines (order_id, position, item_id, variant_id, sku, title, variant_title, product_slug,
           image_url, quantity, unit_price, total, discount, tax, tax_rate, worth, fulfilled, returned, refunded,
           cancelled, metadata)",
        rows.collect(),
        "",
    )
    .await
    .map(|_| ())
}
