//! The rules for orders whose money waits for the shipments: each takes its part of it.

use super::deadlines;
use super::effect::{Effect, Milestone};
use super::signal::{Sent, Signal};
use super::state::{CaptureMode, OpenCapture, Phase, State};
use super::step::{Refusal, Turn};
use hanse_kernel::{Money, MoneyError};
use uuid::Uuid;

impl Turn {
    pub(super) fn ship_held(&mut self, signal: &Signal) -> Result<(), Refusal> {
        let Signal::Ship { shipment, part } = *signal else { return Ok(()) };
        if self.saga.attention {
            return Err(Refusal::PaymentAttention);
        }
        if self.saga.cancel.is_some() {
            return Err(Refusal::Closed);
        }
        let left = self.to_capture()?.minus(self.saga.capture_asked)?;
        let amount = match self.saga.terms.capture {
            CaptureMode::AtFirstShipment => left,
            CaptureMode::AtFulfilment | CaptureMode::AtConfirmation => part.min(left)?,
        };
        if !amount.is_zero() {
            self.ask_capture(shipment, amount)?;
            self.saga.tries = 0;
            self.saga.due_at = Some(deadlines::again(0, self.now));
        }
        self.settle_held()
    }

    /// What is to be captured in all: the total without what was cancelled before its capture.
    pub(super) fn to_capture(&self) -> Result<Money, MoneyError> {
        self.saga.terms.total.minus(self.saga.cancelled_value)
    }

    pub(super) fn ask_capture(&mut self, id: Uuid, amount: Money) -> Result<(), MoneyError> {
        self.saga.capture_asked = self.saga.capture_asked.plus(amount)?;
        self.saga.captures.push(OpenCapture { id, amount });
        self.ask_captures();
        Ok(())
    }

    pub(super) fn ask_captures(&mut self) {
        let Some(payment) = self.saga.payment else { return };
        let asked = |open: &OpenCapture| Effect::Capture {
            payment: payment.id,
            capture: open.id,
            amount: open.amount,
        };
        self.effects.extend(self.saga.captures.iter().map(asked));
    }

    pub(super) fn part_taken(&mut self, signal: &Signal) -> Result<(), Refusal> {
        let Signal::Captured { capture } = signal else { return Ok(()) };
        let before = self.saga.captures.len();
        self.saga.captures.retain(|open| Some(open.id) != *capture);
        if self.saga.captures.len() < before {
            self.note(Milestone::PaymentCaptured);
            self.settle_held()?;
        }
        Ok(())
    }

    /// Held no longer once all that is to be captured has been.
    pub(super) fn settle_held(&mut self) -> Result<(), Refusal> {
        if !self.saga.captures.is_empty() || self.saga.capture_asked != self.to_capture()? {
            return Ok(());
        }
        let Some(payment) = self.saga.payment else { return Ok(()) };
        if !self.saga.cancelled_value.is_zero() {
            self.give(Effect::VoidRest(payment.id));
        }
        self.saga.phase = Phase::Captured;
        self.saga.attention = false;
        self.confirm(State::Confirmed);
        match self.saga.cancel.take() {
            Some(c) => self.cancel_paid(
                c.reason,
                c.operation,
                if c.sent { Sent::Part } else { Sent::Nothing },
                c.unsent,
            ),
            None => Ok(()),
        }
    }

    pub(super) fn renewed(&mut self) {
        self.authorised();
        let saga = &mut self.saga;
        saga.hold_until = Some(self.now.plus(deadlines::AUTHORISATION));
        if std::mem::take(&mut saga.attention) {
            saga.tries = 0;
            self.ask_captures();
        }
        if self.saga.captures.is_empty() {
            self.saga.due_at = self.saga.hold_until;
        }
    }

    pub(super) fn doubt(&mut self) {
        if !self.saga.attention {
            self.saga.attention = true;
            self.note(Milestone::PaymentAttention);
            self.give(Effect::Alarm("the payment of held goods is in doubt"));
        }
        self.saga.due_at = Some(self.now.plus(deadlines::AUTHORISE_AGAIN));
    }

    pub(super) fn ask_hold(&mut self) {
        if !self.saga.captures.is_empty() && !self.saga.attention {
            self.ask_captures();
            return self.ask_again("a capture is not answered");
        }
        if let Some(payment) = self.saga.payment {
            self.give(Effect::Authorize(payment.id));
        }
        self.saga.due_at = Some(self.now.plus(deadlines::AUTHORISE_AGAIN));
    }

    pub(super) fn drop_held(&mut self, signal: &Signal) -> Result<(), Refusal> {
        let Signal::Cancel { reason, operation, sent, .. } = *signal else { return Ok(()) };
        if self.saga.cancel.is_some() {
            return Ok(());
        }
        match sent {
            Sent::All => Err(Refusal::AlreadyFulfilled),
            Sent::Nothing => {
                self.note(Milestone::CancelRequested);
                self.compensate(reason, false);
                Ok(())
            }
            // All of the money is being taken already: what was not sent is given back once it has been.
            Sent::Part if self.saga.capture_asked == self.to_capture()? => {
                self.cancel_later(signal);
                Ok(())
            }
            Sent::Part => {
                self.note(Milestone::CancelRequested);
                // What is not captured by now belongs to what was not sent: rounding leaves no cent between them.
                let rest = self.to_capture()?.minus(self.saga.capture_asked)?;
                self.saga.cancelled_value = self.saga.cancelled_value.plus(rest)?;
                self.give(Effect::CancelUnsent { restock: Some(operation) });
                self.settle_held()
            }
        }
    }
}
