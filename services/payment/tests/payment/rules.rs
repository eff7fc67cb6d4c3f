//! Whatever is commanded and whatever providers answer: no amount grows beyond what it may be (5), the books add up to
//! zero (16), and a cancelled payment ends with nothing set aside.

use hanse_kernel::{Currency, Money, OrderId, PaymentId, RefundId, Timestamp};
use hanse_payment::domain::{Account, Kind, Moment, Outcome, Payment, Phase, Rules, State, Told};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use uuid::Uuid;

#[derive(Debug, Clone)]
enum Step {
    Activate,
    Authorise,
    Cancel,
    Capture(u128, i64),
    Refund(u128, i64),
    VoidRest,
    Renew(u32),
    /// The n-th open intent is answered.
    Answer(usize, Answer),
    /// An answer that comes again, or too late.
    Late(usize, Answer),
    TakeOver(usize),
    Expire,
    /// The provider has something to tell.
    Heard,
    Later(u64),
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Approved,
    Declined,
    Action,
    Unknown,
}

impl Answer {
    fn outcome(self) -> Outcome {
        match self {
            Self::Approved => Outcome::Approved { reference: "r".into() },
            Self::Declined => Outcome::Declined { reason: "card_declined".into() },
            Self::Action => Outcome::Action { kind: "redirect".into(), url: "/there".into() },
            Self::Unknown => Outcome::Unknown { why: "lost".into() },
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let answer = || {
        prop_oneof![
            4 => Just(Answer::Approved), 1 => Just(Answer::Declined),
            1 => Just(Answer::Action), 2 => Just(Answer::Unknown)
        ]
    };
    prop_oneof![
        1 => Just(Step::Activate),
        4 => Just(Step::Authorise),
        1 => Just(Step::Cancel),
        4 => (0u128..4, -1i64..120).prop_map(|(c, n)| Step::Capture(c, n)),
        4 => (0u128..4, -1i64..120).prop_map(|(r, n)| Step::Refund(r, n)),
        2 => Just(Step::VoidRest),
        3 => (1u32..4).prop_map(Step::Renew),
        10 => (0usize..3, answer()).prop_map(|(i, a)| Step::Answer(i, a)),
        1 => (0usize..6, answer()).prop_map(|(i, a)| Step::Late(i, a)),
        2 => (0usize..3).prop_map(Step::TakeOver),
        1 => Just(Step::Expire),
        2 => Just(Step::Heard),
        2 => (0u64..20).prop_map(Step::Later),
    ]
}

static IDS: AtomicU64 = AtomicU64::new(1000);

fn new_id() -> Uuid {
    Uuid::from_u128(u128::from(IDS.fetch_add(1, Ordering::Relaxed)))
}

const RULES: Rules = Rules {
    lease: Duration::from_secs(5),
    retry: Duration::from_secs(1),
    look: Duration::from_secs(5),
    multi_capture: true,
    partial_refund: true,
};

struct Model {
    payment: Payment,
    now: Timestamp,
    books: BTreeMap<Account, i64>,
    told: Vec<Told>,
}

impl Model {
    fn new() -> Self {
        let named = (PaymentId::new(Uuid::from_u128(1)), OrderId::new(Uuid::from_u128(2)), 1);
        let expires = Timestamp::from_micros(60_000_000);
        let payment = Payment::open(named, Money::new(100, Currency::EUR), "test", expires);
        Self { payment, now: Timestamp::from_micros(0), books: BTreeMap::new(), told: vec![] }
    }

    fn open(&self) -> Vec<Uuid> {
        self.payment.intents.iter().filter(|i| i.is_open()).map(|i| i.id).collect()
    }

    fn coming(&self, kind: Kind) -> bool {
        self.payment.intents.iter().any(|i| i.kind == kind && i.is_open())
    }

    fn apply(&mut self, step: &Step) {
        let at = Moment { now: self.now, rules: RULES, ids: &new_id };
        let eur = |n| Money::new(n, Currency::EUR);
        match step {
            Step::Activate => self.payment.activate(),
            Step::Authorise => self.payment.authorise(&at),
            Step::Cancel => self.payment.cancel(&at),
            Step::Capture(c, n) => {
                let renewing = self.coming(Kind::Renew);
                let early = self.payment.capture(Uuid::from_u128(*c), eur(*n), &at).is_err();
                assert!(!early || self.payment.authorised == 0 || renewing);
            }
            Step::Refund(r, n) => {
                let before = self.payment.told.len();
                let early = self.payment.refund(RefundId::new(Uuid::from_u128(*r)), eur(*n), &at).is_err();
                assert!(!early || self.payment.told.len() == before);
            }
            Step::VoidRest => {
                let coming = self.coming(Kind::Capture) || self.coming(Kind::Renew);
                let early = self.payment.void_rest(&at).is_err();
                assert!(!early || coming || self.payment.captured == 0);
            }
            Step::Renew(n) => {
                let moving = [Kind::Renew, Kind::Capture, Kind::Void].into_iter().any(|k| self.coming(k));
                let early = self.payment.renew(*n, &at).is_err();
                assert!(!early || self.payment.authorised == 0 || moving);
            }
            Step::Answer(n, answer) => {
                if let Some(id) = self.open().get(*n).copied() {
                    assert!(self.payment.resolve(id, answer.outcome(), &at));
                }
            }
            Step::Late(n, answer) => {
                if let Some(settled) = self.payment.intents.get(*n).filter(|i| !i.is_open()).map(|i| i.id) {
                    let before = self.payment.clone();
                    assert!(!self.payment.resolve(settled, answer.outcome(), &at));
                    assert_eq!(self.payment, before, "an answer that comes again changes nothing");
                }
            }
            Step::TakeOver(n) => {
                if let Some(id) = self.open().get(*n).copied()
                    && let Some(intent) = self.payment.intents.iter_mut().find(|i| i.id == id)
                    && intent.next_at <= self.now
                {
                    intent.phase = Phase::Flying;
                    intent.attempts += 1;
                    intent.next_at = self.now.plus(RULES.lease);
                }
            }
            Step::Expire => self.payment.expire(&at),
            Step::Heard => {
                let before = self.payment.clone();
                let asked = self.payment.heard(&at);
                assert_eq!(asked.is_some(), before.intents.iter().any(|i| i.is_open()));
                for id in asked.unwrap_or_default() {
                    let intent = self.payment.intents.iter().find(|i| i.id == id);
                    assert!(intent.is_some_and(|i| i.in_flight(self.now)), "it is asked for now");
                }
                let mut same = self.payment.clone();
                same.intents = before.intents.clone();
                assert_eq!(same, before, "what a webhook says is not believed");
            }
            Step::Later(seconds) => self.now = self.now.plus(Duration::from_secs(*seconds)),
        }
        for posting in self.payment.postings.drain(..) {
            assert!(posting.balanced(), "{posting:?}");
            for entry in posting.entries {
                *self.books.entry(entry.account).or_insert(0) += entry.amount;
            }
        }
        self.told.append(&mut self.payment.told);
    }

    fn check(&self) {
        let p = &self.payment;
        assert!(0 <= p.refunded && p.refunded <= p.captured, "{p:?}");
        assert!(p.captured + p.released <= p.authorised && p.authorised <= p.amount.minor(), "{p:?}");
        let booked = |a| self.books.get(&a).copied().unwrap_or(0);
        assert_eq!(self.books.values().sum::<i64>(), 0);
        assert_eq!(booked(Account::Authorised), p.remaining());
        assert_eq!(booked(Account::ProviderClearing), p.captured - p.refunded);
        assert_eq!((booked(Account::Sales), booked(Account::Refunds)), (-p.captured, p.refunded));
        let coming =
            |kind| p.intents.iter().filter(|i| i.kind == kind && i.is_open()).map(|i| i.amount).sum::<i64>();
        assert!(coming(Kind::Capture) <= p.remaining(), "what is asked for is set aside");
        assert!(coming(Kind::Refund) <= p.captured - p.refunded);
        assert!(
            p.intents.iter().filter(|i| i.kind == Kind::Authorise).count() <= 1,
            "asked for under one key"
        );
        assert!(p.intents.iter().filter(|i| i.kind == Kind::Void && i.is_open()).count() <= 1);
        assert!(p.renewed <= p.renewal);
        let renewals = p.intents.iter().filter(|i| i.kind == Kind::Renew).count();
        assert!(renewals <= p.renewal as usize, "each is asked for once");
        if self.coming(Kind::Renew) {
            assert!(
                !self.coming(Kind::Capture) && !self.coming(Kind::Void),
                "nothing moves while it is renewed"
            );
        }
        let taken: Vec<_> = p
            .intents
            .iter()
            .filter(|i| i.kind == Kind::Capture && i.phase == Phase::Done)
            .map(|i| i.asked)
            .collect();
        assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), taken.len(), "each is taken once");
        if matches!(
            p.state,
            State::Voided | State::Refunded | State::Declined | State::Expired | State::Opened
        ) {
            assert!(!p.live() && self.open().is_empty(), "{p:?}");
        }
        for asked in p.intents.iter().filter(|i| i.phase == Phase::Done && i.kind == Kind::Capture) {
            let told = |t: &&Told| matches!(t, Told::Captured { capture } if Some(*capture) == asked.asked);
            assert!(self.told.iter().any(|t| told(&t)), "what was taken is told");
        }
    }

    /// The world calms down: every open intent is answered well, in time.
    fn calm(&mut self) {
        for _ in 0..20 {
            self.now = self.now.plus(Duration::from_secs(61));
            for id in self.open() {
                let at = Moment { now: self.now, rules: RULES, ids: &new_id };
                // An intent may have been given up by the answer to its neighbour.
                self.payment.resolve(id, Answer::Approved.outcome(), &at);
                self.apply(&Step::Later(0));
                self.check();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
    #[test]
    fn no_sequence_of_commands_and_answers_breaks_the_books(steps in proptest::collection::vec(step(), 1..50)) {
        let mut model = Model::new();
        for step in &steps {
            model.apply(step);
            if !matches!(step, Step::Answer(..)) {
                model.apply(step);
            }
            model.check();
        }
        model.calm();
        prop_assert!(model.open().is_empty());
        // Every command is answered, now that nothing is open.
        let before = model.told.len();
        model.apply(&Step::Authorise);
        model.calm();
        prop_assert!(model.told.len() > before, "{:?}", model.payment);
        // Cancelled, it ends with nothing set aside and everything given back.
        let before = model.told.len();
        model.apply(&Step::Cancel);
        model.calm();
        let p = &model.payment;
        prop_assert!(matches!(p.state, State::Voided | State::Refunded), "{:?}", p);
        prop_assert!(model.told.len() > before && !p.live() && p.captured == p.refunded);
        // And it stays so.
        for step in [Step::Authorise, Step::Renew(9), Step::Capture(9, 5), Step::Refund(RefundId::new(Uuid::from_u128(9)).uuid().as_u128(), 5)] {
            let before = model.told.len();
            model.apply(&step);
            prop_assert!(model.told.len() == before + 1 && model.open().is_empty());
            model.check();
        }
    }
}

#[test]
fn a_provider_that_refuses_to_let_go_is_asked_again_later_and_later() {
    let mut model = Model::new();
    for step in [Step::Authorise, Step::Answer(0, Answer::Approved), Step::Cancel] {
        model.apply(&step);
    }
    for refusals in 1..=3u64 {
        model.apply(&Step::Answer(0, Answer::Declined));
        let again = model.payment.intents.last().unwrap().clone();
        assert_eq!((again.kind, again.phase), (Kind::Void, Phase::Unknown));
        assert_eq!(again.next_at.since(model.now), Duration::from_secs(1 << (refusals - 1)));
        model.check();
    }
    model.apply(&Step::Answer(0, Answer::Approved));
    assert_eq!((model.payment.state, model.told.last()), (State::Voided, Some(&Told::Voided)));
}
