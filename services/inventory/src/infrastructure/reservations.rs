//! Reservations with their parts, and which shipments and restocks have been seen.

use crate::application::StockError;
use crate::application::ports::Reservations;
use crate::domain::{Part, Reservation};
use async_trait::async_trait;
use hanse_database::sql::{Bind, Row, Sql};
use hanse_database::{DbError, Tx};
use hanse_kernel::{OrderId, ShipmentId, Timestamp, VariantId};
use uuid::Uuid;

pub struct ReservationTables;

fn part(r: &Row<'_>) -> Result<Option<Part>, DbError> {
    let Some(variant) = r.id_opt(4)? else { return Ok(None) };
    Ok(Some(Part {
        variant,
        kind: r.parse(5)?,
        location: r.id(6)?,
        quantity: r.get(7)?,
        unsold: r.get(8)?,
        shipped: r.get(9)?,
        returned: r.get(10)?,
    }))
}

#[async_trait]
impl Reservations for ReservationTables {
    async fn find(&self, tx: &mut Tx, order: OrderId) -> Result<Option<Reservation>, DbError> {
        let rows = tx
            .query(
                "select r.state, r.expires_at, r.short, r.events, p.variant_id, p.kind, p.location_id, p.quantity,
                        p.unsold, p.shipped, p.returned
                 from reservation r left join reservation_part p on p.order_id = r.order_id
                 where r.order_id = $1 order by p.variant_id nulls last, p.place nulls last",
                &[&order],
                |r| {
                    let reservation = Reservation {
                        order,
                        state: r.parse(0)?,
                        until: r.get(1)?,
                        short: r.json::<Vec<VariantId>>(2)?,
                        events: r.get(3)?,
                        parts: vec![],
                        new_parts: false,
                        touched_parts: false,
                    };
                    Ok((reservation, part(r)?))
                },
            )
            .await?;
        let mut found: Option<Reservation> = None;
        for (reservation, part) in rows {
            found.get_or_insert(reservation).parts.extend(part);
        }
        Ok(found)
    }

    async fn save(&self, tx: &mut Tx, r: &Reservation, now: Timestamp) -> Result<(), StockError> {
        let state = r.state.as_str();
        let short = serde_json::to_string(&r.short).map_err(|e| DbError::Other(e.to_string()))?;
        let before = r.events - 1;
        let written = if before == 0 {
            tx.execute(
                "insert into reservation (order_id, state, expires_at, short, events, created_at, updated_at)
                 values ($1, $2, $3, $4, $5, $6, $6) on conflict (order_id) do nothing",
                &[&r.order, &state, &r.until, &short, &r.events, &now],
            )
            .await?
        } else {
            tx.execute(
                "update reservation set state = $3, expires_at = $4, short = $5, events = events + 1, updated_at = $6
                 where order_id = $1 and events = $2",
                &[&r.order, &before, &state, &r.until, &short, &now],
            )
            .await?
        };
        if written == 0 {
            return Err(StockError::Conflict);
        }
        if r.new_parts {
            if before > 0 {
                tx.execute("delete from reservation_part where order_id = $1", &[&r.order]).await?;
            }
            write_parts(
                tx,
                r,
                "insert into reservation_part
                   (order_id, variant_id, place, kind, location_id, quantity, unsold, shipped, returned)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )
            .await?;
        } else if r.touched_parts {
            write_parts(
                tx,
                r,
                "update reservation_part set kind = $4, location_id = $5, quantity = $6, unsold = $7, shipped = $8,
                   returned = $9
                 where order_id = $1 and variant_id = $2 and place = $3",
            )
            .await?;
        }
        Ok(())
    }

    async fn overdue(&self, tx: &mut Tx, now: Timestamp, limit: i64) -> Result<Vec<OrderId>, DbError> {
        tx.query(
            "select order_id from reservation where state = 'held' and expires_at <= $1
             order by expires_at, order_id limit $2",
            &[&now, &limit],
            |r| r.id(0),
        )
        .await
    }

    async fn first_shipment(
        &self,
        tx: &mut Tx,
        shipment: ShipmentId,
        order: OrderId,
        now: Timestamp,
    ) -> Result<bool, DbError> {
        let new = tx
            .execute(
                "insert into shipment (shipment_id, order_id, created_at) values ($1, $2, $3) on conflict do nothing",
                &[&shipment, &order, &now],
            )
            .await?;
        Ok(new == 1)
    }

    async fn first_restock(
        &self,
        tx: &mut Tx,
        restock: Uuid,
        order: OrderId,
        now: Timestamp,
    ) -> Result<bool, DbError> {
        let new = tx
            .execute(
                "insert into restock (restock_id, order_id, created_at) values ($1, $2, $3) on conflict do nothing",
                &[&restock, &order, &now],
            )
            .await?;
        Ok(new == 1)
    }
}

/// The place of a part is its position; parts are never reordered.
async fn write_parts(tx: &mut Tx, r: &Reservation, sql: &str) -> Result<(), DbError> {
    let places: Vec<(i64, &str)> = (0i64..).zip(r.parts.iter().map(|p| p.kind.as_str())).collect();
    let rows = r.parts.iter().zip(&places).map(|(p, (place, kind))| -> Vec<&(dyn Bind + '_)> {
        vec![&r.order, &p.variant, place, kind, &p.location, &p.quantity, &p.unsold, &p.shipped, &p.returned]
    });
    let rows = rows.collect();
    tx.execute_many(sql, rows).await.map(|_| ())
}
