//! Rule `taxes`: the tax on each line and on the shipping, at the destination's rates.
//!
//! Shipping shares the goods' lot: its price is split over the tax classes of what is sent, by value after discounts,
//! and each part taxed at its class's rate (for goods without value: all at the first class of the cart). So a parcel
//! of books is sent at the books' rate.

use super::{Facts, Quote};
use crate::domain::{TaxClass, wording};
use hanse_kernel::{Money, MoneyError};
use std::collections::BTreeMap;

pub(super) fn apply(facts: &Facts<'_>, quote: &mut Quote) -> Result<(), MoneyError> {
    let country = facts.tax_country();
    let included = quote.tax_included;
    let zero = Money::zero(facts.currency);
    let taxed =
        |amount: Money, bp: i64| if included { amount.tax_within(bp) } else { amount.basis_points(bp) };
    // Class → what is taxed at its rate: tax so far, value of what is sent.
    let mut classes: BTreeMap<TaxClass, (Money, Money)> = BTreeMap::new();
    for (line, item) in quote.lines.iter_mut().zip(&facts.items) {
        let net = line.total.minus(line.discount)?;
        line.tax_rate = facts.settings.taxes.rate(country, item.tax_class);
        line.tax = taxed(net, line.tax_rate)?;
        let class = classes.entry(item.tax_class).or_insert((zero, zero));
        class.0 = class.0.plus(line.tax)?;
        if item.requires_shipping {
            class.1 = class.1.plus(net)?;
        }
    }
    let weights: Vec<i64> = classes.values().map(|(_, value)| value.minor()).collect();
    let shares = quote.shipping.allocate(&weights)?;
    for ((class, (tax, _)), share) in classes.into_iter().zip(shares) {
        let rate = facts.settings.taxes.rate(country, class);
        let tax = tax.plus(taxed(share, rate)?)?;
        quote.tax = quote.tax.plus(tax)?;
        let text = wording::tax(country, rate, included, &facts.locale);
        quote.explain(format!("tax:{country}:{class}"), text, tax);
    }
    Ok(())
}
