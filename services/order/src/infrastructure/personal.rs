//! A person's orders, for whoever wants to have what the shop holds about them.

use crate::application::ports::{OrderViews, Shown};
use crate::domain::order::Address;
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{OrderId, UserId};
use hanse_runtime::{Holds, Portion, Whose};
use serde_json::{Value, json};
use std::sync::Arc;

/// Orders in one portion.
const PORTION: i64 = 20;

pub struct OwnOrders {
    pub db: Db,
    pub views: Arc<dyn OrderViews>,
}

#[async_trait]
impl Holds for OwnOrders {
    async fn about(&self, whose: &Whose) -> Result<Portion, DbError> {
        let after = whose.after.parse().unwrap_or(OrderId::new(uuid::Uuid::nil()));
        let input = (self.views.clone(), whose.user, after);
        self.db.scan(input, |tx, (views, user, after)| Box::pin(about(&**views, tx, *user, *after))).await
    }
}

async fn about(
    views: &dyn OrderViews,
    tx: &mut Tx,
    user: UserId,
    after: OrderId,
) -> Result<Portion, DbError> {
    let sql = "select id from orders where customer_id = $1 and id > $2 order by id limit $3";
    let ids: Vec<OrderId> = tx.query(sql, &[&user, &after, &PORTION], |r| r.id(0)).await?;
    let mut told = Portion::default();
    for id in &ids {
        if let Some(shown) = views.show(tx, *id).await? {
            told.tell_order(*id, &order(&shown));
        }
    }
    if ids.len() as i64 == PORTION {
        told.next = ids.last().map(OrderId::to_string);
    }
    Ok(told)
}

fn address(a: &Address) -> Value {
    json!({
        "name": a.name, "line1": a.line1, "line2": a.line2, "city": a.city, "postal_code": a.postal_code,
        "region": a.region, "country": a.country, "phone": a.phone,
    })
}

fn raw(json: &str) -> Value {
    // What does not read is told as it stands: nothing is left out.
    serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.into()))
}

fn order(shown: &Shown) -> Value {
    let Shown { order, details, history, shipments } = shown;
    let (saga, totals) = (&order.saga, &details.totals);
    let lines = order.lines.iter().zip(&details.lines).map(|(line, d)| {
        json!({
            "sku": d.sku, "title": d.title, "variant_title": d.variant_title, "quantity": line.quantity,
            "unit_price": d.unit_price, "total": d.total, "discount": d.discount, "tax": d.tax,
            "metadata": raw(&d.metadata),
        })
    });
    json!({
        "id": order.id, "number": order.number.as_str(), "placed_at": order.placed_at(),
        "status": order.status().as_str(), "payment_status": order.payment_status().as_str(),
        "locale": details.locale.as_str(), "country": details.country,
        "email": details.email.as_ref().map(|email| email.reveal()),
        "shipping_address": details.shipping_address.as_ref().map(|a| address(a.reveal())),
        "billing_address": details.billing_address.as_ref().map(|a| address(a.reveal())),
        "shipping_method": details.shipping_method.as_ref().map(|method| &method.title),
        "lines": lines.collect::<Vec<_>>(), "discount_codes": order.discount_codes,
        "totals": {
            "items": totals.items, "discount": totals.discount, "shipping": totals.shipping, "tax": totals.tax,
            "total": totals.total, "tax_included": totals.tax_included,
        },
        "captured": saga.captured, "refunded": saga.refunded,
        "shipments": shipments.iter().map(|s| json!({"at": s.at, "tracking": s.tracking})).collect::<Vec<_>>(),
        "history": history.iter().map(|(at, event)| json!({"at": at, "event": event.as_str()})).collect::<Vec<_>>(),
        "metadata": raw(&details.metadata),
    })
}
