//! A payment provider that misbehaves, with books of its own that outlive everything: what it holds to be true is what
//! counts.

use crate::chance::Chance;
use crate::defect::Defect;
use crate::services::{INVENTORY, PAYMENT};
use crate::weather::Fault;
use crate::world::World;
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{PaymentId, Rng};
use hanse_payment::{Authorisation, Capabilities, Movement, Outcome, Provider};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Authorised,
    /// The shopper has to confirm it.
    Asked,
    Declined,
    Voided,
}

/// An authorisation in the bank's books.
#[derive(Debug, Clone)]
pub struct Charge {
    pub payment: Option<PaymentId>,
    pub standing: Standing,
    pub amount: i64,
    pub captured: i64,
    pub refunded: i64,
    /// Its captures are refused.
    closed: bool,
}

#[derive(Default)]
struct Books {
    charges: BTreeMap<Uuid, Charge>,
    moved: BTreeMap<Uuid, bool>,
    /// What the bank saw that must not be.
    wrong: Vec<String>,
}

pub struct Bank {
    books: Mutex<Books>,
    chance: Chance,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    Capture,
    Refund,
    Renew,
}

impl Bank {
    pub fn new(chance: Chance) -> Self {
        Self { books: Mutex::default(), chance }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// All charges by payment.
    pub fn charges(&self) -> Vec<(Uuid, Charge)> {
        self.books().charges.iter().map(|(key, charge)| (*key, charge.clone())).collect()
    }

    pub fn wrong(&self) -> Vec<String> {
        self.books().wrong.clone()
    }

    /// The shopper confirms, or does not, whatever waits for that of this payment; whether something did.
    pub fn confirm(&self, payment: PaymentId, yes: bool) -> bool {
        let mut books = self.books();
        let asked = books
            .charges
            .values_mut()
            .find(|c| c.payment == Some(payment) && c.standing == Standing::Asked);
        let Some(charge) = asked else { return false };
        charge.standing = if yes { Standing::Authorised } else { Standing::Declined };
        true
    }

    fn authorise(&self, key: Uuid, payment: PaymentId, amount: i64, card: &str) -> Outcome {
        let mut books = self.books();
        let charge = books.charges.entry(key).or_insert_with(|| Charge {
            payment: Some(payment),
            standing: match card {
                "card_without_cover" => Standing::Declined,
                "card_that_asks" => Standing::Asked,
                _ => Standing::Authorised,
            },
            amount,
            captured: 0,
            refunded: 0,
            closed: card == "card_closed_later",
        });
        // One that was voided before it came is known by its payment from now on.
        charge.payment = Some(payment);
        told(key, payment, charge)
    }

    fn void(&self, key: Uuid) -> Outcome {
        let mut books = self.books();
        let unheard = Charge {
            payment: None,
            standing: Standing::Voided,
            amount: 0,
            captured: 0,
            refunded: 0,
            closed: false,
        };
        let charge = books.charges.entry(key).or_insert(unheard);
        if charge.standing != Standing::Declined {
            charge.standing = Standing::Voided;
        }
        approved(key)
    }

    fn move_money(&self, kind: Move, wanted: &Movement) -> Outcome {
        let mut books = self.books();
        if let Some(before) = books.moved.get(&wanted.key) {
            return if *before { approved(wanted.key) } else { declined("not_possible") };
        }
        let amount = wanted.amount.minor();
        let renewal = self.chance.u64() % 3 != 0;
        let can = match books.charges.get_mut(&wanted.authorisation) {
            None => false,
            Some(c) => {
                let stands = c.standing == Standing::Authorised && c.captured + amount <= c.amount;
                match kind {
                    Move::Capture if stands && !c.closed => {
                        c.captured += amount;
                        true
                    }
                    Move::Renew => {
                        let can = stands && renewal;
                        // What was closed works again once it was set aside anew.
                        c.closed &= !can;
                        can
                    }
                    Move::Refund if c.refunded + amount <= c.captured => {
                        c.refunded += amount;
                        true
                    }
                    Move::Capture | Move::Refund => false,
                }
            }
        };
        books.moved.insert(wanted.key, can);
        if can { approved(wanted.key) } else { declined("not_possible") }
    }

    fn look_up(&self, payment: PaymentId, key: Uuid) -> Outcome {
        match self.books().charges.get(&key) {
            Some(charge) => told(key, payment, charge),
            None => Outcome::Unknown { why: "never heard of it".into() },
        }
    }
}

fn approved(key: Uuid) -> Outcome {
    Outcome::Approved { reference: key.simple().to_string() }
}

fn declined(reason: &str) -> Outcome {
    Outcome::Declined { reason: reason.into() }
}

fn told(key: Uuid, payment: PaymentId, charge: &Charge) -> Outcome {
    match charge.standing {
        Standing::Authorised => approved(key),
        Standing::Asked => {
            Outcome::Action { kind: "redirect".into(), url: format!("https://bank.example/{payment}") }
        }
        Standing::Declined => declined("card_declined"),
        Standing::Voided => declined("voided"),
    }
}

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
            });
            return self.silence(&world, what, "is on its way for long").await;
        }
        if world.strikes(Fault::ProviderSlow) {
            world.sleep(world.fate.millis(200, 5_000)).await;
        }
        let outcome = act(&self.bank);
        world.tell("the bank", format!("{what}: {outcome:?}"));
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
        if let Some(world) = self.world.upgrade() {
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
        self.over_the_wire(&what, move |bank| bank.move_money(kind, &wanted)).await
    }

    fn payment_of(&self, key: Uuid) -> String {
        let books = self.bank.books();
        let payment = books.charges.get(&key).and_then(|charge| charge.payment);
        payment.map_or_else(|| "an unknown charge".into(), |payment| payment.to_string())
    }

    /// Money is taken only for goods that are sold, not merely held.
    fn watch_capture(&self, world: &World, wanted: &Movement) {
        let payment = self.bank.books().charges.get(&wanted.authorisation).and_then(|c| c.payment);
        let Some(payment) = payment else { return };
        let order = world.look(PAYMENT, payment.uuid(), |tx, payment| {
            Box::pin(async move {
                tx.query_opt("select order_id from payment where id = $1", &[payment], |r| r.get::<Uuid>(0)).await
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
            self.bank.books().wrong.push(wrong);
        }
    }
}

#[async_trait]
impl Provider for Teller {
    fn name(&self) -> &'static str {
        "bank"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { multi_capture: true, partial_refund: true, capture_at_fulfilment: false }
    }

    async fn authorise(&self, wanted: &Authorisation) -> Outcome {
        let (key, payment, amount) = (wanted.key, wanted.payment, wanted.amount.minor());
        let card = wanted.token.expose_secret().to_string();
        let what = format!("authorise {} for {payment} by {card}", wanted.amount);
        self.over_the_wire(&what, move |bank| bank.authorise(key, payment, amount, &card)).await
    }

    async fn renew(&self, wanted: &Movement) -> Outcome {
        self.move_money(Move::Renew, wanted).await
    }

    async fn capture(&self, wanted: &Movement) -> Outcome {
        self.move_money(Move::Capture, wanted).await
    }

    async fn void(&self, wanted: &Movement) -> Outcome {
        let key = wanted.authorisation;
        if self.world.upgrade().is_some_and(|world| world.planted(Defect::VoidForgotten)) {
            return approved(key);
        }
        let what = format!("void {}", self.payment_of(key));
        self.over_the_wire(&what, move |bank| bank.void(key)).await
    }

    async fn refund(&self, wanted: &Movement) -> Outcome {
        self.move_money(Move::Refund, wanted).await
    }

    async fn lookup(&self, payment: PaymentId, authorisation: Uuid) -> Outcome {
        let what = format!("look up {payment}");
        self.over_the_wire(&what, move |bank| bank.look_up(payment, authorisation)).await
    }
}
