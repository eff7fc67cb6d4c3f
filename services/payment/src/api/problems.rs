//! How payment's errors look to a client.

use crate::application::PaymentError;
use hanse_http::{Problem, StatusCode};
use hanse_kernel::{Cursor, Limit};
use serde::de::DeserializeOwned;

pub(super) fn problem(error: PaymentError) -> Problem {
    match &error {
        PaymentError::Store(e) => Problem::store(e),
        PaymentError::NotFound => Problem::not_found("payment"),
        PaymentError::NotWaiting => {
            Problem::conflict("no_action_required", "Nothing is asked of the shopper")
                .detail("the payment has gone on, or has ended, without it")
        }
        PaymentError::Invalid { field, rule } => {
            Problem::validation(error.to_string()).field(*field, "invalid", *rule)
        }
        PaymentError::UnknownProvider(_) => {
            Problem::validation(error.to_string()).field("provider", "unknown", "is not a payment provider")
        }
        PaymentError::NotYet(_) | PaymentError::Conflict => Problem::unavailable("this payment"),
        PaymentError::NobodyCalls => Problem::not_found("payment provider"),
        PaymentError::Forged(_) => {
            let title = "The webhook is not signed by the provider";
            Problem::new(StatusCode::UNAUTHORIZED, "signature_invalid", title)
                .detail("sign the raw body with the secret that the shop was given, at the time of sending")
        }
        PaymentError::Unreadable(why) => {
            Problem::new(StatusCode::BAD_REQUEST, "webhook_unreadable", "The webhook cannot be understood")
                .detail(why.clone())
        }
        PaymentError::Unread(_) | PaymentError::Away(_) => Problem::unavailable("the payment provider"),
        PaymentError::Vault(_) => Problem::internal(&error),
    }
}

pub(super) fn limit(asked: Option<u16>) -> Result<Limit, Problem> {
    let Some(n) = asked else { return Ok(Limit::DEFAULT) };
    Limit::new(n).ok_or_else(|| {
        let rule = format!("must be between 1 and {}", Limit::MAX);
        Problem::validation(format!("limit {rule}")).field("limit", "range", rule)
    })
}

pub(super) fn cursor<T: DeserializeOwned>(text: Option<&str>) -> Result<Option<T>, Problem> {
    text.map(Cursor::decode)
        .transpose()
        .map_err(|e| Problem::validation(format!("cursor {e}")).field("cursor", "format", e.to_string()))
}
