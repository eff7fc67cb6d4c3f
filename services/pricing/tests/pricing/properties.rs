//! What holds for every cart, whatever is in it.

use crate::rules::{code, country, eur, facts, item, now, price, settings};
use hanse_kernel::{Money, ShippingMethodId};
use hanse_pricing::domain::quote::{AskedCode, AskedMethod, Facts, Item, Quote, Settings, quote};
use hanse_pricing::domain::{Benefit, Price, TaxClass};
use proptest::prelude::*;
use uuid::Uuid;

#[derive(Debug, Clone)]
struct Cart {
    lines: Vec<(i64, i64, TaxClass, i64, bool)>,
    codes: Vec<Benefit>,
    included: bool,
    country: Option<&'static str>,
    method: Option<u128>,
}

fn class() -> impl Strategy<Value = TaxClass> {
    prop_oneof![Just(TaxClass::Standard), Just(TaxClass::Reduced), Just(TaxClass::Zero)]
}

fn cart() -> impl Strategy<Value = Cart> {
    let line = (1i64..1000, 0i64..5_000_000, class(), 0i64..3_000, any::<bool>());
    let benefit = prop_oneof![
        (1i64..=10_000).prop_map(Benefit::Percentage),
        (1i64..200_000).prop_map(|m| Benefit::Fixed(eur(m)))
    ];
    (
        proptest::collection::vec(line, 0..12),
        proptest::collection::vec(benefit, 0..5),
        any::<bool>(),
        prop_oneof![Just(None), Just(Some("DE")), Just(Some("SE")), Just(Some("US"))],
        prop_oneof![Just(None), (1u128..5).prop_map(Some)],
    )
        .prop_map(|(lines, codes, included, country, method)| Cart {
            lines,
            codes,
            included,
            country,
            method,
        })
}

fn facts_of<'a>(cart: &Cart, settings: &'a Settings) -> Facts<'a> {
    let numbered = || (1u128..).zip(&cart.lines);
    let items = numbered().map(|(n, (quantity, _, tax_class, weight_grams, requires_shipping))| Item {
        tax_class: *tax_class,
        weight_grams: *weight_grams,
        requires_shipping: *requires_shipping,
        ..item(n, *quantity)
    });
    let codes = cart.codes.iter().enumerate().map(|(n, benefit)| code(&format!("CODE{n}"), *benefit));
    Facts {
        items: items.collect(),
        prices: numbered().map(|(n, line)| price(n, line.1)).collect(),
        codes: codes.collect(),
        country: cart.country.map(country),
        method: cart
            .method
            .map_or(AskedMethod::NotYet, |n| AskedMethod::Id(ShippingMethodId::new(Uuid::from_u128(n)))),
        ..facts(settings)
    }
}

fn sum(amounts: impl Iterator<Item = Money>) -> i64 {
    amounts.map(Money::minor).sum()
}

fn adds_up(q: &Quote) {
    let on_top = if q.tax_included { 0 } else { q.tax.minor() };
    assert_eq!(
        q.total.minor(),
        sum(q.lines.iter().map(|l| l.total)) - q.discount.minor() + q.shipping.minor() + on_top
    );
    assert_eq!(sum(q.lines.iter().map(|l| l.total)), q.items.minor());
    assert_eq!(
        sum(q.lines.iter().map(|l| l.discount)),
        q.discount.minor(),
        "shares of a discount lose no cent"
    );
    for amount in [q.items, q.discount, q.shipping, q.tax, q.total] {
        assert!(!amount.is_negative(), "{amount}");
    }
    for line in &q.lines {
        assert!(!line.discount.is_negative() && line.discount.minor() <= line.total.minor());
        assert!(!line.tax.is_negative());
    }
}

fn trace_adds_up(q: &Quote) {
    let of = |prefix: &str| sum(q.explain.iter().filter(|e| e.rule.starts_with(prefix)).map(|e| e.amount));
    assert_eq!(of("price:"), q.items.minor());
    assert_eq!(of("discount:"), -q.discount.minor());
    assert_eq!(of("shipping:"), q.shipping.minor());
    assert_eq!(of("tax:"), q.tax.minor());
}

proptest! {
    #[test]
    fn totals_add_up_and_are_never_negative(cart in cart()) {
        let settings = settings(cart.included);
        let quote = quote(&facts_of(&cart, &settings)).unwrap();
        adds_up(&quote);
        trace_adds_up(&quote);
    }

    #[test]
    fn the_order_of_codes_does_not_matter(cart in cart(), turn in 0usize..5) {
        let settings = settings(cart.included);
        let facts = facts_of(&cart, &settings);
        let mut turned = facts.clone();
        let by = turn.min(turned.codes.len());
        turned.codes.rotate_left(by);
        prop_assert_eq!(quote(&facts).unwrap(), quote(&turned).unwrap());
    }

    #[test]
    fn a_code_more_never_makes_it_dearer(cart in cart(), bp in 1i64..=10_000) {
        // Without shipping: a discount may push a cart below the amount from which it travels free.
        let cart = Cart { method: None, ..cart };
        let settings = settings(cart.included);
        let mut facts = facts_of(&cart, &settings);
        let before = quote(&facts).unwrap();
        facts.codes.push(code("MORE", Benefit::Percentage(bp)));
        let after = quote(&facts).unwrap();
        prop_assert!(after.discount.minor() >= before.discount.minor());
        prop_assert!(after.total.minor() - after.lines.len() as i64 <= before.total.minor());
    }

    #[test]
    fn each_lines_tax_is_its_own_rounded_once(cart in cart()) {
        let settings = settings(cart.included);
        let quote = quote(&facts_of(&cart, &settings)).unwrap();
        for line in &quote.lines {
            let net = i128::from(line.total.minor() - line.discount.minor());
            let rate = i128::from(line.tax_rate);
            let base = if quote.tax_included { 10_000 + rate } else { 10_000 };
            // |tax − net·rate/base| ≤ ½
            prop_assert!((i128::from(line.tax.minor()) * base - net * rate).abs() * 2 <= base);
        }
    }

    #[test]
    fn the_order_of_prices_in_the_store_does_not_matter(cart in cart(), steps in proptest::collection::vec((1i64..20, 0i64..10_000, 0i64..3), 0..8)) {
        let settings = settings(true);
        let mut facts = facts_of(&cart, &settings);
        // Prices of one key cannot exist twice in the store.
        let mut seen = std::collections::BTreeSet::new();
        for (min_quantity, minor, age) in steps {
            let from = hanse_kernel::Timestamp::from_micros(now().micros() - age - 1);
            if seen.insert((min_quantity, from)) {
                facts.prices.push(Price { min_quantity, from, ..price(1, minor) });
            }
        }
        let forward = quote(&facts).unwrap();
        facts.prices.reverse();
        prop_assert_eq!(forward, quote(&facts).unwrap());
    }
}

#[test]
fn an_unknown_code_is_only_told() {
    let settings = settings(true);
    let mut facts = facts(&settings);
    facts.codes = vec![AskedCode { discount: None, ..code("NOPE", Benefit::Percentage(1)) }];
    let quote = quote(&facts).unwrap();
    assert_eq!(quote.problems[0].code, "unknown_discount_code");
    assert_eq!(quote.problems[0].reference.as_deref(), Some("NOPE"));
    assert!(quote.discount.is_zero());
}
