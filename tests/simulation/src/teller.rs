//! The client of the bank that payment works with, and everything that goes wrong between the two.

use crate::bank::{Bank, Move, approved, declined};
use crate::defect::Defect;
use crate::services::{INVENTORY, PAYMENT};
use crate::weather::Fault;
use crate::webhook;
use crate::world::World;
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{Money, PaymentId, Timestamp};
use hanse_payment::{
    Authorisation, Call, Capabilities, Heard, Held, Movement, Notice, Outcome, Provider, SIGNATURE, Unread,
};
use std::sync::{Arc, Weak};
use std::time::Duration;
use uuid::Uuid;

/// The way from payment to the bank.
pub struct Teller {
    pub world: Weak<World>,
    pub bank: Arc<Bank>,
}

/// Longer than payment waits for an answer.
const TOO_LATE: Duration = Duration::from_secs(5);

impl Teller {
    /// Lets the bank do something, with all that can go wrong on the way there and back.
    async fn over_the_wire(
        &self,
        what: &str,
        act: impl FnOnce(&Bank) -> Outcome + Send + 'static,
    ) -> Outcome {
        let Some(world) = self.world.upgrade() else { return Outcome::Unknown { why: "no world".into() } };
        world.may_crash(PAYMENT, Fault::CrashAtProvider).await;
        if world.strikes(Fault::ProviderDeaf) {
            return self.silence(&world, what, "never arrives").await;
        }
        if world.strikes(Fault::ProviderLate) {
            let (bank, later) = (self.bank.clone(), world.clone());
            let late = world.fate.between(TOO_LATE, Duration::from_secs(60));
            let told = what.to_string();
            world.spawn("late asking", async move {
                later.sleep(late).await;
                let outcome = act(&bank);
                later.tell("the bank", format!("does late: {told}: {outcome:?}"));
                webhook::send_out(&later);
            });
            return self.silence(&world, what, "is on its way for long").await;
        }
        if world.strikes(Fault::ProviderSlow) {
            world.sleep(world.fate.millis(200, 5_000)).await;
        }
        let outcome = act(&self.bank);
        world.tell("the bank", format!("{what}: {outcome:?}"));
        webhook::send_out(&world);
        world.may_crash(PAYMENT, Fault::CrashAfterProvider).await;
        if world.strikes(Fault::ProviderSilent) {
            return self.silence(&world, what, "is done, and its answer lost").await;
        }
        outcome
    }

    async fn silence(&self, world: &Arc<World>, what: &str, why: &str) -> Outcome {
        world.tell("the bank", format!("{what} {why}"));
        if world.planted(Defect::TimeoutIsDecline) {
            return declined("no_answer");
        }
        if world.planted(Defect::TimeoutIsApproval) {
            return approved(Uuid::nil());
        }
        // Somebody gives up at last: the caller, or the line.
        world.sleep(world.fate.millis(500, 8_000)).await;
        Outcome::Unknown { why: "no answer".into() }
    }

    async fn move_money(&self, kind: Move, wanted: &Movement) -> Outcome {
        let mut wanted = *wanted;
        let verb = match kind {
            Move::Capture => "capture",
            Move::Refund => "refund",
            Move::Renew => "renew",
        };
        let now = self.now();
        if let Some(world) = self.world.upgrade() {
            if kind == Move::Renew && world.planted(Defect::RenewalForgotten) {
                return approved(wanted.key);
            }
            if kind == Move::Capture && world.planted(Defect::CentLost) && self.is_part(&wanted) {
                wanted.amount = Money::new(wanted.amount.minor() - 1, wanted.amount.currency());
            }
            let afresh = match kind {
                Move::Capture => {
                    self.watch_capture(&world, &wanted);
                    world.planted(Defect::CaptureUnderNewKey)
                }
                Move::Refund => world.planted(Defect::RefundUnderNewKey),
                Move::Renew => false,
            };
            if afresh {
                wanted.key = world.effects().ids.uuid();
            }
        }
        let what = format!("{verb} {} of {}", wanted.amount, self.payment_of(wanted.authorisation));
        self.over_the_wire(&what, move |bank| bank.move_money(kind, &wanted, now)).await
    }

    fn now(&self) -> Timestamp {
        self.world.upgrade().map_or_else(Timestamp::default, |world| world.now())
    }

    /// Whether more was set aside than is wanted now.
    fn is_part(&self, wanted: &Movement) -> bool {
        let charges = self.bank.charges();
        let whole = charges.iter().find(|(key, _)| *key == wanted.authorisation).map(|(_, c)| c.amount);
        whole.is_some_and(|whole| wanted.amount.minor() < whole)
    }

    fn payment_of(&self, key: Uuid) -> String {
        self.bank.payment_of(key).map_or_else(|| "an unknown charge".into(), |payment| payment.to_string())
    }

    /// Money is taken only for goods that are sold, not merely held.
    fn watch_capture(&self, world: &World, wanted: &Movement) {
        let payment = self.bank.payment_of(wanted.authorisation);
        let Some(payment) = payment else { return };
        let order = world.look(PAYMENT, payment.uuid(), |tx, payment| {
            Box::pin(async move {
                tx.query_opt("select order_id from payment where id = $1", &[payment], |r| r.get::<Uuid>(0))
                    .await
            })
        });
        let Some(Some(order)) = order else { return };
        let state = world.look(INVENTORY, order, |tx, order| {
            Box::pin(async move {
                let sql = "select state from reservation where order_id = $1";
                tx.query_opt(sql, &[order], |r| r.get::<String>(0)).await
            })
        });
        let state = state.flatten().unwrap_or_else(|| "none".into());
        if matches!(state.as_str(), "none" | "held" | "refused") {
            let wrong = format!("{payment} is captured while its order's stock is {state}");
            self.bank.object(wrong);
        }
    }
}

#[async_trait]
impl Provider for Teller {
    fn name(&self) -> &'static str {
        "bank"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            multi_capture: true,
            partial_refund: true,
            capture_at_fulfilment: false,
            statements: false,
        }
    }

    async fn authorise(&self, wanted: &Authorisation) -> Outcome {
        let (key, payment, amount) = (wanted.key, wanted.payment, wanted.amount.minor());
        let card = wanted.token.expose_secret().to_string();
        let what = format!("authorise {} for {payment} by {card}", wanted.amount);
        let now = self.now();
        self.over_the_wire(&what, move |bank| bank.authorise(key, payment, amount, &card, now)).await
    }

    async fn renew(&self, wanted: &Movement) -> Outcome {
        self.move_money(Move::Renew, wanted).await
    }

    async fn capture(&self, wanted: &Movement) -> Outcome {
        self.move_money(Move::Capture, wanted).await
    }

    async fn void(&self, wanted: &Movement) -> Outcome {
        let key = wanted.authorisation;
        let Some(world) = self.world.upgrade() else { return Outcome::Unknown { why: "no world".into() } };
        if world.planted(Defect::VoidForgotten) {
            return approved(key);
        }
        let (now, forgets) = (world.now(), world.planted(Defect::VoidWithoutTombstone));
        let what = format!("void {}", self.payment_of(key));
        self.over_the_wire(&what, move |bank| bank.void(key, now, forgets)).await
    }

    async fn refund(&self, wanted: &Movement) -> Outcome {
        self.move_money(Move::Refund, wanted).await
    }

    async fn lookup(&self, payment: PaymentId, authorisation: Uuid) -> Outcome {
        let what = format!("look up {payment}");
        self.over_the_wire(&what, move |bank| bank.look_up(payment, authorisation)).await
    }

    fn hear(&self, call: &Call<'_>) -> Heard {
        let signature = (call.header)(SIGNATURE);
        let trusting = self.world.upgrade().is_some_and(|world| world.planted(Defect::ForgedWebhook));
        if !trusting && let Err(why) = webhook::key().check(signature.as_deref(), call.body, call.now) {
            return Heard::Forged { why };
        }
        match serde_json::from_slice::<webhook::Told>(call.body) {
            Ok(told) => Heard::Notice(Notice { event: told.event, about: told.about }),
            Err(error) => Heard::Unreadable { why: error.to_string() },
        }
    }

    async fn statement(&self, _: Timestamp, _: Uuid, _: u32) -> Result<Vec<Held>, Unread> {
        Err(Unread("this bank sends none".into()))
    }
}
