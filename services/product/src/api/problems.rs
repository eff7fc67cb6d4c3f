//! The one place where refusals of the catalogue become problems that a client sees.

use crate::application::ProductError;
use hanse_http::{Problem, StatusCode};
use hanse_kernel::Limit;

pub(crate) fn problem(error: ProductError) -> Problem {
    match error {
        ProductError::NotFound(what) => Problem::not_found(what),
        ProductError::Invalid(faults) => {
            let first = faults.first();
            let detail = first.map(|fault| format!("{} {}", fault.field, fault.message)).unwrap_or_default();
            faults.into_iter().fold(Problem::validation(detail), |problem, fault| {
                problem.field(fault.field, fault.code, fault.message)
            })
        }
        ProductError::SlugTaken(slug) => Problem::conflict("slug_taken", "The slug is taken")
            .detail(format!("{slug} names something else; choose another or leave it out")),
        ProductError::SkuTaken { sku, product, title } => Problem::conflict("sku_taken", "The SKU is taken")
            .detail(format!("{sku} belongs to {title}; every variant needs an SKU of its own"))
            .with("product_id", product.to_string().into()),
        ProductError::Changed => Problem::precondition_failed(),
        ProductError::Busy => Problem::conflict("busy", "Somebody else is changing this right now")
            .detail("try again")
            .retry_after(1),
        ProductError::Crowded => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "uploads_crowded",
            "Too many pictures come in at once",
        )
        .detail("nothing was changed; send a few at a time")
        .retry_after(2),
        ProductError::Store(e) => Problem::store(&e),
    }
}

pub(crate) fn limit(asked: Option<u16>) -> Result<Limit, Problem> {
    match asked {
        None => Ok(Limit::DEFAULT),
        Some(n) => Limit::new(n).ok_or_else(|| {
            let rule = "must be between 1 and 100";
            Problem::validation(format!("limit {rule}")).field("limit", "range", rule)
        }),
    }
}
