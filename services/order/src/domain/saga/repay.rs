//! The rules of giving money back.

use super::effect::{Effect, Milestone, News};
use super::reason::Reason;
use super::signal::Signal;
use super::state::{OpenRefund, State};
use super::step::{Refusal, Turn};
use hanse_kernel::{Money, RefundId};
use uuid::Uuid;

impl Turn {
    pub(super) fn busy(&mut self, signal: &Signal) -> Result<(), Refusal> {
        let cancelling = self.saga.refund.as_ref().is_some_and(|refund| refund.cancel.is_some());
        if cancelling && matches!(signal, Signal::Cancel { .. }) {
            Ok(())
        } else {
            Err(Refusal::RefundInProgress)
        }
    }

    pub(super) fn refund(&mut self, signal: &Signal) -> Result<(), Refusal> {
        let Signal::Refund { id, amount } = *signal else { return Ok(()) };
        let left = self.saga.captured.minus(self.saga.refunded)?;
        if amount.minor() <= 0 || left.minus(amount)?.is_negative() {
            return Err(Refusal::RefundTooMuch(left));
        }
        self.note(Milestone::RefundRequested);
        self.start_refund(id.uuid(), amount, None)
    }

    pub(super) fn start_refund(
        &mut self,
        id: Uuid,
        amount: Money,
        cancel: Option<Reason>,
    ) -> Result<(), Refusal> {
        let target = self.saga.refunded.plus(amount)?;
        self.saga.reason = cancel.or(self.saga.reason);
        self.saga.refund = Some(OpenRefund {
            id: RefundId::new(id),
            amount,
            target,
            whole: target == self.saga.captured,
            cancel,
        });
        self.enter(State::Refunding);
        self.ask_refund();
        Ok(())
    }

    pub(super) fn ask_refund(&mut self) {
        if let (Some(payment), Some(open)) = (self.saga.payment, &self.saga.refund) {
            let effect = Effect::Refund { payment: payment.id, refund: open.id, amount: open.amount };
            self.give(effect);
        }
    }

    pub(super) fn repaid(&mut self, signal: &Signal) -> Result<(), Refusal> {
        let Signal::Refunded { refund } = *signal else { return Ok(()) };
        let Some(open) = &self.saga.refund else { return Ok(()) };
        // Another refund's answer may be late and yet carry amounts that include this one.
        if refund != Some(open.id) && self.saga.refunded.minor() < open.target.minor() {
            return Ok(());
        }
        let open = open.clone();
        self.saga.refund = None;
        self.saga.refunded =
            if self.saga.refunded.minor() < open.target.minor() { open.target } else { self.saga.refunded };
        if self.saga.refunded.minor() >= self.saga.captured.minor() {
            self.enter(State::Refunded);
            self.note(Milestone::Refunded);
            self.give(Effect::Tell(News::Refunded { amount: open.amount, complete: true }));
            if open.cancel.is_some() {
                self.give(Effect::Tell(News::Cancelled));
            }
        } else {
            self.confirm(State::Confirmed);
            self.note(Milestone::PartlyRefunded);
            self.give(Effect::Tell(News::Refunded { amount: open.amount, complete: false }));
        }
        Ok(())
    }

    pub(super) fn not_repaid(&mut self, signal: &Signal) -> Result<(), Refusal> {
        let Signal::RefundFailed { refund } = *signal else { return Ok(()) };
        let Some(open) = self.saga.refund.as_ref().filter(|open| refund.is_none_or(|id| id == open.id))
        else {
            return Ok(());
        };
        // It is refused because as much has gone back already, as the provider's books have told since.
        if self.saga.refunded.minor() >= open.target.minor() {
            return self.repaid(&Signal::Refunded { refund: Some(open.id) });
        }
        if !self.saga.stuck {
            self.note(Milestone::RefundFailed);
        }
        self.stuck("a refund is refused by the payment provider; it is asked for again");
        Ok(())
    }
}
