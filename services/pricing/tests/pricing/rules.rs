//! The rules of a quote, one story each, on facts that fit on a page.

use hanse_kernel::{Currency, DiscountId, Locale, Money, ShippingMethodId, Timestamp, VariantId};
use hanse_pricing::domain::discount::Use;
use hanse_pricing::domain::quote::{AskedCode, AskedMethod, Facts, Item, Quote, Settings, methods, quote};
use hanse_pricing::domain::shipping::Localised;
use hanse_pricing::domain::{
    Benefit, Bracket, Channel, Country, Discount, Method, Price, TaxClass, TaxTable, Zone,
};
use uuid::Uuid;

pub fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}
pub fn variant(n: u128) -> VariantId {
    VariantId::new(Uuid::from_u128(n))
}
pub fn country(code: &str) -> Country {
    code.parse().unwrap()
}
pub fn now() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().unwrap()
}
pub const STANDARD: u128 = 1;
pub const EXPRESS: u128 = 2;

fn title(text: &str) -> Localised {
    Localised([(Locale::new("en"), text.to_string())].into())
}

/// Germany at home, Sweden served, two methods each; 19/7 % and 25/12 %.
pub fn settings(tax_included: bool) -> Settings {
    let method = |id, zone: &str, name, brackets, free_from| Method {
        id: ShippingMethodId::new(Uuid::from_u128(id)),
        channel: Default::default(),
        zone: zone.into(),
        title: title(name),
        estimate: title("soon"),
        currency: Currency::EUR,
        brackets,
        free_from,
        position: 1,
        active: true,
        version: 1,
    };
    let bracket = |max, price| Bracket { max_weight_grams: max, min_items: 0, price };
    Settings {
        channel: Channel {
            id: Default::default(),
            currency: Currency::EUR,
            currencies: vec![Currency::EUR],
            tax_included,
            home: country("DE"),
            locales: vec![Locale::new("en"), Locale::new("de")],
            version: 1,
        },
        zones: vec![
            Zone { id: "home".into(), name: "Germany".into(), countries: vec![country("DE")] },
            Zone { id: "eu".into(), name: "EU".into(), countries: vec![country("SE")] },
        ],
        methods: vec![
            method(
                STANDARD,
                "eu",
                "Standard",
                vec![bracket(Some(5_000), 490), bracket(None, 990)],
                Some(10_000),
            ),
            method(EXPRESS, "eu", "Express", vec![bracket(Some(5_000), 1290)], None),
            method(3, "home", "Standard", vec![bracket(None, 390)], None),
        ],
        taxes: TaxTable::new([
            (country("DE"), TaxClass::Standard, 1900),
            (country("DE"), TaxClass::Reduced, 700),
            (country("SE"), TaxClass::Standard, 2500),
            (country("SE"), TaxClass::Reduced, 1200),
        ]),
    }
}

pub fn item(n: u128, quantity: i64) -> Item {
    Item {
        reference: format!("item_{n}"),
        variant: variant(n),
        quantity,
        tax_class: TaxClass::Standard,
        weight_grams: 300,
        requires_shipping: true,
    }
}

pub fn price(n: u128, minor: i64) -> Price {
    Price::base(variant(n), Default::default(), eur(minor), None)
}

pub fn code(text: &str, benefit: Benefit) -> AskedCode {
    AskedCode {
        typed: text.into(),
        code: text.parse().ok(),
        discount: Some(Discount {
            id: DiscountId::new(Uuid::from_u128(text.bytes().map(u128::from).sum())),
            code: text.parse().unwrap(),
            benefit,
            minimum: None,
            limit_total: None,
            limit_per_customer: None,
            starts_at: None,
            ends_at: None,
            active: true,
            held: 0,
            redeemed: 0,
            version: 1,
            created_at: now(),
        }),
        usage: Use::default(),
    }
}

/// Two mugs to Malmö by Standard with 10 % off: the example of the API's description.
pub fn facts(settings: &Settings) -> Facts<'_> {
    Facts {
        settings,
        currency: Currency::EUR,
        locale: Locale::new("en"),
        country: Some(country("SE")),
        group: String::new(),
        items: vec![item(1, 2)],
        prices: vec![price(1, 1200)],
        codes: vec![code("WELCOME", Benefit::Percentage(1000))],
        method: AskedMethod::Id(ShippingMethodId::new(Uuid::from_u128(STANDARD))),
        now: now(),
    }
}

fn minors(q: &Quote) -> [i64; 5] {
    [q.items, q.discount, q.shipping, q.tax, q.total].map(Money::minor)
}
fn problems(q: &Quote) -> Vec<&str> {
    q.problems.iter().map(|p| p.code).collect()
}
fn discount_of(code: &mut AskedCode) -> &mut Discount {
    code.discount.as_mut().unwrap()
}

#[test]
fn the_example_of_the_api() {
    let settings = settings(true);
    let quote = quote(&facts(&settings)).unwrap();
    assert_eq!(minors(&quote), [2400, 240, 490, 530, 2650]);
    assert!(quote.tax_included && quote.problems.is_empty());
    assert_eq!(quote.shipping_title, "Standard");
    insta::assert_debug_snapshot!(quote.explain);
}

#[test]
fn without_included_tax_it_comes_on_top() {
    let settings = settings(false);
    let quote = quote(&facts(&settings)).unwrap();
    // 25 % of 21.60 is 5.40, of 4.90 is 1.225 and rounds to 1.23.
    assert_eq!(minors(&quote), [2400, 240, 490, 540 + 123, 2160 + 490 + 663]);
    assert!(!quote.tax_included);
}

#[test]
fn shipping_is_taxed_as_what_it_sends() {
    let settings = settings(false);
    let mut facts = facts(&settings);
    facts.codes.clear();
    facts.items.push(Item { tax_class: TaxClass::Reduced, ..item(2, 1) });
    facts.prices.push(price(2, 2400));
    let half = quote(&facts).unwrap();
    // 4.90 is split evenly: 25 % of 2.45 is 0.61, 12 % of 2.45 is 0.29.
    assert_eq!(half.tax, eur(600 + 61 + 288 + 29));
    facts.items.remove(0);
    let books = quote(&facts).unwrap();
    assert_eq!(books.tax, eur(288 + 59));
    facts.items[0].tax_class = TaxClass::Zero;
    assert_eq!(quote(&facts).unwrap().tax, eur(0));
}

#[test]
fn a_line_without_price_counts_nothing_and_is_told() {
    let settings = settings(true);
    let mut facts = facts(&settings);
    facts.items.push(item(9, 1));
    let quote = quote(&facts).unwrap();
    assert_eq!(quote.items, eur(2400));
    assert_eq!(quote.problems[0].code, "no_price");
    assert_eq!(quote.problems[0].reference.as_deref(), Some("item_9"));
    assert_eq!(quote.lines[1].unit, None);
}

#[test]
fn the_price_follows_group_quantity_and_time() {
    let settings = settings(true);
    let at = |t: &str| t.parse::<Timestamp>().unwrap();
    let mut facts = Facts { codes: vec![], ..facts(&settings) };
    facts.prices.push(Price { min_quantity: 10, ..price(1, 1000) });
    facts.prices.push(Price { group: "club".into(), ..price(1, 1100) });
    let campaign =
        Price { from: at("2026-11-20T00:00:00Z"), until: Some(at("2026-11-27T00:00:00Z")), ..price(1, 900) };
    let mut unit = |quantity: i64, group: &str, extra: Option<Price>| {
        facts.items[0].quantity = quantity;
        facts.group = group.into();
        let mut facts = facts.clone();
        facts.prices.extend(extra);
        quote(&facts).unwrap().lines[0].unit.unwrap().minor()
    };
    assert_eq!(unit(1, "", None), 1200);
    assert_eq!(unit(9, "", None), 1200);
    assert_eq!(unit(10, "", None), 1000);
    assert_eq!(unit(1, "club", None), 1100);
    assert_eq!(unit(10, "club", None), 1100, "the group's own price goes before everybody's");
    assert_eq!(unit(1, "", Some(campaign.clone())), 900);
    assert_eq!(unit(10, "", Some(campaign.clone())), 900, "more pieces never cost more each");
    let over = Price { until: Some(at("2026-11-21T00:00:00Z")), ..campaign };
    assert_eq!(unit(1, "", Some(over)), 1200);
    let risen = Price { from: at("2026-11-01T00:00:00Z"), ..price(1, 1300) };
    assert_eq!(unit(1, "", Some(risen)), 1300, "a standing price that began later replaces the older");
}

#[test]
fn codes_count_percentages_first_and_never_more_than_the_goods() {
    let settings = settings(true);
    let mut facts = facts(&settings);
    facts.codes = vec![
        code("FIVE", Benefit::Fixed(eur(500))),
        code("TEN", Benefit::Percentage(1000)),
        code("ten", Benefit::Percentage(1000)),
    ];
    let both = quote(&facts).unwrap();
    assert_eq!(both.discount, eur(240 + 500), "a code typed twice counts once");
    facts.codes.reverse();
    assert_eq!(quote(&facts).unwrap(), Quote { problems: vec![], ..both });
    facts.codes.push(code("MUCH", Benefit::Fixed(eur(99_999))));
    let all = quote(&facts).unwrap();
    assert_eq!((all.discount, all.total), (eur(2400), eur(490)));
}

#[test]
fn a_code_that_does_not_count_says_why() {
    let settings = settings(true);
    let told = |change: fn(&mut Discount), usage: Use| {
        let mut facts = facts(&settings);
        facts.codes[0].usage = usage;
        change(discount_of(&mut facts.codes[0]));
        let quote = quote(&facts).unwrap();
        assert!(quote.discount.is_zero());
        quote.problems[0].code
    };
    let nobody = Use::default();
    assert_eq!(told(|d| d.active = false, nobody), "unknown_discount_code");
    assert_eq!(
        told(|d| d.starts_at = "2026-11-24T00:00:00Z".parse().ok(), nobody),
        "discount_code_not_started"
    );
    assert_eq!(told(|d| d.ends_at = "2026-11-23T10:00:00Z".parse().ok(), nobody), "discount_code_expired");
    assert_eq!(
        told(|d| (d.limit_total, d.held, d.redeemed) = (Some(3), 1, 2), nobody),
        "discount_code_used_up"
    );
    assert_eq!(told(|d| d.limit_per_customer = Some(1), nobody), "discount_code_needs_login");
    let again = Use { known: true, by_customer: 1, by_this_order: false };
    assert_eq!(told(|d| d.limit_per_customer = Some(1), again), "discount_code_used_by_customer");
    assert_eq!(told(|d| d.minimum = Some(eur(2401)), nobody), "discount_minimum_not_met");
    let dollars = |d: &mut Discount| d.benefit = Benefit::Fixed(Money::new(1, Currency::USD));
    assert_eq!(told(dollars, nobody), "discount_code_other_currency");
}

#[test]
fn an_orders_own_hold_is_no_obstacle() {
    let settings = settings(true);
    let mut facts = facts(&settings);
    let discount = discount_of(&mut facts.codes[0]);
    (discount.limit_total, discount.held) = (Some(1), 1);
    assert_eq!(problems(&quote(&facts).unwrap()), ["discount_code_used_up"]);
    facts.codes[0].usage.by_this_order = true;
    assert_eq!(quote(&facts).unwrap().discount, eur(240));
}

#[test]
fn shipping_follows_weight_amount_and_country() {
    let settings = settings(true);
    let base = Facts { codes: vec![], ..facts(&settings) };
    assert_eq!(quote(&base).unwrap().shipping, eur(490));
    let mut heavy = base.clone();
    heavy.items[0].weight_grams = 3_000;
    assert_eq!(quote(&heavy).unwrap().shipping, eur(990));
    let mut dear = base.clone();
    dear.prices[0].amount = eur(5_000);
    assert_eq!(quote(&dear).unwrap().shipping, eur(0), "free from 100.00 on");
    dear.codes = vec![code("WELCOME", Benefit::Percentage(1000))];
    assert_eq!(quote(&dear).unwrap().shipping, eur(490), "what counts is the price after discounts");
    let mut express = heavy.clone();
    express.method = AskedMethod::Id(ShippingMethodId::new(Uuid::from_u128(EXPRESS)));
    assert_eq!(problems(&quote(&express).unwrap()), ["shipping_method_not_available"]);
    let abroad = Facts { country: Some(country("US")), ..base.clone() };
    assert_eq!(problems(&quote(&abroad).unwrap()), ["country_not_served"]);
    let at_home = Facts { country: Some(country("DE")), ..base.clone() };
    assert_eq!(problems(&quote(&at_home).unwrap()), ["shipping_method_not_available"]);
    let unsaid = Facts { country: None, ..base.clone() };
    let unsaid = quote(&unsaid).unwrap();
    assert_eq!((unsaid.shipping, unsaid.lines[0].tax_rate), (eur(490), 1900), "home's taxes until told");
    let unknown = Facts { method: AskedMethod::Unreadable, ..base.clone() };
    assert_eq!(problems(&quote(&unknown).unwrap()), ["unknown_shipping_method"]);
    let open = Facts { method: AskedMethod::NotYet, ..base.clone() };
    assert_eq!(problems(&quote(&open).unwrap()), ["shipping_method_missing"]);
    let mut digital = Facts { method: AskedMethod::NotYet, ..base };
    digital.items[0].requires_shipping = false;
    assert_eq!(problems(&quote(&digital).unwrap()), [""; 0]);
}

#[test]
fn the_methods_that_can_serve_the_cart() {
    let settings = settings(true);
    let list = |facts: &Facts<'_>| -> Vec<(String, i64)> {
        let found = methods(facts).unwrap();
        found.iter().map(|(m, p)| (m.title.in_locale(&facts.locale).to_string(), p.minor())).collect()
    };
    let mut facts = facts(&settings);
    assert_eq!(list(&facts), [("Standard".into(), 490), ("Express".into(), 1290)]);
    facts.items[0].weight_grams = 6_000;
    assert_eq!(list(&facts), [("Standard".into(), 990)]);
    facts.country = None;
    assert_eq!(list(&facts), [("Standard".into(), 390)], "home's until the shopper has told");
    facts.country = Some(country("US"));
    assert!(list(&facts).is_empty());
}

#[test]
fn an_empty_cart_costs_nothing() {
    let settings = settings(true);
    let quote = quote(&Facts { items: vec![], codes: vec![], ..facts(&settings) }).unwrap();
    assert_eq!(minors(&quote), [0; 5]);
    assert!(quote.problems.is_empty() && quote.explain.is_empty());
}

#[test]
fn the_trace_speaks_the_shoppers_language() {
    let settings = settings(true);
    let german = Facts { locale: Locale::new("de"), ..facts(&settings) };
    let texts: Vec<String> = quote(&german).unwrap().explain.into_iter().map(|e| e.text).collect();
    assert_eq!(texts, ["2 × 12,00 EUR", "10 % auf die Artikel", "Standard", "enthält 25 % MwSt. (SE)"]);
}
