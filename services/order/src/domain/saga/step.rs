//! Carries out the rules of the table. Each rule is one short function over the saga it may change; they stand in
//! `forward`, `held`, `undo` and `repay`.

use super::deadlines;
use super::effect::{Effect, Milestone};
use super::reason::Reason;
use super::signal::Signal;
use super::state::{Saga, State};
use super::table::{Rule, TABLE, Table, rule};
use hanse_kernel::{Money, MoneyError, Timestamp};

/// Why a request was refused. Answers and timers never are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the order is closed for this")]
    Closed,
    #[error("everything has been sent")]
    AlreadyFulfilled,
    #[error("a refund is under way")]
    RefundInProgress,
    #[error("the money has not been taken yet; cancel instead")]
    NotCaptured,
    #[error("the payment is in doubt: nothing is sent until it is paid or cancelled")]
    PaymentAttention,
    #[error("at most {0} can be given back")]
    RefundTooMuch(Money),
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// The next saga and what has to be done for it, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub saga: Saga,
    pub effects: Vec<Effect>,
}

impl Saga {
    /// What becomes of the saga by `signal`.
    pub fn step(&self, signal: &Signal, now: Timestamp) -> Result<Step, Refusal> {
        self.step_by(&TABLE, signal, now)
    }

    /// As [`Saga::step`] by another table, so that tests can plant a defect.
    pub(super) fn step_by(&self, table: &Table, signal: &Signal, now: Timestamp) -> Result<Step, Refusal> {
        let mut turn = Turn { saga: self.clone(), effects: vec![], now };
        turn.carry_out(rule(table, self.state, signal), signal)?;
        Ok(Step { saga: turn.saga, effects: turn.effects })
    }
}

/// One step being made.
pub(super) struct Turn {
    pub(super) saga: Saga,
    pub(super) effects: Vec<Effect>,
    pub(super) now: Timestamp,
}

impl Turn {
    fn carry_out(&mut self, rule: Rule, signal: &Signal) -> Result<(), Refusal> {
        match rule {
            Rule::Nil | Rule::Done => {}
            Rule::Closed => return Err(Refusal::Closed),
            Rule::Busy => return self.busy(signal),
            Rule::Early => return Err(Refusal::NotCaptured),
            Rule::Held => self.held(),
            Rule::Reject => self.end_rejected(Reason::OutOfStock),
            Rule::Sold => self.sold()?,
            Rule::Paid => self.paid(),
            Rule::Unpaid => self.unpaid(),
            Rule::Act => self.act(signal),
            Rule::Again => self.pay_again(signal)?,
            Rule::Lapse => {
                self.give(Effect::ReleaseStock);
                self.end_rejected(Reason::PaymentExpired);
            }
            Rule::Taken => self.taken()?,
            Rule::Undo => self.undo(signal),
            Rule::Later => self.cancel_later(signal),
            Rule::ShutPay => {
                self.saga.payment_closed = true;
                self.end_if_undone();
            }
            Rule::ShutStk => {
                self.saga.stock_closed = true;
                self.end_if_undone();
            }
            Rule::Stuck => self.stuck("an undone order's payment cannot be given back"),
            Rule::Part => self.part_taken(signal)?,
            Rule::Renewed => self.renewed(signal),
            Rule::Doubt => self.doubt(signal),
            Rule::DropHld => self.drop_held(signal)?,
            Rule::DropPd => self.drop_paid(signal)?,
            Rule::Refund => self.refund(signal)?,
            Rule::Repaid => self.repaid(signal)?,
            Rule::NoRepay => self.not_repaid(signal)?,
            Rule::Ship => {}
            Rule::ShipHld => self.ship_held(signal)?,
            Rule::FreeStk => self.give(Effect::ReleaseStock),
            Rule::FreePay => self.cancel_payment(),
            Rule::AskStk => self.ask_stock(),
            Rule::AskSale => {
                self.give(Effect::CommitStock);
                self.ask_again("goods that are paid for are not reported as sold");
            }
            Rule::AskCapt => {
                self.ask_captures();
                self.ask_again("a capture is not answered");
            }
            Rule::AskUndo => self.ask_undo(),
            Rule::AskRepy => {
                self.ask_refund();
                self.ask_again("a refund is not answered");
            }
            Rule::AskHold => self.ask_hold(),
        }
        Ok(())
    }

    pub(super) fn give(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(super) fn note(&mut self, milestone: Milestone) {
        self.give(Effect::Note(milestone));
    }

    pub(super) fn enter(&mut self, state: State) {
        let saga = &mut self.saga;
        saga.state = state;
        saga.entered_at = self.now;
        saga.tries = 0;
        saga.due_at = deadlines::first(state, self.now, saga.hold_until, saga.terms.placed_at);
        if state.is_at_rest() {
            saga.stuck = false;
            saga.next_action = None;
        }
    }
}
