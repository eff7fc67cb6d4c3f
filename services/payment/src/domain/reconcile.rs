//! What a provider's books hold and ours do not, as after a restore: the books are brought up to the provider's, and what
//! belongs to no order then ends by the ways by which payments end.

use super::intent::{Intent, Kind, Phase};
use super::ledger::Transaction;
use super::payment::{Moment, Payment, State, Told};
use hanse_kernel::{Money, OrderId, PaymentId};
use uuid::Uuid;

/// An authorisation as the provider has it. Amounts in minor units of its currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The key that it was asked for under.
    pub key: Uuid,
    /// What it was asked for.
    pub payment: PaymentId,
    pub order: OrderId,
    pub attempt: u32,
    pub amount: Money,
    pub captured: i64,
    pub refunded: i64,
    /// What has not been captured is still set aside.
    pub live: bool,
}

impl Held {
    /// Set aside and not captured.
    pub fn left(&self) -> i64 {
        if self.live { self.amount.minor() - self.captured } else { 0 }
    }
    /// Money of a shopper is with the provider.
    pub fn at_stake(&self) -> bool {
        self.left() > 0 || self.captured > self.refunded
    }
}

/// How our books stand to the provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Same,
    /// The provider is being asked: its answer is what is missing.
    UnderWay,
    /// The provider has moved money that we do not know of.
    Unknown,
    /// It still sets money aside of which we say that it is let go.
    StillAside,
    /// We say that money has moved, and the provider does not.
    Denied,
    /// It sets nothing aside any more of which we say that it does.
    LetGo,
}

impl Payment {
    /// Its own authorisation's standing with the provider.
    pub fn standing(&self, held: &Held) -> Standing {
        if self.intents.iter().any(Intent::is_open) {
            Standing::UnderWay
        } else if held.captured > self.captured || held.refunded > self.refunded {
            Standing::Unknown
        } else if held.captured < self.captured || held.refunded < self.refunded {
            Standing::Denied
        } else if held.left() > self.remaining() {
            Standing::StillAside
        } else if held.left() < self.remaining() {
            Standing::LetGo
        } else {
            Standing::Same
        }
    }

    fn is_over(&self) -> bool {
        self.cancel
            || matches!(self.state, State::Voided | State::Declined | State::Expired | State::Refunded)
    }

    /// Takes over what the provider has done under the payment's own authorisation. What was over stays so, and what is held
    /// for it goes back. A capture that is asked for later, of as much, is taken to be the one that the provider tells of.
    pub fn adopt(&mut self, held: &Held, at: &Moment<'_>) {
        let over = self.is_over();
        let (captured, refunded) = (held.captured - self.captured, held.refunded - self.refunded);
        if held.amount.minor() > self.amount.minor() {
            self.amount = held.amount;
        }
        let missing = captured.max(0) + held.left() - self.remaining();
        if missing > 0 {
            let back = missing.min(self.released);
            self.released -= back;
            self.authorised += missing - back;
            self.postings.push(Transaction::authorised(missing));
        }
        if captured > 0 {
            self.captured += captured;
            self.postings.push(Transaction::captured(captured));
            self.happened(Kind::Capture, captured, at);
        }
        if refunded > 0 {
            self.refunded += refunded;
            self.postings.push(Transaction::refunded(refunded));
            self.happened(Kind::Refund, refunded, at);
        }
        self.forget_token = true;
        self.reason = None;
        self.action = None;
        self.state = if self.captured > 0 { State::Captured } else { State::Authorised };
        if over {
            self.cancel = true;
            self.go_on(at);
        } else if self.captured > 0 && self.refunded == self.captured && self.remaining() == 0 {
            self.state = State::Refunded;
        }
    }

    /// Makes an authorisation its own that it does not know. Wanted: its order is waiting for it; else it ends.
    pub fn take_in(&mut self, held: &Held, wanted: bool, at: &Moment<'_>) {
        self.amount = held.amount;
        self.state = State::Authorised;
        self.active = true;
        self.cancel = !wanted;
        self.intents.push(Intent { id: held.key, ..done(Kind::Authorise, held.amount.minor(), at) });
        let granted = held.captured + held.left();
        self.authorised += granted;
        self.postings.push(Transaction::authorised(granted));
        if wanted {
            self.tell(Told::Authorised);
        }
        self.adopt(held, at);
    }

    fn happened(&mut self, kind: Kind, amount: i64, at: &Moment<'_>) {
        self.intents.push(done(kind, amount, at));
    }

    /// What was adopted is what is asked for now: it is done, under the name of who asks. Whether there was such a one.
    pub(super) fn was_adopted(&mut self, kind: Kind, amount: i64, asked: Uuid) -> bool {
        let unnamed = |i: &&mut Intent| {
            i.kind == kind && i.amount == amount && i.asked.is_none() && i.phase == Phase::Done
        };
        match self.intents.iter_mut().find(unnamed) {
            Some(intent) => {
                intent.asked = Some(asked);
                intent.touched = true;
                true
            }
            None => false,
        }
    }
}

fn done(kind: Kind, amount: i64, at: &Moment<'_>) -> Intent {
    Intent {
        id: (at.ids)(),
        kind,
        amount,
        asked: None,
        phase: Phase::Done,
        attempts: 0,
        next_at: at.now,
        reason: Some("told by the provider's books".into()),
        touched: true,
        new: true,
        again: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Outcome, Rules};
    use hanse_kernel::{Currency, Timestamp};
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);
    const ORDER: OrderId = OrderId::new(Uuid::from_u128(1));
    const PAYMENT: PaymentId = PaymentId::new(Uuid::from_u128(2));
    const KEY: Uuid = Uuid::from_u128(3);

    fn euro(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    fn with<T>(decide: impl FnOnce(&Moment<'_>) -> T) -> T {
        let ids = || Uuid::from_u128(NEXT.with(|n| n.replace(n.get() + 1)));
        let rules = Rules {
            lease: Duration::from_secs(5),
            retry: Duration::from_secs(1),
            look: Duration::from_secs(5),
            multi_capture: true,
            partial_refund: true,
        };
        decide(&Moment { now: NOW, rules, ids: &ids })
    }

    thread_local! {
        static NEXT: std::cell::Cell<u128> = const { std::cell::Cell::new(100) };
    }

    fn opened() -> Payment {
        Payment::open((PAYMENT, ORDER, 1), euro(500), "test", NOW.plus(Duration::from_secs(60)))
    }

    fn held(captured: i64, refunded: i64, live: bool) -> Held {
        let amount = euro(500);
        Held { key: KEY, payment: PAYMENT, order: ORDER, attempt: 1, amount, captured, refunded, live }
    }

    /// What adds up: the amounts fit into each other, and every transaction is balanced.
    fn sound(p: &Payment) {
        assert!(p.refunded <= p.captured && p.captured + p.released <= p.authorised, "{p:?}");
        assert!(p.authorised <= p.amount.minor() && p.released >= 0, "{p:?}");
        assert!(p.postings.iter().all(Transaction::balanced));
    }

    fn authorised() -> Payment {
        let mut p = opened();
        with(|at| p.take_in(&held(0, 0, true), true, at));
        sound(&p);
        p.told.clear();
        p
    }

    #[test]
    fn a_capture_that_was_forgotten_is_the_answer_to_the_next_asking_for_it() {
        let mut p = authorised();
        assert_eq!(p.standing(&held(500, 0, true)), Standing::Unknown);
        with(|at| p.adopt(&held(500, 0, true), at));
        sound(&p);
        assert_eq!((p.state, p.captured), (State::Captured, 500));
        assert_eq!(p.standing(&held(500, 0, true)), Standing::Same);
        let capture = Uuid::from_u128(9);
        with(|at| p.capture(capture, euro(500), at)).unwrap();
        assert_eq!(p.told, [Told::Captured { capture }], "it is not taken twice");
        assert!(!p.intents.iter().any(Intent::is_open));
    }

    #[test]
    fn what_is_held_for_a_payment_that_is_over_goes_back() {
        let mut p = authorised();
        with(|at| p.cancel(at));
        let void = p.intents.iter().find(|i| i.is_open()).unwrap().id;
        with(|at| p.resolve(void, Outcome::Approved { reference: "v".into() }, at));
        assert_eq!(p.state, State::Voided);
        // It had been captured in a time that was forgotten.
        assert_eq!(p.standing(&held(500, 0, false)), Standing::Unknown);
        with(|at| p.adopt(&held(500, 0, false), at));
        sound(&p);
        let refund = p.intents.iter().find(|i| i.is_open()).unwrap().clone();
        assert_eq!((refund.kind, refund.amount), (Kind::Refund, 500));
        with(|at| p.resolve(refund.id, Outcome::Approved { reference: "r".into() }, at));
        assert_eq!((p.state, p.refunded), (State::Refunded, 500));
        assert_eq!(p.standing(&held(500, 500, false)), Standing::Same);
    }

    #[test]
    fn an_authorisation_of_an_order_that_there_is_not_is_voided_or_given_back() {
        for (theirs, kind, amount) in
            [(held(0, 0, true), Kind::Void, 500), (held(500, 200, false), Kind::Refund, 300)]
        {
            let mut p = opened();
            with(|at| p.take_in(&theirs, false, at));
            sound(&p);
            let open: Vec<_> = p.intents.iter().filter(|i| i.is_open()).collect();
            assert_eq!(open.len(), 1, "{open:?}");
            assert_eq!((open[0].kind, open[0].amount), (kind, amount));
            assert!(!p.told.contains(&Told::Authorised), "nobody commits to it");
        }
    }

    #[test]
    fn what_the_provider_does_not_know_is_told_apart() {
        let mut p = authorised();
        assert_eq!(p.standing(&held(0, 0, false)), Standing::LetGo);
        with(|at| p.adopt(&held(500, 0, true), at));
        assert_eq!(p.standing(&held(0, 0, true)), Standing::Denied);
        with(|at| p.refund(hanse_kernel::RefundId::new(Uuid::from_u128(8)), euro(100), at)).unwrap();
        assert_eq!(p.standing(&held(500, 0, true)), Standing::UnderWay);
    }

    fn at<T>(now: Timestamp, decide: impl FnOnce(&Moment<'_>) -> T) -> T {
        with(|moment| decide(&Moment { now, rules: moment.rules, ids: moment.ids }))
    }

    fn paid() -> Payment {
        let mut p = authorised();
        with(|at| p.adopt(&held(500, 0, true), at));
        p.told.clear();
        p
    }

    fn open_refund(p: &Payment) -> Option<Uuid> {
        p.intents.iter().find(|i| i.kind == Kind::Refund && i.is_open()).map(|i| i.id)
    }

    #[test]
    fn a_refund_that_was_refused_is_asked_for_anew_later_and_later_under_another_key() {
        let (mut p, refund) = (paid(), hanse_kernel::RefundId::new(Uuid::from_u128(8)));
        let (mut now, mut keys, mut rests) = (NOW, vec![], vec![]);
        for _ in 0..14 {
            at(now, |at| p.refund(refund, euro(100), at)).unwrap();
            let key = open_refund(&p).unwrap();
            assert!(!keys.contains(&key));
            keys.push(key);
            at(now, |at| p.resolve(key, Outcome::Declined { reason: "no balance".into() }, at));
            assert_eq!(p.told.drain(..).collect::<Vec<_>>(), [Told::RefundFailed { refund }]);
            let refused = now;
            loop {
                now = now.plus(Duration::from_secs(1));
                let before = p.intents.len();
                at(now, |at| p.refund(refund, euro(100), at)).unwrap();
                if p.intents.len() > before {
                    let key = open_refund(&p).unwrap();
                    at(now, |at| p.resolve(key, Outcome::Declined { reason: "no balance".into() }, at));
                    keys.push(key);
                    p.told.clear();
                    break;
                }
                assert_eq!(p.told.drain(..).collect::<Vec<_>>(), [Told::RefundFailed { refund }]);
            }
            rests.push(now.since(refused));
            now = now.plus(LONG);
        }
        assert!(rests.is_sorted() && rests[0] < Duration::from_secs(5), "{rests:?}");
        assert_eq!(*rests.last().unwrap(), Duration::from_secs(30 * 60), "{rests:?}");
        assert_eq!(p.refunded, 0);
        at(now, |at| p.refund(refund, euro(100), at)).unwrap();
        let key = open_refund(&p).unwrap();
        at(now, |at| p.resolve(key, Outcome::Approved { reference: "r".into() }, at));
        assert_eq!((p.refunded, p.told.as_slice()), (100, &[Told::Refunded { refund: Some(refund) }][..]));
        sound(&p);
    }

    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn a_refund_that_was_refused_because_it_had_been_done_in_a_forgotten_time_is_done() {
        let (mut p, refund) = (paid(), hanse_kernel::RefundId::new(Uuid::from_u128(8)));
        with(|at| p.refund(refund, euro(500), at)).unwrap();
        let key = open_refund(&p).unwrap();
        with(|at| p.resolve(key, Outcome::Declined { reason: "not_possible".into() }, at));
        with(|at| p.adopt(&held(500, 500, false), at));
        p.told.clear();
        at(NOW.plus(LONG), |at| p.refund(refund, euro(500), at)).unwrap();
        assert_eq!(p.told, [Told::Refunded { refund: Some(refund) }]);
        assert_eq!((p.refunded, open_refund(&p)), (500, None));
        sound(&p);
    }

    #[test]
    fn what_can_never_be_given_back_is_refused_again_and_kept_once() {
        let (mut p, refund) = (paid(), hanse_kernel::RefundId::new(Uuid::from_u128(8)));
        for hour in 0..5 {
            at(NOW.plus(LONG * hour), |at| p.refund(refund, euro(600), at)).unwrap();
        }
        assert_eq!(p.told, vec![Told::RefundFailed { refund }; 5]);
        assert_eq!(p.intents.iter().filter(|i| i.kind == Kind::Refund).count(), 1);
    }
}
