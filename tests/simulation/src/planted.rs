//! What planted defects do: in the tables, in the place of a delivery, after one, when a process ends.

use crate::defect::Defect;
use crate::post;
use crate::services::{ANALYTICS, CART, INVENTORY, NAMES, ORDER, PRICING};
use crate::world::World;
use hanse_database::sql::Sql;
use hanse_messaging::Envelope;
use std::sync::Arc;
use uuid::Uuid;

/// Puts a defect into the tables of a world that is about to begin.
pub fn plant(world: &World) -> Result<(), String> {
    let Some(defect) = world.plan.defect else { return Ok(()) };
    for (service, sql) in defect.sql() {
        world.alter(service, sql).map_err(|e| format!("{} cannot be planted: {e}", defect.name()))?;
    }
    Ok(())
}

/// What a planted defect does in the place of a delivery.
pub fn swallows(world: &Arc<World>, service: usize, envelope: &Envelope) -> Option<Result<(), String>> {
    let kind = envelope.kind.as_str();
    match world.plan.defect? {
        Defect::ReleaseForgotten if service == INVENTORY && kind == "inventory.ReleaseStock.v1" => {
            Some(answer(world, envelope, "released"))
        }
        Defect::RestockForgotten if service == INVENTORY && kind == "inventory.Restock.v1" => {
            Some(answer(world, envelope, "restocked"))
        }
        Defect::ShipmentForgotten if service == INVENTORY && kind == "order.OrderFulfilled.v1" => {
            Some(Ok(()))
        }
        Defect::HoldIgnored if service == INVENTORY && kind == "inventory.CommitStock.v1" => {
            Some(answer(world, envelope, "committed"))
        }
        Defect::HoldIgnored if service == INVENTORY && kind == "payment.PaymentProcessed.v1" => {
            (post::outcome(envelope)? == "authorized").then(|| answer(world, envelope, "committed"))
        }
        Defect::RedemptionForgotten if service == PRICING && kind == "order.OrderConfirmed.v1" => {
            Some(Ok(()))
        }
        Defect::FiguresMissCancellations if service == ANALYTICS && kind == "order.OrderCancelled.v1" => {
            Some(Ok(()))
        }
        Defect::CaptureBeforeCommit if service == ORDER && kind == "payment.PaymentProcessed.v1" => {
            if post::outcome(envelope)? == "authorized" {
                capture(world, envelope);
            }
            None
        }
        _ => None,
    }
}

/// What it does once a message has been dealt with.
pub fn after_delivery(world: &World, service: usize, consumer: &str, envelope: &Envelope) {
    let cart = service == CART && consumer == "cart.take_out_ordered";
    if world.planted(Defect::MissingInbox) || (world.planted(Defect::CartTakesTwice) && cart) {
        forget(world, service, "delete from inbox where id = $1", envelope.id);
    }
    if world.planted(Defect::CartTakesTwice)
        && cart
        && let Some(order) =
            post::field(envelope, "order_id").and_then(|id| id.parse::<hanse_kernel::OrderId>().ok())
    {
        forget(world, service, "delete from cart_applied_orders where order_id = $1", order.uuid());
    }
}

/// A process ended.
pub fn after_crash(world: &World, service: usize) {
    if world.planted(Defect::KeysForgotten) && service == ORDER {
        // Fails only where the table is not there, which the run would show.
        let _ = world.alter(service, "delete from http_idempotency");
    }
}

fn forget(world: &World, service: usize, sql: &'static str, id: Uuid) {
    world.change(service, (sql, id), |tx, (sql, id)| {
        Box::pin(async move { tx.execute(sql, &[id]).await.map(|_| ()) })
    });
}

/// An answer of inventory that is not true.
fn answer(world: &Arc<World>, to: &Envelope, outcome: &str) -> Result<(), String> {
    let order = post::field(to, "order_id").ok_or("it names no order")?;
    let data = serde_json::json!({
        "outcome": outcome, "order_id": order, "key": null, "restock_id": post::field(to, "restock_id"), "reason": null, "short": [],
        "levels": [],
    });
    forge(world, INVENTORY, "inventory.InventoryUpdated.v1", &order, to, &data);
    Ok(())
}

fn capture(world: &Arc<World>, authorised: &Envelope) {
    let Ok(news) = serde_json::from_str::<serde_json::Value>(authorised.data.get()) else { return };
    let data = serde_json::json!({
        "payment_id": news["payment_id"], "order_id": news["order_id"], "amount": news["authorized"],
        "capture_id": news["payment_id"].as_str().and_then(|id| id.parse::<hanse_kernel::PaymentId>().ok())
            .map(|id| id.uuid()),
    });
    let order = news["order_id"].as_str().unwrap_or_default().to_string();
    forge(world, ORDER, "payment.Capture.v1", &order, authorised, &data);
}

fn forge(
    world: &Arc<World>,
    from: usize,
    kind: &str,
    subject: &str,
    like: &Envelope,
    data: &serde_json::Value,
) {
    let Ok(data) = serde_json::value::to_raw_value(data) else { return };
    let forged = Envelope {
        id: world.effects().ids.uuid(),
        source: format!("/services/{}", NAMES[from]),
        kind: kind.into(),
        subject: subject.into(),
        aggver: None,
        data,
        ..like.clone()
    };
    post::send(world, &forged);
}
