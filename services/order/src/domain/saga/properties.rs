//! What holds for any saga, whatever happens to it in whatever order.

use super::effect::{Effect, News};
use super::reason::Reason;
use super::signal::{NextAction, Sent, Signal};
use super::state::{CaptureMode, Saga, State, Terms};
use hanse_kernel::{Currency, Money, PaymentId, RefundId, Timestamp};
use proptest::prelude::*;
use std::time::Duration;
use uuid::Uuid;

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn payment(n: u128) -> PaymentId {
    PaymentId::new(Uuid::from_u128(n))
}

fn signal() -> impl Strategy<Value = Signal> {
    let id = (0u128..4).prop_map(Uuid::from_u128);
    let sent = prop_oneof![Just(Sent::Nothing), Just(Sent::Part), Just(Sent::All)];
    prop_oneof![
        3 => Just(Signal::Reserved),
        1 => Just(Signal::OutOfStock),
        3 => Just(Signal::Committed),
        1 => Just(Signal::CommitFailed),
        1 => Just(Signal::Expired),
        2 => Just(Signal::Released),
        3 => Just(Signal::Authorized),
        1 => Just(Signal::Declined),
        1 => Just(Signal::ActionRequired(NextAction { kind: "redirect".into(), url: "https://pay".into() })),
        3 => id.clone().prop_map(|id| Signal::Captured { capture: Some(id) }),
        1 => (0u32..3).prop_map(|renewal| Signal::CaptureFailed { renewal }),
        1 => (1u32..4).prop_map(|renewal| Signal::Renewed { renewal }),
        1 => (1u32..4).prop_map(|renewal| Signal::NotRenewed { renewal }),
        2 => Just(Signal::Voided),
        1 => id.clone().prop_map(|id| Signal::Refunded { refund: Some(RefundId::new(id)) }),
        1 => Just(Signal::Refunded { refund: None }),
        1 => id.clone().prop_map(|id| Signal::RefundFailed { refund: Some(RefundId::new(id)) }),
        1 => (1u32..4).prop_map(|attempt| Signal::PayAgain { payment: payment(attempt.into()), attempt }),
        1 => (id.clone(), sent, 0i64..1000).prop_map(|(operation, sent, unsent)| Signal::Cancel {
            reason: Reason::Staff,
            operation,
            sent,
            unsent: eur(unsent),
        }),
        1 => (id.clone(), -5i64..1200).prop_map(|(id, amount)| Signal::Refund { id: RefundId::new(id), amount: eur(amount) }),
        1 => (id, 0i64..700).prop_map(|(shipment, part)| Signal::Ship { shipment, part: eur(part) }),
        3 => Just(Signal::Deadline),
    ]
}

/// What payment would say of its amounts along with the answer.
fn observe(saga: &mut Saga, signal: &Signal) {
    let asked = saga.capture_asked;
    match signal {
        Signal::Authorized => saga.observe(saga.terms.total, eur(0), eur(0)),
        Signal::Captured { .. } => saga.observe(saga.terms.total, asked, eur(0)),
        Signal::Refunded { .. } => {
            let back = saga.refund.as_ref().map_or(eur(0), |r| r.target);
            saga.observe(saga.terms.total, saga.captured, back);
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_happens_the_saga_stays_sound(
        total in prop_oneof![Just(0i64), Just(1000i64)],
        capture in 0usize..3,
        happenings in proptest::collection::vec((signal(), 0u64..4000), 1..40),
    ) {
        let mut now = Timestamp::from_micros(0);
        let terms = Terms { total: eur(total), capture: CaptureMode::ALL[capture], placed_at: now };
        let mut saga = Saga::begin(terms, (total > 0).then(|| payment(0)));
        let (mut confirmed, mut ended) = (0, 0);
        for (signal, seconds) in happenings {
            now = now.plus(Duration::from_secs(seconds));
            observe(&mut saga, &signal);
            let before = saga.clone();
            let Ok(step) = saga.step(&signal, now) else { continue };
            saga = step.saga;
            confirmed += step.effects.iter().filter(|e| **e == Effect::Tell(News::Confirmed)).count();
            ended += step.effects.iter().filter(|e| matches!(e, Effect::Tell(News::Rejected | News::Cancelled))).count();

            prop_assert!(confirmed <= 1 && ended <= 1);
            prop_assert_eq!(saga.confirmed_at.is_some(), confirmed == 1);
            prop_assert!(!before.state.is_terminal() || saga.state == before.state, "a terminal state was left");
            prop_assert!(saga.capture_asked.minor() + saga.cancelled_value.minor() <= saga.terms.total.minor());
            prop_assert!(saga.refunded.minor() <= saga.captured.minor());
            prop_assert_eq!(saga.due_at.is_some(), !saga.state.is_at_rest() || saga.state == State::ConfirmedHeld);
            prop_assert!(!(saga.stuck && saga.state.is_at_rest()));
            let r = saga.renewals;
            prop_assert!(r.granted <= r.answered && r.answered <= r.asked && r.asked <= r.answered + 1, "{:?}", r);
            let overtaken = matches!(signal, Signal::CaptureFailed { renewal } if renewal < before.renewals.granted);
            prop_assert!(!overtaken || saga.attention == before.attention, "old news cast a doubt");
            prop_assert_eq!(saga.refund.is_some(), saga.state == State::Refunding);
            if saga.state == State::Confirmed && !before.state.is_at_rest() && total > 0 {
                prop_assert!(saga.committed);
            }
            // The same answer again asks for nothing that was not asked for before, and moves nothing.
            let asks = matches!(signal, Signal::Deadline | Signal::Cancel { .. } | Signal::Refund { .. }
                | Signal::Ship { .. } | Signal::PayAgain { .. });
            if !asks && saga.state.is_at_rest()
                && let Ok(again) = saga.step(&signal, now) {
                prop_assert_eq!(again.saga.state, saga.state);
                prop_assert!(!again.effects.iter().any(|e| matches!(e, Effect::Tell(_))));
            }
        }
    }
}
