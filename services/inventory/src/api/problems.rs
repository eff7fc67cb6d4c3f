//! How inventory's errors look to a client.

use crate::application::StockError;
use hanse_http::Problem;
use hanse_kernel::{Cursor, Limit};
use serde::de::DeserializeOwned;

pub(super) fn problem(error: StockError) -> Problem {
    match &error {
        StockError::Store(e) => Problem::store(e),
        StockError::UnknownVariant => Problem::validation("variant_id: inventory knows no such variant")
            .field("variant_id", "unknown", "is not a variant of the catalogue"),
        StockError::UnknownLocation => Problem::validation("location_id: there is no such location").field(
            "location_id",
            "unknown",
            "is not a location",
        ),
        StockError::Adjust(e) => {
            Problem::conflict(e.code(), "The count cannot be changed so").detail(e.to_string())
        }
        StockError::NameTaken => Problem::conflict("name_taken", "A location of that name exists"),
        StockError::Conflict => Problem::unavailable("this stock"),
        StockError::Lines(_) | StockError::NotYet(_) => Problem::internal(&error),
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
