//! Use case: e-mail, addresses, shipping method, discount codes.
//!
//! A code or method that can never count here is refused at once, so that a typing error is told where it was made;
//! one that does not count yet (a minimum that is not met) is kept and stands among the cart's problems. While pricing
//! is away, anything is kept; checkout asks again.

use super::look::Look;
use super::{CartError, CartView, Desk};
use crate::domain::{Cart, Change, Fault};
use hanse_kernel::{CartId, Ctx};

#[derive(Clone)]
pub struct ChangeCart(pub Desk);

/// Problems of a code that more goods or a login will not solve.
const HOPELESS: [&str; 4] = [
    "unknown_discount_code",
    "discount_code_expired",
    "discount_code_used_up",
    "discount_code_used_by_customer",
];

impl ChangeCart {
    pub async fn run(
        &self,
        ctx: &Ctx,
        cart: CartId,
        version: Option<i64>,
        change: Change,
    ) -> Result<CartView, CartError> {
        let apply = |cart: &mut Cart| {
            cart.change(change.clone());
            Ok(())
        };
        let verify = |before: &Cart, look: &Look| {
            let faults = refused(before, &change, look);
            if faults.is_empty() { Ok(()) } else { Err(CartError::Faults(faults)) }
        };
        self.0.edit(ctx, cart, version, apply, verify).await
    }
}

fn refused(before: &Cart, change: &Change, look: &Look) -> Vec<Fault> {
    let Some(quote) = &look.quote else { return vec![] };
    let mut faults = vec![];
    for (i, code) in change.codes.iter().flatten().enumerate().filter(|(_, c)| !before.codes.contains(c)) {
        let of_it = |p: &&super::ports::QuoteProblem| p.reference == code.as_str();
        if let Some(problem) =
            quote.problems.iter().filter(of_it).find(|p| HOPELESS.contains(&p.code.as_str()))
        {
            // The codes of problems are pricing's and fixed; the list above names those that can stand here.
            let known = HOPELESS.iter().find(|h| **h == problem.code).copied().unwrap_or("invalid");
            faults.push(Fault::new(format!("discount_codes[{i}]"), known, problem.message.clone()));
        }
    }
    let chosen = change.shipping_method.flatten().is_some();
    if let (true, Some(p)) = (chosen, quote.problems.iter().find(|p| p.code == "unknown_shipping_method")) {
        faults.push(Fault::new("shipping_method_id", "unknown_shipping_method", p.message.clone()));
    }
    faults
}
