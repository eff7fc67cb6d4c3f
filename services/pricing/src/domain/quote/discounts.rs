//! Rule `discounts`: what the codes take off the goods.
//!
//! The order in which codes were typed does not matter: percentages count first, each on the full price of the goods,
//! then fixed amounts, both in the order of their codes; together they never take more than the goods cost.

use super::{AskedCode, Facts, Quote};
use crate::domain::discount::Refusal;
use crate::domain::{Benefit, Discount, wording};
use hanse_kernel::{Money, MoneyError};
use std::collections::BTreeSet;

pub(super) fn apply(facts: &Facts<'_>, quote: &mut Quote) -> Result<(), MoneyError> {
    let mut seen = BTreeSet::new();
    let mut valid: Vec<&Discount> = vec![];
    for asked in &facts.codes {
        let name = asked.code.as_ref().map_or(asked.typed.as_str(), |c| c.as_str());
        if !seen.insert(name) {
            continue;
        }
        match judge(asked, facts, quote) {
            Ok(discount) => valid.push(discount),
            Err((refusal, minimum)) => {
                let message = wording::refusal(refusal, name, minimum, &facts.locale);
                quote.problem(refusal.code(), message, Some(asked.typed.clone()));
            }
        }
    }
    valid.sort_by_key(|d| (matches!(d.benefit, Benefit::Fixed(_)), d.code.clone()));
    for discount in valid {
        take(facts, quote, discount)?;
    }
    Ok(())
}

fn judge<'a>(
    asked: &'a AskedCode,
    facts: &Facts<'_>,
    quote: &Quote,
) -> Result<&'a Discount, (Refusal, Option<Money>)> {
    let discount = asked.discount.as_ref().ok_or((Refusal::Unknown, None))?;
    match discount.refusal(facts.now, asked.usage, quote.items) {
        Some(refusal) => Err((refusal, discount.minimum)),
        None => Ok(discount),
    }
}

fn take(facts: &Facts<'_>, quote: &mut Quote, discount: &Discount) -> Result<(), MoneyError> {
    let (wanted, text) = match discount.benefit {
        Benefit::Percentage(bp) => {
            (quote.items.basis_points(bp)?, wording::percentage_off(bp, &facts.locale))
        }
        Benefit::Fixed(amount) => (amount, wording::amount_off(amount, &facts.locale)),
    };
    let left = quote.net_items()?;
    let taken = wanted.min(left)?;
    // By what is left of each line: a share is then never more than that.
    let mut weights = Vec::with_capacity(quote.lines.len());
    for line in &quote.lines {
        weights.push(line.total.minus(line.discount)?.minor());
    }
    for (line, share) in quote.lines.iter_mut().zip(taken.allocate(&weights)?) {
        line.discount = line.discount.plus(share)?;
    }
    quote.discount = quote.discount.plus(taken)?;
    quote.explain(format!("discount:{}", discount.code), text, taken.negated()?);
    Ok(())
}
