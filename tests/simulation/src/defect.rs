//! Defects that can be planted, one at a time, around the services' real code: in what carries their messages, in the
//! provider's client, in their tables. A rig that finds none of them proves nothing.

use crate::post;
use crate::services::{CART, INVENTORY, NAMES, ORDER, PAYMENT, PRICING};
use crate::world::World;
use hanse_database::sql::Sql;
use hanse_messaging::Envelope;
use std::sync::Arc;
use uuid::Uuid;

macro_rules! defects {
    ($($defect:ident = $name:literal, $told:literal;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Defect { $($defect),* }
        impl Defect {
            pub const ALL: &'static [Defect] = &[$(Self::$defect),*];
            pub fn name(self) -> &'static str {
                match self { $(Self::$defect => $name),* }
            }
            pub fn told(self) -> &'static str {
                match self { $(Self::$defect => $told),* }
            }
        }
    };
}

defects! {
    AckBeforeCommit = "ack-before-commit", "a message counts as taken before its effect is committed";
    MarkedBeforePublished = "marked-before-published", "the relay marks a message before it is with those who take it";
    MissingInbox = "missing-inbox", "a message that was dealt with is not remembered";
    MessageForgotten = "event-outside-unit", "an event is not written in the unit that it tells of";
    ReleaseForgotten = "forgotten-release", "a release is answered and not carried out";
    LostUpdate = "lost-update-reservation", "a reservation does not lessen what is available";
    HoldIgnored = "sold-without-commit", "goods are told to be sold while they are only held";
    RefundUnderNewKey = "double-refund", "a refund that is asked for again has another key";
    CaptureUnderNewKey = "double-capture", "a capture that is asked for again has another key";
    CaptureBeforeCommit = "capture-before-commit", "the money is taken as soon as it is authorised";
    TimeoutIsDecline = "timeout-is-decline", "no answer of the provider is taken for a refusal";
    TimeoutIsApproval = "timeout-is-approval", "no answer of the provider is taken for a yes";
    VoidForgotten = "forgotten-void", "a void is answered and not asked of the provider";
    StalePrice = "stale-price", "a changed price is answered and not applied";
    CouponRace = "coupon-race", "codes that are held are not counted against the limit";
    RedemptionForgotten = "forgotten-redemption", "a confirmed order does not redeem its code";
    KeysForgotten = "keys-in-memory", "idempotency keys end with the process";
    CancelForgotten = "forgotten-cancel", "a cancellation that must wait is granted and forgotten";
    CartTakesTwice = "cart-takes-out-twice", "a cart forgets which orders it has taken out";
    CartChangeLost = "lost-cart-change", "an added item is answered and not kept";
}

impl Defect {
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|defect| defect.name() == name)
    }

    /// What is done to a service's tables.
    fn sql(self) -> Vec<(usize, &'static str)> {
        match self {
            Self::LostUpdate => vec![(
                INVENTORY,
                "create trigger planted after update of reserved on stock_level when new.reserved > old.reserved
                 begin update stock_level set available = old.available, received = new.received + new.reserved - old.reserved
                   where variant_id = new.variant_id and location_id = new.location_id; end",
            )],
            Self::StalePrice => vec![(
                PRICING,
                "create trigger planted before update of amount on prices when new.amount <> old.amount
                 begin select raise(ignore); end",
            ), (
                PRICING,
                "create trigger planted_anew before insert on prices
                   when exists (select 1 from prices p where p.variant_id = new.variant_id and p.amount <> new.amount)
                 begin select raise(ignore); end",
            )],
            Self::CouponRace => vec![
                (PRICING, "pragma ignore_check_constraints = on"),
                (
                    PRICING,
                    "create trigger planted after update of held on discounts when new.held > 0
                     begin update discounts set held = 0 where id = new.id; end",
                ),
            ],
            Self::CancelForgotten => vec![(
                ORDER,
                "create trigger planted after update of cancel on orders when new.cancel is not null
                 begin update orders set cancel = null where id = new.id; end",
            )],
            Self::MessageForgotten => vec![(
                ORDER,
                "create trigger planted after insert on outbox when new.type = 'order.OrderConfirmed.v1' and new.seq % 3 = 0
                 begin delete from outbox where seq = new.seq; end",
            )],
            Self::CartChangeLost => vec![(
                CART,
                "create trigger planted after update of quantity on cart_lines when new.quantity > old.quantity
                 begin update cart_lines set quantity = old.quantity where cart_id = new.cart_id and id = new.id; end",
            )],
            _ => vec![],
        }
    }
}

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
        Defect::HoldIgnored if service == INVENTORY && kind == "inventory.CommitStock.v1" => {
            Some(answer(world, envelope, "committed"))
        }
        Defect::HoldIgnored if service == INVENTORY && kind == "payment.PaymentProcessed.v1" => {
            (post::outcome(envelope)? == "authorized").then(|| answer(world, envelope, "committed"))
        }
        Defect::RedemptionForgotten if service == PRICING && kind == "order.OrderConfirmed.v1" => {
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
        "outcome": outcome, "order_id": order, "key": null, "restock_id": null, "reason": null, "short": [],
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
    let _ = PAYMENT;
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
