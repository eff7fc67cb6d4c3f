//! What may happen to a saga: answers of inventory and payment, requests of the shopper and the staff, its own timer.

use super::reason::Reason;
use hanse_kernel::{Money, PaymentId, RefundId};
use uuid::Uuid;

/// What the shopper has to do before the payment can go on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NextAction {
    pub kind: String,
    pub url: String,
}

/// How much of the order has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sent {
    Nothing,
    Part,
    All,
}

/// One happening. Answers of payment are those of the saga's current payment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Signal {
    Reserved,
    OutOfStock,
    Committed,
    CommitFailed,
    Expired,
    Released,
    Authorized,
    Declined,
    ActionRequired(NextAction),
    Captured {
        capture: Option<Uuid>,
    },
    /// `renewal`: the last one that payment had granted by then.
    CaptureFailed {
        renewal: u32,
    },
    Voided,
    Refunded {
        refund: Option<RefundId>,
    },
    RefundFailed {
        refund: Option<RefundId>,
    },
    /// The answers to one asking for the authorisation anew.
    Renewed {
        renewal: u32,
    },
    NotRenewed {
        renewal: u32,
    },
    /// The shopper has opened another payment.
    PayAgain {
        payment: PaymentId,
        attempt: u32,
    },
    Cancel {
        reason: Reason,
        operation: Uuid,
        sent: Sent,
        unsent: Money,
    },
    Refund {
        id: RefundId,
        amount: Money,
    },
    /// A shipment leaves; `part` is what it takes of the money when that was held.
    Ship {
        shipment: Uuid,
        part: Money,
    },
    Deadline,
}

impl Signal {
    /// The table's columns.
    pub const KINDS: usize = 21;

    /// The table's column.
    pub fn column(&self) -> usize {
        match self {
            Self::Reserved => 0,
            Self::OutOfStock => 1,
            Self::Committed => 2,
            Self::CommitFailed => 3,
            Self::Expired => 4,
            Self::Released => 5,
            Self::Authorized => 6,
            Self::Declined => 7,
            Self::ActionRequired(_) => 8,
            Self::Captured { .. } => 9,
            Self::CaptureFailed { .. } => 10,
            Self::Voided => 11,
            Self::Refunded { .. } => 12,
            Self::RefundFailed { .. } => 13,
            Self::Renewed { .. } => 14,
            Self::NotRenewed { .. } => 15,
            Self::PayAgain { .. } => 16,
            Self::Cancel { .. } => 17,
            Self::Refund { .. } => 18,
            Self::Ship { .. } => 19,
            Self::Deadline => 20,
        }
    }
}
