//! The rules for orders whose money waits for the shipments: each takes its part of it.

use super::deadlines;
use super::effect::{Effect, Milestone};
use super::signal::{Sent, Signal};
use super::state::{CaptureMode, OpenCapture, Phase, State};
use super::step::{Refusal, Turn};
use hanse_kernel::{Money, MoneyError, Timestamp};
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
            self.await_held();
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
            if !self.saga.attention {
                self.await_held();
            }
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
        self.saga.phase = Phase::Captured;
        if self.saga.capture_asked.is_zero() {
            // What was sent was free of charge: nothing will be taken at all.
            self.saga.phase = Phase::Voided;
            self.give(Effect::CancelPayment(payment.id));
        } else if !self.saga.cancelled_value.is_zero() {
            self.give(Effect::VoidRest(payment.id));
        }
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

    pub(super) fn renewed(&mut self, signal: &Signal) {
        let Signal::Renewed { renewal } = *signal else { return };
        if !self.answers(renewal) {
            return;
        }
        self.saga.renewals.granted = renewal;
        self.saga.hold_until = Some(self.now.plus(deadlines::AUTHORISATION));
        // What was refused may be asked for again, now that the money is set aside anew.
        if std::mem::take(&mut self.saga.attention) {
            self.saga.tries = 0;
            self.ask_captures();
        }
        self.await_held();
    }

    /// Whether this is the first answer to the renewal that was asked for.
    fn answers(&mut self, renewal: u32) -> bool {
        let renewals = &mut self.saga.renewals;
        let first = renewal == renewals.asked && renewal > renewals.answered;
        if first {
            renewals.answered = renewal;
        }
        first
    }

    pub(super) fn doubt(&mut self, signal: &Signal) {
        let again = match *signal {
            // Told before a renewal that was granted since: it has been asked for anew.
            Signal::CaptureFailed { renewal } if renewal < self.saga.renewals.granted => return,
            Signal::CaptureFailed { .. } if self.saga.captures.is_empty() => return,
            Signal::NotRenewed { renewal } if !self.answers(renewal) => return,
            // The authorisation may have lapsed: it is renewed at once, unless it is fresh.
            Signal::CaptureFailed { .. } => {
                self.authorised_at().plus(deadlines::AUTHORISE_AGAIN).max(self.now)
            }
            _ => self.now.plus(deadlines::AUTHORISE_AGAIN),
        };
        if !self.saga.attention {
            self.saga.attention = true;
            self.note(Milestone::PaymentAttention);
            self.give(Effect::Alarm("the payment of held goods is in doubt"));
        }
        self.saga.due_at = Some(again);
    }

    fn authorised_at(&self) -> Timestamp {
        let until = self.saga.hold_until.unwrap_or(self.now);
        until.minus(deadlines::AUTHORISATION)
    }

    /// The next time to do something about held money: captures are asked for until they are answered, the
    /// authorisation is renewed when its time comes.
    fn await_held(&mut self) {
        self.saga.due_at = if self.saga.captures.is_empty() {
            self.saga.hold_until
        } else {
            Some(deadlines::again(self.saga.tries, self.now))
        };
    }

    pub(super) fn ask_hold(&mut self) {
        if !self.saga.captures.is_empty() && !self.saga.attention {
            self.ask_captures();
            return self.ask_again("a capture is not answered");
        }
        let early = self.saga.hold_until.filter(|until| *until > self.now);
        if let Some(until) = early.filter(|_| !self.saga.attention) {
            self.saga.due_at = Some(until);
            return;
        }
        if self.saga.renewals.asked == self.saga.renewals.answered {
            self.saga.renewals.asked += 1;
        }
        if let Some(payment) = self.saga.payment {
            self.give(Effect::Renew { payment: payment.id, renewal: self.saga.renewals.asked });
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
