//! The one place where pricing's errors become problems.

use crate::application::PricingError;
use crate::domain::discount::DiscountError;
use hanse_http::{Problem, StatusCode};
use hanse_kernel::Money;

pub fn problem(error: PricingError) -> Problem {
    match error {
        PricingError::Db(error) => Problem::store(&error),
        PricingError::NotFound(what) => Problem::not_found(what),
        PricingError::Invalid { field, code, message } => {
            Problem::validation(format!("{field} {message}")).field(field, code, message)
        }
        PricingError::Conflict { code, message } => {
            Problem::conflict(code, "Not as things stand").detail(message)
        }
        PricingError::Stale => Problem::precondition_failed(),
        PricingError::Unavailable(what) => Problem::unavailable(what),
        PricingError::Money(error) => Problem::validation(error.to_string()),
        PricingError::Price(error) => {
            let message = error.to_string();
            Problem::validation(message.clone()).field("prices", error.code(), message)
        }
        PricingError::Discount(DiscountError::BelowUse(used)) => {
            Problem::conflict("limit_below_use", "The limit is too low")
                .detail(format!("{used} orders use the code already"))
        }
        PricingError::Discount(error) => {
            let field = match error {
                DiscountError::Percentage => "percentage_bp",
                DiscountError::Amount => "amount",
                DiscountError::Minimum => "minimum",
                DiscountError::Limit | DiscountError::BelowUse(_) => "limit_total",
                DiscountError::Validity => "ends_at",
            };
            let message = error.to_string();
            Problem::validation(message.clone()).field(field, "range", message)
        }
    }
}

/// A field that serde could read and the domain could not.
pub fn invalid(field: &str, code: &str, message: impl ToString) -> Problem {
    let message = message.to_string();
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "validation", "Some fields are not valid")
        .detail(format!("{field} {message}"))
        .field(field, code, message)
}

/// Refuses amounts in another currency than the first.
pub fn same_currency(field: &str, amounts: &[Money]) -> Result<(), Problem> {
    let Some(first) = amounts.first() else { return Ok(()) };
    match amounts.iter().find(|a| a.currency() != first.currency()) {
        Some(_) => Err(invalid(field, "mixed_currencies", "must all be in one currency")),
        None => Ok(()),
    }
}
