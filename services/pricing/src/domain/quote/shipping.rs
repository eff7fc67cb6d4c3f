//! Rule `shipping`: what the chosen method costs for the goods' weight and value, and which methods there are.

use super::{AskedMethod, Facts, Quote, RULES, run};
use crate::domain::{Method, Zone, wording};
use hanse_kernel::{Money, MoneyError};

pub(super) fn apply(facts: &Facts<'_>, quote: &mut Quote) -> Result<(), MoneyError> {
    let Some(weight) = weight(facts) else { return Ok(()) };
    let methods = &facts.settings.methods;
    let problem = match facts.method {
        _ if facts.country.is_some() && zone(facts).is_none() => "country_not_served",
        AskedMethod::NotYet => "shipping_method_missing",
        AskedMethod::Unreadable => "unknown_shipping_method",
        AskedMethod::Id(id) => match methods.iter().find(|m| m.id == id) {
            None => "unknown_shipping_method",
            Some(method) => match cost(facts, quote, method, weight)? {
                None => "shipping_method_not_available",
                Some(price) => {
                    let title = method.title.in_locale(&facts.locale);
                    let text = wording::shipping(title, price.is_zero(), &facts.locale);
                    quote.explain(format!("shipping:{id}"), text, price);
                    quote.shipping_title = title.to_string();
                    quote.shipping = price;
                    return Ok(());
                }
            },
        },
    };
    quote.problem(problem, wording::shipping_problem(problem, &facts.locale), None);
    Ok(())
}

/// The weight of what must be sent; None when nothing must.
fn weight(facts: &Facts<'_>) -> Option<i64> {
    let mut sent = facts.items.iter().filter(|i| i.requires_shipping).peekable();
    sent.peek()?;
    Some(sent.fold(0i64, |sum, i| sum.saturating_add(i.weight_grams.max(0).saturating_mul(i.quantity))))
}

fn zone<'a>(facts: &'a Facts<'_>) -> Option<&'a Zone> {
    let country = facts.country.unwrap_or(facts.settings.channel.home);
    facts.settings.zones.iter().find(|z| z.countries.contains(&country))
}

/// While the shopper has not told the country, a chosen method is priced as if it could be used.
fn cost(facts: &Facts<'_>, quote: &Quote, method: &Method, weight: i64) -> Result<Option<Money>, MoneyError> {
    let served = facts.country.is_none() || zone(facts).is_some_and(|z| z.id == method.zone);
    if !method.active || !served {
        return Ok(None);
    }
    method.price(weight, quote.net_items()?)
}

/// The methods that can serve the cart, with their prices; none when nothing must be sent or nobody serves the country.
pub fn methods<'a>(facts: &Facts<'a>) -> Result<Vec<(&'a Method, Money)>, MoneyError> {
    let Some(weight) = weight(facts) else { return Ok(vec![]) };
    let before: usize = RULES.iter().position(|r| r.name == "shipping").unwrap_or(RULES.len());
    let quote = run(facts, &RULES[..before])?;
    let here = zone(facts).map(|z| z.id.clone());
    let mut found = vec![];
    for method in facts.settings.methods.iter().filter(|m| Some(&m.zone) == here.as_ref()) {
        if let Some(price) = cost(facts, &quote, method, weight)? {
            found.push((method, price));
        }
    }
    Ok(found)
}
