//! Every way a checkout can go, breadth first: with every choice of the neighbours, messages doubled and overtaken,
//! timers that go off at any moment, cancellations and further payments in between.

use super::signal::Signal;
use super::state::{CaptureMode, Phase, State};
use super::table::{Rule, TABLE, Table};
use super::world::{Budget, Paid, Pay, Stock, World};
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

/// What is wrong with a world, if anything. `end`: nothing is under way any more.
fn wrong(w: &World, end: bool) -> Option<String> {
    let s = &w.saga;
    let live = |p: &Paid| matches!(p.pay, Pay::Authorized | Pay::Captured | Pay::Action | Pay::CaptureFailed);
    let check = |fine: bool, what: &str| (!fine).then(|| format!("{what}: {w:?}"));
    let waits = !s.state.is_at_rest() || s.state == State::ConfirmedHeld;
    check(w.confirmed <= 1, "confirmed was told twice")
        .or(check(w.ended <= 1, "the end was told twice"))
        .or(check(s.due_at.is_some() == waits, "a state that waits has a timer, another has none"))
        .or(check(s.confirmed_at.is_some() == (w.confirmed == 1), "confirmed and told together"))
        .or_else(|| {
            if !end {
                return None;
            }
            let current = s.payment.and_then(|_| w.payments.last().map(|p| p.pay));
            let others = w.payments.iter().rev().skip(1).any(live);
            check(s.state.is_at_rest(), "the saga does not end")
                .or(check(!others, "money of a payment that does not count"))
                .or(match s.state {
                    State::Confirmed => check(
                        w.stock == Stock::Sold
                            && current.is_none_or(|p| p == Pay::Captured)
                            && (s.phase == Phase::Captured || s.payment.is_none()),
                        "confirmed without goods or money",
                    ),
                    State::ConfirmedHeld => check(
                        w.stock == Stock::Sold && current == Some(Pay::Authorized) && !s.attention,
                        "held without goods or authorisation, or in doubt for ever",
                    )
                    .or(check(!w.sent, "sent and not paid for")),
                    State::Rejected | State::Cancelled => check(
                        !matches!(w.stock, Stock::Held | Stock::Sold)
                            && !w.payments.iter().any(live)
                            && w.ended == 1,
                        "undone, and yet goods or money are kept",
                    ),
                    State::Refunded => check(
                        w.stock == Stock::Released && matches!(current, Some(Pay::Refunded(_))),
                        "refunded, and yet goods or money are kept",
                    ),
                    _ => None,
                })
                .or(check(
                    !w.cancel_granted || !matches!(s.state, State::Confirmed | State::ConfirmedHeld),
                    "a granted cancellation was forgotten",
                ))
        })
}

struct Explored {
    worlds: usize,
    ends: BTreeSet<State>,
    cells: BTreeSet<(State, usize)>,
}

fn explore(table: &Table, payable: bool, capture: CaptureMode, budget: Budget) -> Result<Explored, String> {
    let mut seen = HashSet::new();
    let mut queue = VecDeque::from([World::new(payable, capture, budget)]);
    let mut found = Explored { worlds: 0, ends: BTreeSet::new(), cells: BTreeSet::new() };
    while let Some(world) = queue.pop_front() {
        found.worlds += 1;
        if let Some(wrong) = wrong(&world, false) {
            return Err(wrong);
        }
        if world.wire.is_empty() {
            let end = world.settle(table);
            if let Some(wrong) = wrong(&end, true) {
                return Err(wrong);
            }
            found.ends.insert(end.saga.state);
        }
        for message in world.wire.iter().take(3) {
            if let super::world::Message::ToOrder(_, signal) = message {
                found.cells.insert((world.saga.state, signal.column()));
            }
        }
        for next in world.successors(table) {
            let mut hasher = DefaultHasher::new();
            next.hash(&mut hasher);
            if seen.insert(hasher.finish()) {
                queue.push_back(next);
            }
        }
    }
    Ok(found)
}

const CALM: Budget = Budget::NONE;

/// What is tried together; each finds other ways than the others, and none takes long.
const TRIED: [Budget; 7] = [
    Budget { doubles: 3, ..CALM },
    Budget { doubles: 1, timers: 1, cancels: 1, ..CALM },
    Budget { doubles: 1, timers: 1, payments: 1, ..CALM },
    Budget { doubles: 1, timers: 1, expiries: 1, ..CALM },
    Budget { timers: 2, cancels: 1, expiries: 1, ..CALM },
    Budget { timers: 1, cancels: 1, payments: 1, ..CALM },
    Budget { doubles: 1, timers: 1, cancels: 1, refusals: 2, ..CALM },
];

fn explore_all(payable: bool, capture: CaptureMode) -> Explored {
    let mut all = Explored { worlds: 0, ends: BTreeSet::new(), cells: BTreeSet::new() };
    for budget in TRIED {
        let found = explore(&TABLE, payable, capture, budget).unwrap();
        all.worlds += found.worlds;
        all.ends.extend(found.ends);
        all.cells.extend(found.cells);
    }
    all
}

#[test]
fn every_way_a_paid_checkout_can_go_ends_well() {
    let found = explore_all(true, CaptureMode::AtConfirmation);
    assert!(found.worlds > 10_000, "only {} worlds", found.worlds);
    let all = [State::Confirmed, State::Rejected, State::Cancelled, State::Refunded];
    assert_eq!(found.ends, BTreeSet::from(all));
    // Answers really do come in states that did not ask for them: most of the table's left part is walked.
    assert!(found.cells.len() > 70, "only {} cells", found.cells.len());
    let refused = Signal::RefundFailed { refund: None }.column();
    assert!(found.cells.contains(&(State::Refunding, refused)), "no refund was refused");
}

#[test]
fn every_way_a_held_checkout_can_go_ends_well() {
    let found = explore_all(true, CaptureMode::AtFulfilment);
    assert_eq!(found.ends, BTreeSet::from([State::ConfirmedHeld, State::Rejected, State::Cancelled]));
    let sent = Budget { shipments: 1, ..CALM };
    let tried = [
        Budget { doubles: 2, ..sent },
        Budget { doubles: 1, timers: 2, ..sent },
        Budget { timers: 3, ..sent },
        Budget { timers: 1, cancels: 1, ..sent },
    ];
    let mut cells = BTreeSet::new();
    for budget in tried {
        let found = explore(&TABLE, true, CaptureMode::AtFulfilment, budget).unwrap();
        assert!(found.ends.is_superset(&BTreeSet::from([State::Confirmed, State::ConfirmedHeld])));
        cells.extend(found.cells);
    }
    for answer in [Signal::Renewed { renewal: 1 }, Signal::NotRenewed { renewal: 1 }] {
        assert!(cells.contains(&(State::ConfirmedHeld, answer.column())), "no {answer:?} came");
    }
}

#[test]
fn every_way_an_order_without_a_price_can_go_ends_well() {
    let found = explore_all(false, CaptureMode::AtConfirmation);
    assert_eq!(found.ends, BTreeSet::from([State::Confirmed, State::Rejected, State::Cancelled]));
}

/// The exploration is worth its time only if it sees a wrong cell.
#[test]
fn a_planted_defect_is_found() {
    let reserved = Signal::Reserved.column();
    let deadline = Signal::Deadline.column();
    let planted: [(State, usize, Rule); 8] = [
        // A late hold of a rejected order stays for ever.
        (State::Rejected, reserved, Rule::Nil),
        // The hold is not let go when the shopper does not pay.
        (State::AwaitingPayment, deadline, Rule::Reject),
        // A cancellation in the pivot is forgotten.
        (State::AwaitingCommit, super::world::cancel(false).column(), Rule::Done),
        // Goods that are gone are taken for sold.
        (State::AwaitingCommit, Signal::CommitFailed.column(), Rule::Sold),
        // Confirmed although the capture failed.
        (State::AwaitingCapture, Signal::CaptureFailed { renewal: 0 }.column(), Rule::Taken),
        // One side of the undoing is never seen to end.
        (State::Compensating, Signal::Released.column(), Rule::Nil),
        // The refund's answer is lost on the saga.
        (State::Refunding, Signal::Refunded { refund: None }.column(), Rule::Nil),
        // A cancellation that is granted and not carried out.
        (State::AwaitingAuthorization, super::world::cancel(false).column(), Rule::Done),
    ];
    let budget = Budget { timers: 1, cancels: 1, expiries: 1, ..CALM };
    assert!(explore(&TABLE, true, CaptureMode::AtConfirmation, budget).is_ok());
    for (state, column, rule) in planted {
        let mut table = TABLE;
        assert_ne!(table[state as usize][column], rule);
        table[state as usize][column] = rule;
        let outcome = explore(&table, true, CaptureMode::AtConfirmation, budget);
        assert!(outcome.is_err(), "{state} × {column} → {rule:?} was not noticed");
    }
}

/// As above, where the money waits for the shipments.
#[test]
fn a_planted_defect_of_held_money_is_found() {
    let planted: [(Signal, Rule); 4] = [
        // A renewal that is granted leaves the payment in doubt.
        (Signal::Renewed { renewal: 1 }, Rule::Nil),
        // A renewal that is declined is never asked for again.
        (Signal::NotRenewed { renewal: 1 }, Rule::Nil),
        // A capture that is refused is asked for again under the lapsed authorisation, for ever.
        (Signal::CaptureFailed { renewal: 0 }, Rule::Nil),
        // A shipment that takes no money.
        (Signal::Ship { shipment: uuid::Uuid::nil(), part: super::world::total(true) }, Rule::Ship),
    ];
    let budget = Budget { timers: 2, shipments: 1, ..CALM };
    assert!(explore(&TABLE, true, CaptureMode::AtFulfilment, budget).is_ok());
    for (signal, rule) in planted {
        let mut table = TABLE;
        table[State::ConfirmedHeld as usize][signal.column()] = rule;
        let outcome = explore(&table, true, CaptureMode::AtFulfilment, budget);
        assert!(outcome.is_err(), "confirmed_held × {signal:?} → {rule:?} was not noticed");
    }
}
