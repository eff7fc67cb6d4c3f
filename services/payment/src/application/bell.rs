//! Rings when there is something to ask of a provider, so that the worker need not wait for its next look.

use crate::domain::Payment;
use hanse_kernel::Timestamp;
use std::collections::VecDeque;
use std::sync::Mutex;
use tokio::sync::Notify;
use uuid::Uuid;

/// More are left to the worker's look into the store.
const MOST: usize = 10_000;

/// An intent that has been claimed for this process.
#[derive(Debug)]
pub struct Rung {
    pub intent: Uuid,
    /// Its payment, by the unit that made the intent.
    payment: Option<Box<Payment>>,
}

impl Rung {
    /// The payment, if it need not be read again: as long as the claim holds nobody else asks for the intent, and nothing
    /// drops it.
    pub fn payment(self, now: Timestamp) -> Option<Payment> {
        let claimed = |p: &Payment| p.intents.iter().any(|i| i.id == self.intent && i.in_flight(now));
        self.payment.filter(|payment| claimed(payment)).map(|payment| *payment)
    }
}

#[derive(Default)]
pub struct Bell {
    waiting: Mutex<VecDeque<Rung>>,
    rung: Notify,
}

impl Bell {
    /// Hands over an intent that the caller's unit has claimed for this process.
    pub fn ring(&self, intent: Uuid) {
        self.hand_over(Rung { intent, payment: None });
    }

    /// As [`Bell::ring`], for one that the unit has made, with the payment as it was saved.
    pub fn ring_with(&self, intent: Uuid, payment: Payment) {
        self.hand_over(Rung { intent, payment: Some(Box::new(payment)) });
    }

    fn hand_over(&self, rung: Rung) {
        let mut waiting = self.waiting.lock().unwrap_or_else(|e| e.into_inner());
        if waiting.len() < MOST {
            waiting.push_back(rung);
        }
        drop(waiting);
        self.rung.notify_one();
    }

    /// What was handed over, at most `limit`.
    pub fn take(&self, limit: usize) -> Vec<Rung> {
        let mut waiting = self.waiting.lock().unwrap_or_else(|e| e.into_inner());
        let n = waiting.len().min(limit);
        waiting.drain(..n).collect()
    }

    pub async fn rung(&self) {
        self.rung.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Intent, Kind, Phase};
    use hanse_kernel::{Currency, Money, OrderId, PaymentId};
    use std::time::Duration;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    /// A payment of which one thing is being asked for, until the tenth second.
    fn asked(intent: Uuid) -> Payment {
        let named = (PaymentId::new(Uuid::from_u128(1)), OrderId::new(Uuid::from_u128(2)), 1);
        let mut payment = Payment::open(named, Money::new(2650, Currency::EUR), "test", at(1800));
        payment.intents.push(Intent {
            id: intent,
            kind: Kind::Authorise,
            amount: 2650,
            asked: None,
            phase: Phase::Flying,
            attempts: 1,
            next_at: at(0).plus(Duration::from_secs(10)),
            reason: None,
            again: false,
            touched: false,
            new: false,
        });
        payment
    }

    #[test]
    fn a_payment_that_was_handed_over_is_good_for_as_long_as_its_claim() {
        let (bell, intent) = (Bell::default(), Uuid::from_u128(3));
        let taken = |now| {
            bell.ring_with(intent, asked(intent));
            let rung = bell.take(9).pop().expect("rung");
            assert_eq!(rung.intent, intent);
            rung.payment(now)
        };
        assert_eq!(taken(at(9)), Some(asked(intent)));
        assert_eq!(taken(at(10)), None, "somebody else may have taken it over by now");
        bell.ring(intent);
        assert_eq!(bell.take(9).pop().expect("rung").payment(at(0)), None, "it is to be read");
    }
}
