//! What a step asks for, as data: commands to the neighbours, news for everybody, marks in the order itself.

use super::reason::names;
use super::state::UnknownName;
use hanse_kernel::{Money, PaymentId, RefundId, Timestamp};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Effect {
    ReserveStock,
    RenewHold {
        until: Timestamp,
    },
    CommitStock,
    ReleaseStock,
    Authorize(PaymentId),
    /// Set the money aside anew.
    Renew {
        payment: PaymentId,
        renewal: u32,
    },
    CancelPayment(PaymentId),
    Capture {
        payment: PaymentId,
        capture: Uuid,
        amount: Money,
    },
    Refund {
        payment: PaymentId,
        refund: RefundId,
        amount: Money,
    },
    /// What is authorised beyond the captures is let go; the captures stay.
    VoidRest(PaymentId),
    /// What has not been sent will not be: its lines are marked, and go back on the shelf when `restock` is given.
    CancelUnsent {
        restock: Option<Uuid>,
    },
    Tell(News),
    Note(Milestone),
    /// Somebody should look: the text says at what.
    Alarm(&'static str),
}

/// An event of the order. Each becomes one message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum News {
    Confirmed,
    Rejected,
    Cancelled,
    Refunded { amount: Money, complete: bool },
}

names! {
    /// A line of the order's history.
    Milestone {
        Placed = "placed",
        StockReserved = "stock_reserved",
        PaymentAuthorized = "payment_authorized",
        PaymentDeclined = "payment_declined",
        ActionRequired = "action_required",
        PaymentRetried = "payment_retried",
        PaymentCaptured = "payment_captured",
        PaymentAttention = "payment_attention",
        CancelRequested = "cancel_requested",
        Confirmed = "confirmed",
        Rejected = "rejected",
        Cancelled = "cancelled",
        Fulfilled = "fulfilled",
        PartlyFulfilled = "partially_fulfilled",
        RefundRequested = "refund_requested",
        RefundFailed = "refund_failed",
        PartlyRefunded = "partially_refunded",
        Refunded = "refunded",
        Stuck = "stuck",
    }
}
