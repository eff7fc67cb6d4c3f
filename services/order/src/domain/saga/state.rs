//! What a saga remembers: its state, the payment it counts on, what it asked for and has not been answered yet.

use super::reason::{Reason, names};
use super::signal::NextAction;
use hanse_kernel::{Money, PaymentId, RefundId, Timestamp};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// A stored or given text that is none of the known names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not one of the known names")]
pub struct UnknownName(pub String);

names! {
    /// Where the checkout stands. The order is that of the table's rows.
    State {
        AwaitingStock = "awaiting_stock",
        AwaitingAuthorization = "awaiting_authorization",
        AwaitingPayment = "awaiting_payment",
        /// The pivot: from here on the order goes forward or is undone, it is never simply dropped.
        AwaitingCommit = "awaiting_commit",
        AwaitingCapture = "awaiting_capture",
        ConfirmedHeld = "confirmed_held",
        Confirmed = "confirmed",
        Refunding = "refunding",
        Compensating = "compensating",
        Rejected = "rejected",
        Cancelled = "cancelled",
        Refunded = "refunded",
    }
}

impl State {
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Rejected | Self::Cancelled | Self::Refunded)
    }
    /// A timer runs: for an answer, for the shopper, or until the money has to be set aside anew.
    pub fn waits(self) -> bool {
        !self.is_at_rest() || self == Self::ConfirmedHeld
    }
    /// Nothing moves by itself any more: the saga has ended, or the goods wait to be sent.
    pub fn is_at_rest(self) -> bool {
        self.is_terminal() || matches!(self, Self::Confirmed | Self::ConfirmedHeld)
    }
}

names! {
    /// When the money is taken.
    CaptureMode {
        /// As soon as the goods are sold.
        AtConfirmation = "at_confirmation",
        /// Each shipment takes its part.
        AtFulfilment = "at_fulfilment",
        /// All with the first shipment: for providers that capture once only.
        AtFirstShipment = "at_first_shipment",
    }
}

names! {
    /// What is known of the current payment.
    Phase {
        NotRequired = "not_required",
        Pending = "pending",
        ActionRequired = "action_required",
        Authorized = "authorized",
        Captured = "captured",
        Declined = "declined",
        Voided = "voided",
    }
}

/// What never changes while the saga runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Terms {
    pub total: Money,
    pub capture: CaptureMode,
    pub placed_at: Timestamp,
}

/// The payment whose answers move the saga. Answers of any other never do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Current {
    pub id: PaymentId,
    /// 1 for the checkout, one more for each further try.
    pub attempt: u32,
}

/// The authorisation is renewed again and again while the goods wait; renewals are numbered from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Renewals {
    /// The last one asked for.
    pub asked: u32,
    /// The last one answered, well or not.
    pub answered: u32,
    /// The last one granted.
    pub granted: u32,
}

/// A capture that was asked for and has not been answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OpenCapture {
    pub id: Uuid,
    pub amount: Money,
}

/// The refund under way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OpenRefund {
    pub id: RefundId,
    pub amount: Money,
    /// What all refunds together come to when this one is done.
    pub target: Money,
    /// It gives back everything that was captured.
    pub whole: bool,
    /// It belongs to a cancellation.
    pub cancel: Option<Reason>,
}

/// A cancellation that waits for an answer which is already on its way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PendingCancel {
    pub reason: Reason,
    /// Becomes the id of the refund and of the restock.
    pub operation: Uuid,
    /// What of the order had not been sent is worth so much.
    pub unsent: Money,
    pub sent: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Saga {
    pub state: State,
    pub terms: Terms,
    /// None: there is nothing to pay.
    pub payment: Option<Current>,
    pub phase: Phase,
    pub next_action: Option<NextAction>,
    /// Of the current payment, the highest amounts heard of.
    pub authorized: Money,
    pub captured: Money,
    pub refunded: Money,
    pub captures: Vec<OpenCapture>,
    /// All captures asked for together, answered or not.
    pub capture_asked: Money,
    /// Worth of lines that were cancelled before their part was captured.
    pub cancelled_value: Money,
    pub refund: Option<OpenRefund>,
    pub cancel: Option<PendingCancel>,
    /// Inventory has said that the goods are sold.
    pub committed: bool,
    /// While compensating: which side has ended.
    pub payment_closed: bool,
    pub stock_closed: bool,
    /// It does not end by itself: somebody has been called.
    pub stuck: bool,
    /// Held goods whose payment is in doubt: nothing is sent until it is paid or cancelled.
    pub attention: bool,
    pub renewals: Renewals,
    pub reason: Option<Reason>,
    pub confirmed_at: Option<Timestamp>,
    /// Until when the goods are held (before payment), or the authorisation counts without being renewed (held).
    pub hold_until: Option<Timestamp>,
    pub entered_at: Timestamp,
    /// When the state's own timer goes off.
    pub due_at: Option<Timestamp>,
    /// How often the state's timer has gone off.
    pub tries: u32,
}

impl Saga {
    /// Money goes back to the shopper, or may when what is under way at the provider is known.
    pub fn gives_back(&self) -> bool {
        // A provider may take the money at once, before the goods are sold; who cancels then has it given back.
        let taken = self.captured.minor() > self.refunded.minor();
        self.refund.is_some()
            || (taken && matches!(self.state, State::AwaitingCommit | State::Compensating))
            || (self.cancel.is_some() && self.state != State::AwaitingCommit)
    }

    /// The saga of an order just placed. `payment` is None exactly when the total is zero.
    pub fn begin(terms: Terms, payment: Option<PaymentId>) -> Self {
        let zero = Money::zero(terms.total.currency());
        let at = terms.placed_at;
        Self {
            state: State::AwaitingStock,
            payment: payment.map(|id| Current { id, attempt: 1 }),
            phase: if payment.is_some() { Phase::Pending } else { Phase::NotRequired },
            next_action: None,
            authorized: zero,
            captured: zero,
            refunded: zero,
            captures: vec![],
            capture_asked: zero,
            cancelled_value: zero,
            refund: None,
            cancel: None,
            committed: false,
            payment_closed: false,
            stock_closed: false,
            stuck: false,
            attention: false,
            renewals: Renewals::default(),
            reason: None,
            confirmed_at: None,
            hold_until: None,
            entered_at: at,
            due_at: super::deadlines::first(State::AwaitingStock, at, None, at),
            tries: 0,
            terms,
        }
    }

    pub fn is_current(&self, payment: PaymentId) -> bool {
        self.payment.is_some_and(|current| current.id == payment)
    }

    /// Keeps the highest amounts, because answers may come in any order.
    pub fn observe(&mut self, authorized: Money, captured: Money, refunded: Money) {
        let raise = |mine: &mut Money, heard: Money| {
            if heard.currency() == mine.currency() && heard.minor() > mine.minor() {
                *mine = heard;
            }
        };
        raise(&mut self.authorized, authorized);
        raise(&mut self.captured, captured);
        raise(&mut self.refunded, refunded);
        // What was taken had been set aside, also where the news of that is late.
        raise(&mut self.authorized, self.captured);
    }

    /// The request that made the order need wait no longer: the saga is at rest, or it is the shopper's turn.
    pub fn is_settled(&self) -> bool {
        self.state.is_at_rest()
            || self.state == State::AwaitingPayment
            || (self.state == State::AwaitingAuthorization && self.next_action.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::Currency;

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    #[test]
    fn money_that_was_taken_goes_back_wherever_the_order_stands() {
        let placed_at = Timestamp::from_micros(1_795_000_000_000_000);
        let terms = Terms { total: eur(1000), capture: CaptureMode::ALL[0], placed_at };
        let order = |state, captured, refunded| Saga {
            state,
            captured: eur(captured),
            refunded: eur(refunded),
            ..Saga::begin(terms.clone(), Some(PaymentId::new(Uuid::from_u128(1))))
        };
        for state in [State::AwaitingCommit, State::Compensating] {
            assert!(order(state, 1000, 0).gives_back(), "{state:?}");
            assert!(!order(state, 1000, 1000).gives_back(), "{state:?}: it is back");
            assert!(!order(state, 0, 0).gives_back(), "{state:?}: nothing was taken");
        }
        // What is left of an order that was sent in part is let go, and what was sent stays paid.
        assert!(!order(State::ConfirmedHeld, 400, 0).gives_back());
    }
}
