//! What a mail is about, and when trying to send it ends.

use hanse_kernel::{LinkId, OrderId, UserId};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// What happened that somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Welcome,
    VerifyEmail,
    ResetPassword,
    PasswordChanged,
    ChangeEmail,
    EmailChangeAsked,
    Invitation,
    NewDevice,
    FactorChanged,
    IdentityLinked,
    RegistrationRepeated,
    OrderConfirmed,
    OrderRejected,
    OrderCancelled,
    OrderFulfilled,
    OrderRefunded,
    PaymentDeclined,
}

impl Kind {
    pub const ALL: [Self; 17] = [
        Self::Welcome,
        Self::VerifyEmail,
        Self::ResetPassword,
        Self::PasswordChanged,
        Self::ChangeEmail,
        Self::EmailChangeAsked,
        Self::Invitation,
        Self::NewDevice,
        Self::FactorChanged,
        Self::IdentityLinked,
        Self::RegistrationRepeated,
        Self::OrderConfirmed,
        Self::OrderRejected,
        Self::OrderCancelled,
        Self::OrderFulfilled,
        Self::OrderRefunded,
        Self::PaymentDeclined,
    ];
    /// A key to an account stands in it, and whoever writes the text decides where that goes.
    pub fn carries_a_key(self) -> bool {
        matches!(self, Self::VerifyEmail | Self::ResetPassword | Self::ChangeEmail | Self::Invitation)
    }
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::PasswordChanged => "password_changed",
            Self::ChangeEmail => "change_email",
            Self::EmailChangeAsked => "email_change_asked",
            Self::Invitation => "invitation",
            Self::NewDevice => "new_device",
            Self::FactorChanged => "factor_changed",
            Self::IdentityLinked => "identity_linked",
            Self::RegistrationRepeated => "registration_repeated",
            Self::OrderConfirmed => "order_confirmed",
            Self::OrderRejected => "order_rejected",
            Self::OrderCancelled => "order_cancelled",
            Self::OrderFulfilled => "order_fulfilled",
            Self::OrderRefunded => "order_refunded",
            Self::PaymentDeclined => "payment_declined",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::as_str).join(", ");
        Self::ALL
            .into_iter()
            .find(|k| k.as_str() == text)
            .ok_or_else(|| format!("must be one of {}", known()))
    }
}

/// Whom it is for; the address itself is asked for when the mail goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressee {
    OrderOf(OrderId),
    User(UserId),
    /// A person, and the link that they asked for.
    LinkOf(UserId, LinkId),
}

/// After so many tries in vain a mail is given up and told to the operator.
pub const ATTEMPTS: i64 = 10;

/// Wait before the next try: 2 s doubled per attempt, at most an hour.
pub fn backoff(attempts: i64) -> Duration {
    Duration::from_secs((2u64 << attempts.clamp(0, 20)).min(3600))
}

/// A text that goes into a mail's header: one line, whatever the template or a name held.
pub fn header_text(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_cannot_be_smuggled_in() {
        assert_eq!(header_text("Your order\r\nBcc: all@example.org"), "Your order Bcc: all@example.org");
    }

    #[test]
    fn kinds_read_back_and_waiting_grows() {
        assert!(Kind::ALL.iter().all(|k| k.as_str().parse::<Kind>() == Ok(*k)));
        assert!(backoff(1) < backoff(5) && backoff(50) == Duration::from_secs(3600));
    }
}
