//! The one place where the carts' errors become problems, and where what serde read is judged.

use crate::application::CartError;
use crate::domain::Fault;
use hanse_http::{Problem, StatusCode};
use serde_json::{Map, Value};

/// What a cart's or line's metadata may measure, in bytes of JSON.
const MOST_METADATA: usize = 4096;

pub fn problem(error: CartError) -> Problem {
    match error {
        CartError::Store(error) => Problem::store(&error),
        CartError::NotFound => Problem::not_found("cart"),
        CartError::NoSuchItem => Problem::not_found("item in this cart"),
        CartError::Faults(faults) => validation(faults),
        CartError::Stale => Problem::precondition_failed(),
        CartError::OutOfStock => {
            Problem::conflict("out_of_stock", "It is sold out").detail("nothing was put into the cart")
        }
        CartError::Away(what) => Problem::unavailable(what),
        CartError::Busy => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "cart_busy", "The cart is being changed by others")
                .detail("nothing was changed; try again")
                .retry_after(1)
        }
    }
}

pub fn validation(faults: Vec<Fault>) -> Problem {
    let detail: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let problem = Problem::validation(detail.join("; "));
    faults.into_iter().fold(problem, |problem, f| problem.field(f.field, f.code, f.message))
}

/// Metadata as text, if it is not too large.
pub fn metadata(given: &Map<String, Value>) -> Result<String, Problem> {
    let text = serde_json::to_string(given).map_err(|e| Problem::internal(&e))?;
    if text.len() > MOST_METADATA {
        let rule = format!("must have at most {MOST_METADATA} bytes as JSON");
        return Err(validation(vec![Fault::new("metadata", "length", rule)]));
    }
    Ok(text)
}
