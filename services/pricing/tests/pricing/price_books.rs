//! A product's price book by itself: what changes it, and what a listing sees of it.

use crate::rules::{eur, now, price, variant};
use hanse_kernel::{Currency, Money, ProductId, Timestamp};
use hanse_pricing::domain::price::PriceError;
use hanse_pricing::domain::{Price, PriceBook};
use std::time::Duration;
use uuid::Uuid;

fn book() -> PriceBook {
    PriceBook::empty(ProductId::new(Uuid::from_u128(7)))
}

#[test]
fn the_version_grows_only_with_a_change() {
    let mut book = book();
    assert!(book.set(vec![price(1, 100), price(2, 200)]).unwrap());
    assert!(!book.set(vec![price(2, 200)]).unwrap());
    assert_eq!(book.price_version, 1);
    assert!(book.set(vec![price(2, 250)]).unwrap());
    assert_eq!((book.price_version, book.prices.len()), (2, 2));
}

#[test]
fn replacing_drops_what_is_not_named() {
    let mut book = book();
    book.set(vec![price(1, 100), price(2, 200)]).unwrap();
    assert!(book.replace(&Default::default(), vec![price(2, 200)]).unwrap());
    assert_eq!((book.price_version, book.prices.len()), (2, 1));
    assert!(!book.replace(&Default::default(), vec![price(2, 200)]).unwrap());
    assert_eq!(book.price_version, 2);
}

#[test]
fn what_can_never_be_right_is_refused_and_changes_nothing() {
    let start = book();
    let refused = |p: Price| {
        let mut book = start.clone();
        let error = book.set(vec![price(5, 1), p]).unwrap_err();
        assert_eq!(book, start);
        error.code()
    };
    let dollars = Some(Money::new(300, Currency::USD));
    assert_eq!(refused(price(1, -1)), "negative_price");
    assert_eq!(refused(price(1, i64::MAX)), "price_too_large");
    assert_eq!(refused(Price { compare_at: dollars, ..price(1, 200) }), "mixed_currencies");
    assert_eq!(refused(Price { min_quantity: 0, ..price(1, 200) }), "min_quantity");
    assert_eq!(refused(Price { until: Some(Timestamp::from_micros(0)), ..price(1, 200) }), "validity");
    assert_eq!(refused(price(5, 2)), "duplicate_price");
    let mut deleted = PriceBook { deleted: true, ..start };
    assert_eq!(deleted.set(vec![price(1, 1)]), Err(PriceError::Deleted));
}

#[test]
fn a_comparison_that_is_no_saving_is_dropped() {
    let mut book = book();
    let compared = |minor| Price { compare_at: Some(eur(minor)), ..price(1, 100) };
    book.set(vec![compared(100)]).unwrap();
    assert_eq!(book.prices[0].compare_at, None);
    book.set(vec![compared(150)]).unwrap();
    assert_eq!(book.prices[0].compare_at, Some(eur(150)));
}

#[test]
fn a_listing_sees_everybodys_price_for_one_piece_now() {
    let mut book = book();
    let tomorrow = now().plus(Duration::from_secs(86_400));
    book.set(vec![
        price(1, 100),
        Price { group: "club".into(), ..price(1, 50) },
        Price { min_quantity: 5, ..price(1, 80) },
        Price { from: tomorrow, ..price(1, 70) },
        Price { from: tomorrow, ..price(2, 10) },
    ])
    .unwrap();
    let shown = |at| -> Vec<i64> {
        book.base_prices(&Default::default(), at).iter().map(|p| p.amount.minor()).collect()
    };
    assert_eq!(shown(now()), [100]);
    assert_eq!(shown(tomorrow), [70, 10]);
    assert_eq!(book.next_change(now()), Some(tomorrow));
    assert_eq!(book.next_change(tomorrow), None);
    let mut gone = book.clone();
    assert!(gone.keep_only(&[variant(2)].into()));
    assert_eq!(gone.prices.len(), 1);
}

#[test]
fn what_began_or_ended_stays_due_until_it_is_told() {
    let mut book = book();
    let day = Duration::from_secs(86_400);
    let (tomorrow, later) = (now().plus(day), now().plus(2 * day));
    book.set(vec![
        Price { until: Some(tomorrow), ..price(1, 100) },
        Price { until: Some(later), ..price(2, 200) },
    ])
    .unwrap();
    book.due = book.next_change(now());
    assert_eq!((book.due, book.is_due(now()), book.is_due(tomorrow)), (Some(tomorrow), false, true));
    // A change comes between the end of a price and its being told.
    book.set(vec![price(3, 300)]).unwrap();
    assert_eq!(book.next_change(tomorrow), Some(tomorrow));
    let version = book.price_version;
    book.time_passed();
    assert_eq!((book.price_version, book.next_change(tomorrow)), (version + 1, Some(later)));
}
