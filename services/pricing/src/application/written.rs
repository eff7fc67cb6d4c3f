//! What the audit log keeps of prices, discounts and settings.

use crate::domain::{Benefit, Bracket, Channel, Discount, Method, Price, Zone};
use hanse_kernel::Timestamp;
use serde_json::{Value, json};

pub fn discount(discount: &Discount) -> Value {
    let benefit = match discount.benefit {
        Benefit::Percentage(points) => json!({"basis_points": points}),
        Benefit::Fixed(amount) => json!({"amount": amount}),
    };
    json!({
        "code": discount.code.as_str(),
        "benefit": benefit,
        "minimum": discount.minimum,
        "limit_total": discount.limit_total,
        "limit_per_customer": discount.limit_per_customer,
        "starts_at": discount.starts_at,
        "ends_at": discount.ends_at,
        "active": discount.active,
    })
}

pub fn channel(channel: &Channel) -> Value {
    json!({
        "currencies": channel.currencies,
        "tax_included": channel.tax_included,
        "home": channel.home.to_string(),
    })
}

pub fn zone(zone: &Zone) -> Value {
    let countries: Vec<String> = zone.countries.iter().map(ToString::to_string).collect();
    json!({"name": zone.name, "countries": countries})
}

pub fn method(method: &Method) -> Value {
    let bracket = |b: &Bracket| json!([b.max_weight_grams, b.min_items, b.price]);
    json!({
        "channel": method.channel,
        "zone": method.zone,
        "title": method.title.0,
        "estimate": method.estimate.0,
        "currency": method.currency,
        "brackets": method.brackets.iter().map(bracket).collect::<Vec<_>>(),
        "free_from": method.free_from,
        "position": method.position,
        "active": method.active,
    })
}

/// Of a product's prices those that `others` does not have.
pub fn prices(prices: &[Price], others: &[Price]) -> Value {
    prices.iter().filter(|price| !others.contains(price)).map(price).collect()
}

fn price(price: &Price) -> Value {
    let mut told = json!({
        "variant": price.variant,
        "channel": price.channel,
        "amount": price.amount,
        "compare_at": price.compare_at,
    });
    // Most prices are for everybody, from one piece on, and have always been valid.
    if !price.group.is_empty() {
        told["group"] = json!(price.group);
    }
    if price.min_quantity != 1 {
        told["min_quantity"] = json!(price.min_quantity);
    }
    if price.from > Timestamp::from_micros(0) || price.until.is_some() {
        told["valid"] = json!([price.from, price.until]);
    }
    told
}
