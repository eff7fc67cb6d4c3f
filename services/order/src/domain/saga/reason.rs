//! Why an order ended otherwise than paid, as told to the shopper, the staff and the other services.

use super::state::UnknownName;
use std::fmt;
use std::str::FromStr;

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            pub const ALL: [Self; [$($text),*].len()] = [$(Self::$variant),*];
            /// As it is stored and told.
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
pub(crate) use names;

names! {
    /// Why an order was rejected, cancelled, or waits for another payment.
    Reason {
        OutOfStock = "out_of_stock",
        PaymentDeclined = "payment_declined",
        /// The shopper did not pay while the goods were held.
        PaymentExpired = "payment_expired",
        /// The payment gave no answer in time, or the shopper did not do what it asked for.
        PaymentTimeout = "payment_timeout",
        /// Inventory gave no answer in time.
        StockTimeout = "stock_timeout",
        /// The hold ended before the payment was certain.
        StockExpired = "stock_expired",
        /// The hold had ended and the goods were gone when they were to be sold.
        StockLost = "stock_lost",
        CaptureFailed = "capture_failed",
        /// The payment was ended from outside.
        PaymentCancelled = "payment_cancelled",
        Customer = "customer",
        Staff = "staff",
    }
}
