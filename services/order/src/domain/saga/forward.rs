//! The rules that lead from the placed order to the confirmed one.

use super::deadlines;
use super::effect::{Effect, Milestone, News};
use super::reason::Reason;
use super::signal::Signal;
use super::state::{CaptureMode, Current, Phase, State};
use super::step::{Refusal, Turn};
use hanse_kernel::Money;

impl Turn {
    pub(super) fn held(&mut self) {
        self.saga.hold_until = Some(self.now.plus(deadlines::HOLD));
        self.note(Milestone::StockReserved);
        match self.saga.payment {
            Some(payment) => {
                self.give(Effect::Authorize(payment.id));
                self.enter(State::AwaitingAuthorization);
            }
            None => {
                self.give(Effect::CommitStock);
                self.enter(State::AwaitingCommit);
            }
        }
    }

    pub(super) fn ask_stock(&mut self) {
        if self.saga.tries >= deadlines::STOCK_TRIES {
            return self.compensate(Reason::StockTimeout, false);
        }
        self.saga.tries += 1;
        self.saga.due_at = Some(deadlines::stock_again(self.now));
        self.give(Effect::ReserveStock);
    }

    pub(super) fn end_rejected(&mut self, reason: Reason) {
        // A payment that was opened must not come to life any more.
        self.cancel_payment();
        self.saga.reason = Some(reason);
        self.enter(State::Rejected);
        self.note(Milestone::Rejected);
        self.give(Effect::Tell(News::Rejected));
    }

    pub(super) fn authorised(&mut self) {
        if !matches!(self.saga.phase, Phase::NotRequired | Phase::Authorized | Phase::Captured) {
            self.saga.phase = Phase::Authorized;
            self.note(Milestone::PaymentAuthorized);
        }
        self.saga.next_action = None;
        self.saga.reason = None;
    }

    pub(super) fn paid(&mut self) {
        self.authorised();
        self.enter(State::AwaitingCommit);
    }

    pub(super) fn unpaid(&mut self) {
        self.saga.phase = Phase::Declined;
        self.saga.next_action = None;
        self.saga.reason = Some(Reason::PaymentDeclined);
        self.note(Milestone::PaymentDeclined);
        self.enter(State::AwaitingPayment);
    }

    pub(super) fn act(&mut self, signal: &Signal) {
        let Signal::ActionRequired(action) = signal else { return };
        if self.saga.next_action.is_none() {
            self.saga.due_at = Some(self.now.plus(deadlines::ACTION));
            self.note(Milestone::ActionRequired);
        }
        self.saga.phase = Phase::ActionRequired;
        self.saga.next_action = Some(action.clone());
    }

    pub(super) fn pay_again(&mut self, signal: &Signal) -> Result<(), Refusal> {
        let Signal::PayAgain { payment, attempt } = *signal else { return Ok(()) };
        let longest = self.saga.terms.placed_at.plus(deadlines::LONGEST_HOLD);
        if self.now >= longest {
            return Err(Refusal::Closed);
        }
        let until = self.now.plus(deadlines::HOLD).min(longest);
        let zero = Money::zero(self.saga.terms.total.currency());
        self.saga.hold_until = Some(until);
        self.saga.payment = Some(Current { id: payment, attempt });
        self.saga.phase = Phase::Pending;
        self.saga.reason = None;
        self.saga.authorized = zero;
        self.note(Milestone::PaymentRetried);
        self.give(Effect::RenewHold { until });
        self.give(Effect::Authorize(payment));
        self.enter(State::AwaitingAuthorization);
        Ok(())
    }

    pub(super) fn sold(&mut self) -> Result<(), Refusal> {
        self.saga.committed = true;
        self.authorised();
        if let Some(cancel) = &self.saga.cancel {
            let reason = cancel.reason;
            self.compensate(reason, false);
            return Ok(());
        }
        let Some(payment) = self.saga.payment else {
            self.confirm(State::Confirmed);
            return Ok(());
        };
        match self.saga.terms.capture {
            CaptureMode::AtConfirmation if self.saga.captured.minor() >= self.saga.terms.total.minor() => {
                self.taken()?;
            }
            CaptureMode::AtConfirmation => {
                // One payment is captured whole only once, so its own id names the capture.
                self.ask_capture(payment.id.uuid(), self.saga.terms.total)?;
                self.enter(State::AwaitingCapture);
            }
            CaptureMode::AtFulfilment | CaptureMode::AtFirstShipment => {
                self.saga.hold_until = Some(self.now.plus(deadlines::AUTHORISATION));
                self.confirm(State::ConfirmedHeld);
            }
        }
        Ok(())
    }

    pub(super) fn taken(&mut self) -> Result<(), Refusal> {
        self.saga.captures.clear();
        self.saga.phase = Phase::Captured;
        match self.saga.cancel.take() {
            Some(cancel) => {
                self.give(Effect::CancelUnsent { restock: Some(cancel.operation) });
                self.start_refund(cancel.operation, self.saga.captured, Some(cancel.reason))
            }
            None => {
                self.confirm(State::Confirmed);
                Ok(())
            }
        }
    }

    pub(super) fn confirm(&mut self, state: State) {
        self.saga.reason = None;
        self.enter(state);
        if self.saga.confirmed_at.is_none() {
            self.saga.confirmed_at = Some(self.now);
            self.note(Milestone::Confirmed);
            self.give(Effect::Tell(News::Confirmed));
        }
    }
}
