//! The rules of cancelling and undoing.

use super::deadlines;
use super::effect::{Effect, Milestone, News};
use super::reason::Reason;
use super::signal::{Sent, Signal};
use super::state::{PendingCancel, Phase, State};
use super::step::{Refusal, Turn};
use hanse_kernel::Money;
use uuid::Uuid;

impl Turn {
    pub(super) fn cancel_payment(&mut self) {
        if let Some(payment) = self.saga.payment {
            self.give(Effect::CancelPayment(payment.id));
        }
    }

    pub(super) fn undo(&mut self, signal: &Signal) {
        let reason = match (signal, &self.saga.cancel) {
            (_, Some(cancel)) => cancel.reason,
            (Signal::Cancel { reason, .. }, _) => {
                self.note(Milestone::CancelRequested);
                *reason
            }
            (Signal::CommitFailed, _) => Reason::StockLost,
            (Signal::Expired, _) => Reason::StockExpired,
            (Signal::CaptureFailed { .. }, _) => Reason::CaptureFailed,
            (Signal::Voided | Signal::Refunded { .. }, _) => Reason::PaymentCancelled,
            _ => Reason::PaymentTimeout,
        };
        self.compensate(reason, matches!(signal, Signal::Voided | Signal::Refunded { .. }));
    }

    pub(super) fn compensate(&mut self, reason: Reason, payment_closed: bool) {
        let saga = &mut self.saga;
        saga.reason = Some(reason);
        saga.cancel = None;
        saga.next_action = None;
        saga.captures.clear();
        saga.payment_closed = payment_closed || saga.payment.is_none();
        saga.stock_closed = false;
        self.enter(State::Compensating);
        self.ask_open_sides();
    }

    pub(super) fn ask_open_sides(&mut self) {
        if !self.saga.payment_closed {
            self.cancel_payment();
        }
        if !self.saga.stock_closed {
            self.give(Effect::ReleaseStock);
        }
    }

    pub(super) fn ask_undo(&mut self) {
        self.ask_open_sides();
        if self.now.since(self.saga.entered_at) >= deadlines::STUCK_AFTER {
            self.stuck("an undone order does not come to its end");
        }
        self.saga.tries = self.saga.tries.saturating_add(1);
        self.saga.due_at = Some(deadlines::again(self.saga.tries, self.now));
    }

    pub(super) fn end_if_undone(&mut self) {
        if !(self.saga.payment_closed && self.saga.stock_closed) {
            return;
        }
        if self.saga.phase != Phase::NotRequired {
            self.saga.phase = Phase::Voided;
        }
        self.give(Effect::CancelUnsent { restock: None });
        self.enter(State::Cancelled);
        self.note(Milestone::Cancelled);
        self.give(Effect::Tell(News::Cancelled));
    }

    pub(super) fn stuck(&mut self, what: &'static str) {
        if !self.saga.stuck {
            self.saga.stuck = true;
            self.note(Milestone::Stuck);
        }
        self.give(Effect::Alarm(what));
    }

    /// A command that must be answered is issued again and again; somebody is told when that goes on for long.
    pub(super) fn ask_again(&mut self, what: &'static str) {
        self.saga.tries = self.saga.tries.saturating_add(1);
        if self.saga.tries >= deadlines::ALARM_TRIES {
            self.give(Effect::Alarm(what));
        }
        self.saga.due_at = Some(deadlines::again(self.saga.tries, self.now));
    }

    pub(super) fn cancel_later(&mut self, signal: &Signal) {
        let Signal::Cancel { reason, operation, sent, unsent } = *signal else { return };
        if self.saga.cancel.is_none() {
            self.note(Milestone::CancelRequested);
            self.saga.cancel = Some(PendingCancel { reason, operation, unsent, sent: sent != Sent::Nothing });
        }
    }

    pub(super) fn drop_paid(&mut self, signal: &Signal) -> Result<(), Refusal> {
        let Signal::Cancel { reason, operation, sent, unsent } = *signal else { return Ok(()) };
        if sent != Sent::All {
            self.note(Milestone::CancelRequested);
        }
        self.cancel_paid(reason, operation, sent, unsent)
    }

    pub(super) fn cancel_paid(
        &mut self,
        reason: Reason,
        operation: Uuid,
        sent: Sent,
        unsent: Money,
    ) -> Result<(), Refusal> {
        let left = self.saga.captured.minus(self.saga.refunded)?;
        let amount = match sent {
            Sent::All => return Err(Refusal::AlreadyFulfilled),
            Sent::Nothing if self.saga.payment.is_none() => {
                self.compensate(reason, false);
                return Ok(());
            }
            Sent::Nothing => left,
            Sent::Part => unsent.min(left)?,
        };
        self.give(Effect::CancelUnsent { restock: Some(operation) });
        if amount.is_zero() { Ok(()) } else { self.start_refund(operation, amount, Some(reason)) }
    }
}
