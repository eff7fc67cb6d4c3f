//! Rule `prices`: each line's unit price, by the shopper's group, the quantity and the time.

use super::{Facts, Quote, QuotedLine};
use crate::domain::{price, wording};
use hanse_kernel::{Money, MoneyError};

pub(super) fn apply(facts: &Facts<'_>, quote: &mut Quote) -> Result<(), MoneyError> {
    let zero = Money::zero(facts.currency);
    for item in &facts.items {
        let candidates = facts.prices.iter().filter(|p| p.amount.currency() == facts.currency);
        let price = price::choose(candidates, item.variant, &facts.group, item.quantity, facts.now);
        let total = match price {
            Some(price) => price.amount.times(item.quantity)?,
            None => zero,
        };
        match price {
            Some(price) => quote.explain(
                format!("price:{}", item.reference),
                wording::pieces(item.quantity, price.amount, &facts.locale),
                total,
            ),
            None => {
                let reference = Some(item.reference.clone());
                quote.problem("no_price", wording::no_price(&facts.locale), reference);
            }
        }
        quote.items = quote.items.plus(total)?;
        quote.lines.push(QuotedLine {
            reference: item.reference.clone(),
            unit: price.map(|p| p.amount),
            compare_at: price.and_then(|p| p.compare_at),
            total,
            discount: zero,
            tax: zero,
            tax_rate: 0,
        });
    }
    Ok(())
}
