//! Reservations with their parts, and which shipments and restocks have been seen.

use super::ids::any_of;
use crate::application::StockError;
use crate::application::ports::Reservations;
use crate::domain::{Part, Reservation};
use async_trait::async_trait;
use hanse_database::sql::{Bind, Row, Sql, Statement, inserts};
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

fn reservation(r: &Row<'_>) -> Result<Reservation, DbError> {
    let events = r.get(3)?;
    Ok(Reservation {
        order: r.id(11)?,
        state: r.parse(0)?,
        until: r.get(1)?,
        short: r.json::<Vec<VariantId>>(2)?,
        events,
        stored: events,
        parts: vec![],
        new_parts: false,
        touched_parts: false,
    })
}

#[async_trait]
impl Reservations for ReservationTables {
    async fn find(&self, tx: &mut Tx, order: OrderId) -> Result<Option<Reservation>, DbError> {
        Ok(self.find_all(tx, &[order]).await?.pop())
    }

    async fn find_all(&self, tx: &mut Tx, orders: &[OrderId]) -> Result<Vec<Reservation>, DbError> {
        let (places, params) = any_of(1, orders);
        let sql = format!(
            "select r.state, r.expires_at, r.short, r.events, p.variant_id, p.kind, p.location_id, p.quantity,
                    p.unsold, p.shipped, p.returned, r.order_id
             from reservation r left join reservation_part p on p.order_id = r.order_id
             where r.order_id in {places} order by r.order_id, p.variant_id nulls last, p.place nulls last"
        );
        let rows = tx.query(&sql, &params, |r| Ok((reservation(r)?, part(r)?))).await?;
        let mut all: Vec<Reservation> = Vec::new();
        for (reservation, part) in rows {
            match all.last_mut() {
                Some(last) if last.order == reservation.order => last.parts.extend(part),
                _ => all.push(Reservation { parts: part.into_iter().collect(), ..reservation }),
            }
        }
        Ok(all)
    }

    async fn save(&self, tx: &mut Tx, all: &[&Reservation], now: Timestamp) -> Result<(), StockError> {
        let shorts = all.iter().map(|r| serde_json::to_string(&r.short)).collect::<Result<Vec<_>, _>>();
        let shorts = shorts.map_err(|e| DbError::Other(e.to_string()))?;
        let states: Vec<&str> = all.iter().map(|r| r.state.as_str()).collect();
        let rows = || all.iter().zip(&states).zip(&shorts).map(|((r, state), short)| (*r, state, short));
        let new = rows().filter(|(r, ..)| r.stored == 0).map(|(r, state, short)| -> Vec<&(dyn Bind + '_)> {
            vec![&r.order, state, &r.until, short, &r.events, &now, &now]
        });
        let mut statements = inserts(
            "insert into reservation (order_id, state, expires_at, short, events, created_at, updated_at)",
            &new.collect::<Vec<_>>(),
            "on conflict (order_id) do nothing",
        );
        let known = rows().filter(|(r, ..)| r.stored > 0).map(|(r, state, short)| -> Statement<'_> {
            let sql = "update reservation
                       set state = $3, expires_at = $4, short = $5, updated_at = $6, events = $7
                       where order_id = $1 and events = $2";
            (sql.into(), vec![&r.order, &r.stored, state, &r.until, short, &now, &r.events])
        });
        statements.extend(known);
        let heads = statements.len();
        let placed: Vec<Placed<'_>> = all.iter().flat_map(|r| placed(r)).collect();
        statements.extend(parts(all, &placed));
        // The parts go along: where a reservation was not the one that was found, none of it is kept.
        let written = tx.execute_all(statements).await?;
        if written.iter().take(heads).sum::<u64>() != all.len() as u64 {
            return Err(StockError::Conflict);
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
fn parts<'a>(all: &[&'a Reservation], placed: &'a [Placed<'a>]) -> Vec<Statement<'a>> {
    let replaced = all.iter().filter(|r| r.new_parts && r.stored > 0);
    let replaced = replaced
        .map(|r| ("delete from reservation_part where order_id = $1".into(), vec![&r.order as &dyn Bind]));
    let new = placed.iter().filter(|p| p.reservation.new_parts).map(Placed::values);
    let new = inserts(
        "insert into reservation_part
           (order_id, variant_id, place, kind, location_id, quantity, unsold, shipped, returned)",
        &new.collect::<Vec<_>>(),
        "",
    );
    let known = placed.iter().filter(|p| !p.reservation.new_parts && p.reservation.touched_parts);
    let known = known.map(|placed| {
        let sql = "update reservation_part set kind = $4, location_id = $5, quantity = $6, unsold = $7, shipped = $8,
                     returned = $9
                   where order_id = $1 and variant_id = $2 and place = $3";
        (sql.into(), placed.values())
    });
    replaced.chain(new).chain(known).collect()
}

struct Placed<'a> {
    reservation: &'a Reservation,
    part: &'a Part,
    place: i64,
    kind: &'static str,
}

fn placed(reservation: &Reservation) -> impl Iterator<Item = Placed<'_>> {
    let parts = (0i64..).zip(&reservation.parts);
    parts.map(move |(place, part)| Placed { reservation, part, place, kind: part.kind.as_str() })
}

impl Placed<'_> {
    fn values(&self) -> Vec<&(dyn Bind + '_)> {
        let Self { reservation: r, part: p, place, kind } = self;
        vec![&r.order, &p.variant, place, kind, &p.location, &p.quantity, &p.unsold, &p.shipped, &p.returned]
    }
}
