//! How refusals and failures of the use cases look to a client.

use crate::application::{Missing, OrderError};
use crate::domain::order::OrderRefusal;
use crate::domain::saga::Refusal;
use hanse_http::{Problem, StatusCode};
use hanse_kernel::{Cursor, Limit};
use serde_json::json;

pub(crate) fn problem(error: OrderError) -> Problem {
    match error {
        OrderError::Db(e) => Problem::store(&e),
        OrderError::NotFound => Problem::not_found("order"),
        OrderError::CartNotFound => Problem::not_found("cart"),
        OrderError::OfCustomer(customer) => {
            Problem::conflict("order_of_customer", "The order belongs to a customer's account")
                .detail("erase the customer: POST /api/admin/customers/{id}/erase")
                .with("customer_id", json!(customer))
        }
        OrderError::AlreadyOrdered(order) => {
            Problem::conflict("cart_already_ordered", "This cart has become an order already")
                .detail("look at that order; what was added to the cart since stays in the cart")
                .with("order_id", json!(order))
        }
        OrderError::CartChanged => Problem::conflict("cart_changed", "The cart has changed in the meantime")
            .detail("read the cart again and check out the version that it has now"),
        OrderError::CartEmpty => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "cart_empty", "The cart is empty")
        }
        OrderError::Incomplete(missing) => missing.into_iter().fold(
            Problem::validation("the cart lacks what an order needs"),
            |problem, missing| {
                let field = match missing {
                    Missing::Email => "email",
                    Missing::ShippingAddress => "shipping_address",
                    Missing::ShippingMethod => "shipping_method_id",
                };
                problem.field(field, "required", "set it in the cart first")
            },
        ),
        OrderError::CartProblems(problems) => problems.into_iter().fold(
            Problem::conflict("cart_has_problems", "Something in the cart has to be put right first"),
            |problem, p| {
                let field = p.item.map_or_else(|| "cart".to_string(), |item| format!("items[{item}]"));
                problem.field(field, p.code, p.message)
            },
        ),
        OrderError::TotalChanged { cart } => total_changed(&cart),
        OrderError::PaymentMissing => {
            Problem::validation("there is something to pay").field("payment", "required", "choose how to pay")
        }
        OrderError::PaymentRefused(why) => {
            Problem::validation("this payment cannot be made").field("payment.provider", "refused", why)
        }
        OrderError::NotTheirsToGiveBack => Problem::forbidden()
            .detail("it is paid: to cancel it gives money back, which needs orders:refund"),
        OrderError::StepUp => Problem::step_up_required(),
        OrderError::ClaimLost => {
            Problem::conflict("idempotency_in_flight", "A call with this Idempotency-Key is still running")
                .retry_after(1)
        }
        OrderError::Crowded => Problem::unavailable("checkout").retry_after(2),
        OrderError::Unavailable(service) => Problem::unavailable(&format!("the {service} service")),
        OrderError::Refused(refusal) => refused(refusal),
        e @ (OrderError::Broken(_) | OrderError::Conflict) => {
            let conflict = matches!(e, OrderError::Conflict);
            if conflict { Problem::unavailable("the order").retry_after(1) } else { Problem::internal(&e) }
        }
    }
}

/// With the cart as it is now, so that the shopper can look at it and agree.
fn total_changed(cart: &str) -> Problem {
    let problem = Problem::conflict("total_changed", "The total has changed")
        .detail("look at the cart as it is now and confirm its total");
    match serde_json::from_str(cart) {
        Ok(cart) => problem.with("cart", cart),
        Err(e) => Problem::internal(&e),
    }
}

fn refused(refusal: OrderRefusal) -> Problem {
    let validation =
        |field: String, code: &str, rule: String| Problem::validation(rule.clone()).field(field, code, rule);
    match refusal {
        OrderRefusal::Saga(Refusal::Closed) => {
            Problem::conflict("order_closed", "The order does not allow this any more, or not yet")
        }
        OrderRefusal::Saga(Refusal::AlreadyFulfilled) => {
            Problem::conflict("already_fulfilled", "Everything has been sent already")
        }
        OrderRefusal::Saga(Refusal::RefundInProgress) => {
            Problem::conflict("refund_in_progress", "A refund of this order is under way").retry_after(5)
        }
        OrderRefusal::Saga(Refusal::NotCaptured) => {
            Problem::conflict("not_captured", "The money has not been taken yet").detail("cancel instead")
        }
        OrderRefusal::Saga(Refusal::PaymentAttention) => {
            Problem::conflict("payment_attention", "The payment of this order is in doubt")
                .detail("nothing can be sent until it is paid or cancelled")
        }
        OrderRefusal::Saga(Refusal::RefundTooMuch(left)) => {
            validation("amount".into(), "range", format!("must be above zero and at most {left}"))
        }
        OrderRefusal::Saga(Refusal::Money(e)) => validation("amount".into(), "value", e.to_string()),
        OrderRefusal::UnknownItem(item) => {
            validation("items".into(), "unknown", format!("{item} is not a line of this order"))
        }
        OrderRefusal::NotSoMany { item, left } => {
            validation("items".into(), "range", format!("of {item} between 1 and {left} can be taken"))
        }
        OrderRefusal::Nothing => validation("items".into(), "required", "name at least one line".into()),
    }
}

pub(crate) fn limit(limit: Option<u16>) -> Result<Limit, Problem> {
    match limit {
        None => Ok(Limit::DEFAULT),
        Some(n) => Limit::new(n).ok_or_else(|| {
            let rule = "must be between 1 and 100";
            Problem::validation(format!("limit {rule}")).field("limit", "range", rule)
        }),
    }
}

pub(crate) fn cursor<T: for<'de> serde::Deserialize<'de>>(text: Option<&str>) -> Result<Option<T>, Problem> {
    text.map(Cursor::decode).transpose().map_err(|rule| {
        Problem::validation(format!("cursor {rule}")).field("cursor", "value", rule.to_string())
    })
}
