//! What the outside sees of an order: three words instead of the saga.

use super::aggregate::Order;
use crate::domain::saga::{Phase, Sent, State, UnknownName};
use std::fmt;
use std::str::FromStr;

macro_rules! shown {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($variant,)* }

        impl $name {
            pub const ALL: [Self; [$($text),*].len()] = [$(Self::$variant),*];
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }
        impl FromStr for $name {
            type Err = UnknownName;
            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL.into_iter().find(|v| v.as_str() == text).ok_or_else(|| UnknownName(text.into()))
            }
        }
    };
}

shown! {
    Status {
        Pending = "pending",
        AwaitingPayment = "awaiting_payment",
        Confirmed = "confirmed",
        Rejected = "rejected",
        Cancelled = "cancelled",
        Refunded = "refunded",
        Fulfilled = "fulfilled",
    }
}

shown! {
    PaymentStatus {
        NotRequired = "not_required",
        Pending = "pending",
        ActionRequired = "action_required",
        Authorized = "authorized",
        Captured = "captured",
        PartiallyRefunded = "partially_refunded",
        Refunded = "refunded",
        Voided = "voided",
        Declined = "declined",
    }
}

shown! {
    FulfilmentStatus {
        Unfulfilled = "unfulfilled",
        PartiallyFulfilled = "partially_fulfilled",
        Fulfilled = "fulfilled",
        Cancelled = "cancelled",
    }
}

impl Order {
    pub fn status(&self) -> Status {
        match self.saga.state {
            State::AwaitingStock
            | State::AwaitingAuthorization
            | State::AwaitingCommit
            | State::AwaitingCapture
            | State::Compensating => Status::Pending,
            State::AwaitingPayment => Status::AwaitingPayment,
            State::ConfirmedHeld | State::Confirmed | State::Refunding => {
                if self.sent() == Sent::All {
                    Status::Fulfilled
                } else {
                    Status::Confirmed
                }
            }
            State::Rejected => Status::Rejected,
            State::Cancelled => Status::Cancelled,
            State::Refunded => Status::Refunded,
        }
    }

    pub fn payment_status(&self) -> PaymentStatus {
        let saga = &self.saga;
        if saga.phase == Phase::NotRequired {
            return PaymentStatus::NotRequired;
        }
        if !saga.refunded.is_zero() {
            let all = saga.refunded.minor() >= saga.captured.minor();
            return if all { PaymentStatus::Refunded } else { PaymentStatus::PartiallyRefunded };
        }
        match (saga.state, saga.phase) {
            (_, Phase::Declined) => PaymentStatus::Declined,
            (State::Rejected | State::Cancelled, _) => PaymentStatus::Voided,
            (_, Phase::NotRequired) => PaymentStatus::NotRequired,
            (_, Phase::Pending) => PaymentStatus::Pending,
            (_, Phase::ActionRequired) => PaymentStatus::ActionRequired,
            (_, Phase::Authorized) => PaymentStatus::Authorized,
            (_, Phase::Captured) => PaymentStatus::Captured,
            (_, Phase::Voided) => PaymentStatus::Voided,
        }
    }

    pub fn fulfilment_status(&self) -> FulfilmentStatus {
        match self.sent() {
            Sent::All => FulfilmentStatus::Fulfilled,
            Sent::Part => FulfilmentStatus::PartiallyFulfilled,
            Sent::Nothing if self.saga.state.is_terminal() || self.lines.iter().all(|l| l.unsent() == 0) => {
                FulfilmentStatus::Cancelled
            }
            Sent::Nothing => FulfilmentStatus::Unfulfilled,
        }
    }
}
