//! How long each state waits, and how often it asks again.

use super::state::State;
use hanse_kernel::Timestamp;
use std::time::Duration;

/// A hold on goods lasts so long, from its making or renewal.
pub const HOLD: Duration = Duration::from_secs(15 * 60);
/// However often it is renewed, goods are held no longer than this after the order was placed.
pub const LONGEST_HOLD: Duration = Duration::from_secs(60 * 60);

const STOCK_ANSWER: Duration = Duration::from_secs(10);
/// ReserveStock is issued again so often before the order is given up.
pub(super) const STOCK_TRIES: u32 = 3;
const PAYMENT_ANSWER: Duration = Duration::from_secs(90);
/// The shopper's time for what the payment asks of them.
pub(super) const ACTION: Duration = Duration::from_secs(10 * 60);
/// A command that must be answered is issued again after this, doubled each time up to a minute.
const AGAIN: Duration = Duration::from_secs(5);
const AGAIN_AT_MOST: Duration = Duration::from_secs(60);
/// After so many times in vain somebody should look.
pub(super) const ALARM_TRIES: u32 = 8;
/// An undoing that takes longer needs somebody.
pub(super) const STUCK_AFTER: Duration = Duration::from_secs(60 * 60);
/// An authorisation is renewed before the usual seven days of card schemes run out.
pub(super) const AUTHORISATION: Duration = Duration::from_secs(5 * 24 * 3600);
/// A renewal that was not granted is asked for again.
pub(super) const AUTHORISE_AGAIN: Duration = Duration::from_secs(24 * 3600);

/// When a state that is entered `now` has its first timer.
pub(super) fn first(
    state: State,
    now: Timestamp,
    hold_until: Option<Timestamp>,
    placed_at: Timestamp,
) -> Option<Timestamp> {
    match state {
        State::AwaitingStock => Some(now.plus(STOCK_ANSWER)),
        State::AwaitingAuthorization => Some(now.plus(PAYMENT_ANSWER)),
        State::AwaitingPayment => {
            Some(hold_until.unwrap_or_else(|| now.plus(HOLD)).min(placed_at.plus(LONGEST_HOLD)))
        }
        State::AwaitingCommit | State::AwaitingCapture | State::Refunding | State::Compensating => {
            Some(again(0, now))
        }
        State::ConfirmedHeld => Some(now.plus(AUTHORISATION)),
        State::Confirmed | State::Rejected | State::Cancelled | State::Refunded => None,
    }
}

/// When to ask for stock again.
pub(super) fn stock_again(now: Timestamp) -> Timestamp {
    now.plus(STOCK_ANSWER)
}

/// When to issue a command again that has gone unanswered `tries` times.
pub(super) fn again(tries: u32, now: Timestamp) -> Timestamp {
    now.plus(AGAIN.saturating_mul(1 << tries.min(6)).min(AGAIN_AT_MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_again_slows_down_to_once_a_minute() {
        let now = Timestamp::from_micros(0);
        let seconds: Vec<u64> = (0..8).map(|n| again(n, now).since(now).as_secs()).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 60, 60, 60, 60]);
    }

    #[test]
    fn a_hold_never_outlasts_an_hour_after_placing() {
        let placed = Timestamp::from_micros(0);
        let late = placed.plus(Duration::from_secs(58 * 60));
        let due = first(State::AwaitingPayment, late, Some(late.plus(HOLD)), placed);
        assert_eq!(due, Some(placed.plus(LONGEST_HOLD)));
    }

    #[test]
    fn every_state_that_waits_has_a_deadline() {
        let now = Timestamp::from_micros(0);
        for state in State::ALL {
            assert_eq!(first(state, now, None, now).is_some(), state.waits(), "{state}");
        }
    }
}
