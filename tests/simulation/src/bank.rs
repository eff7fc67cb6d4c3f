//! A payment provider with books of its own that outlive everything: what it holds to be true is what counts.

use crate::chance::Chance;
use hanse_kernel::{PaymentId, Timestamp};
use hanse_payment::{Movement, Outcome};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
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
    /// Nothing can be captured after that, and whatever was set aside is the shopper's again.
    pub lapses: Timestamp,
    /// Its captures are refused.
    closed: bool,
}

/// What the bank wants to tell the shop: that something became of a charge.
#[derive(Debug, Clone)]
pub struct News {
    pub event: u64,
    /// The key that it was asked under.
    pub about: Uuid,
    pub what: &'static str,
}

/// So long an authorisation holds, and so long again when it is renewed.
const HOLDS: Duration = Duration::from_secs(7 * 24 * 3600);

#[derive(Default)]
struct Books {
    charges: BTreeMap<Uuid, Charge>,
    moved: BTreeMap<Uuid, bool>,
    /// What the bank saw that must not be.
    wrong: Vec<String>,
    /// Not sent yet.
    news: Vec<News>,
    events: u64,
}

impl Books {
    fn announce(&mut self, about: Uuid, what: &'static str) {
        self.events += 1;
        self.news.push(News { event: self.events, about, what });
    }
}

pub struct Bank {
    books: Mutex<Books>,
    chance: Chance,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
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

    /// Whose an authorisation is.
    pub fn payment_of(&self, key: Uuid) -> Option<PaymentId> {
        self.books().charges.get(&key).and_then(|charge| charge.payment)
    }

    /// What there is to tell since it was last asked for.
    pub fn news(&self) -> Vec<News> {
        std::mem::take(&mut self.books().news)
    }

    /// Writes down what must not be.
    pub fn object(&self, wrong: String) {
        self.books().wrong.push(wrong);
    }

    /// The shopper confirms, or does not, whatever waits for that of this payment; whether something did.
    pub fn confirm(&self, payment: PaymentId, yes: bool) -> bool {
        let mut books = self.books();
        let mut all = books.charges.iter_mut();
        let asked = all.find(|(_, c)| c.payment == Some(payment) && c.standing == Standing::Asked);
        let Some((key, charge)) = asked else { return false };
        charge.standing = if yes { Standing::Authorised } else { Standing::Declined };
        let key = *key;
        books.announce(key, "it was answered");
        true
    }

    pub fn authorise(
        &self,
        key: Uuid,
        payment: PaymentId,
        amount: i64,
        card: &str,
        now: Timestamp,
    ) -> Outcome {
        let mut books = self.books();
        if !books.charges.contains_key(&key) {
            books.announce(key, "it was set aside, or not");
        }
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
            lapses: now.plus(HOLDS),
            closed: card == "card_closed_later",
        });
        // One that was voided before it came is known by its payment from now on.
        charge.payment = Some(payment);
        told(key, payment, charge)
    }

    /// `forgets`: only what has arrived is voided, what comes later is as if nothing had been said.
    pub fn void(&self, key: Uuid, now: Timestamp, forgets: bool) -> Outcome {
        let mut books = self.books();
        if forgets && !books.charges.contains_key(&key) {
            return approved(key);
        }
        if books
            .charges
            .get(&key)
            .is_none_or(|c| !matches!(c.standing, Standing::Declined | Standing::Voided))
        {
            books.announce(key, "it was voided");
        }
        let unheard = Charge {
            payment: None,
            standing: Standing::Voided,
            amount: 0,
            captured: 0,
            refunded: 0,
            lapses: now,
            closed: false,
        };
        let charge = books.charges.entry(key).or_insert(unheard);
        if charge.standing != Standing::Declined {
            charge.standing = Standing::Voided;
        }
        approved(key)
    }

    pub fn move_money(&self, kind: Move, wanted: &Movement, now: Timestamp) -> Outcome {
        let mut books = self.books();
        if let Some(before) = books.moved.get(&wanted.key) {
            return if *before { approved(wanted.key) } else { declined("not_possible") };
        }
        let amount = wanted.amount.minor();
        let (renewal, refund) = (self.chance.below(3) != 0, self.chance.below(8) != 0);
        let can = match books.charges.get_mut(&wanted.authorisation) {
            None => false,
            Some(c) => {
                let stands =
                    c.standing == Standing::Authorised && c.captured + amount <= c.amount && now < c.lapses;
                match kind {
                    Move::Capture if stands && !c.closed => {
                        c.captured += amount;
                        true
                    }
                    Move::Renew => {
                        let can = stands && renewal;
                        // What was closed works again once it was set aside anew.
                        c.closed &= !can;
                        if can {
                            c.lapses = now.plus(HOLDS);
                        }
                        can
                    }
                    // A merchant's balance may not suffice today.
                    Move::Refund if refund && c.refunded + amount <= c.captured => {
                        c.refunded += amount;
                        true
                    }
                    Move::Capture | Move::Refund => false,
                }
            }
        };
        books.moved.insert(wanted.key, can);
        books.announce(wanted.key, "money was moved, or not");
        if can { approved(wanted.key) } else { declined("not_possible") }
    }

    pub fn look_up(&self, payment: PaymentId, key: Uuid) -> Outcome {
        match self.books().charges.get(&key) {
            Some(charge) => told(key, payment, charge),
            None => Outcome::Unknown { why: "never heard of it".into() },
        }
    }
}

pub fn approved(key: Uuid) -> Outcome {
    Outcome::Approved { reference: key.simple().to_string() }
}

pub fn declined(reason: &str) -> Outcome {
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
