//! What is decided together is what would have been decided with everything saved and read again in between.

use hanse_inventory::domain::location::MAIN;
use hanse_inventory::domain::{Ask, Book, Lines, Policy, Reservation, Shelf, Stock, Stocks, Wish};
use hanse_kernel::{OrderId, Timestamp, VariantId};
use proptest::prelude::*;
use uuid::Uuid;

fn ask() -> impl Strategy<Value = (Ask, i64)> {
    let lines = || {
        proptest::collection::vec((0u128..3, 1i64..6), 1..4).prop_map(|lines| {
            let variant = |n| VariantId::new(Uuid::from_u128(n));
            Lines::new(lines.into_iter().map(|(v, n)| (variant(v), n))).unwrap()
        })
    };
    let wish = prop_oneof![
        4 => lines().prop_map(Wish::Reserve),
        2 => lines().prop_map(Wish::Commit),
        2 => Just(Wish::CommitHeld),
        2 => Just(Wish::Release),
        2 => Just(Wish::Expire),
    ];
    let order = (0u128..5).prop_map(|n| OrderId::new(Uuid::from_u128(n)));
    (order, wish, 0i64..12).prop_map(|(order, wish, later)| (Ask { order, wish }, later))
}

fn shop(first: Policy, on_hand: i64) -> Stocks {
    [first, Policy::Continue, Policy::Deny]
        .into_iter()
        .zip(0u128..)
        .map(|(policy, n)| {
            let variant = VariantId::new(Uuid::from_u128(n));
            let shelf = Shelf { received: on_hand, available: on_hand, ..Shelf::empty(MAIN) };
            (variant, Stock::stored(variant, format!("SKU-{n}"), policy, 0, 1, vec![shelf]))
        })
        .collect()
}

/// As it is when it has been saved and is read again.
fn saved(book: &Book) -> Book {
    let stock = |s: &Stock| {
        let shelves = s.shelves.iter().map(|shelf| Shelf { touched: false, ..shelf.clone() }).collect();
        let (sku, version) = (s.sku.clone(), s.next_version());
        (s.variant, Stock::stored(s.variant, sku, s.policy, s.backordered, version, shelves))
    };
    let reservation = |r: &Reservation| Reservation {
        stored: r.events,
        new_parts: false,
        touched_parts: false,
        ..r.clone()
    };
    Book {
        reservations: book.reservations.iter().map(|(order, r)| (*order, reservation(r))).collect(),
        stocks: book.stocks.values().map(stock).collect(),
    }
}

fn policy() -> impl Strategy<Value = Policy> {
    prop_oneof![Just(Policy::Deny), Just(Policy::Continue), Just(Policy::Untracked)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
    #[test]
    fn several_asks_are_decided_as_each_by_itself(
        asks in proptest::collection::vec(ask(), 1..40), first in policy(), on_hand in 0i64..20,
    ) {
        let mut together = Book { stocks: shop(first, on_hand), ..Book::new([]) };
        let mut alone = together.clone();
        let mut now = 0;
        for (ask, later) in &asks {
            now += later;
            let times = (Timestamp::from_micros(now), Timestamp::from_micros(now + 15));
            // It looks only at what a unit of its own would have loaded.
            let wanted = alone.variants([ask]);
            let mut unit = Book {
                stocks: alone.stocks.iter().filter(|(v, _)| wanted.contains(v)).map(|(v, s)| (*v, s.clone())).collect(),
                ..Book::new(alone.reservations.get(&ask.order).cloned())
            };
            prop_assert_eq!(together.decide(ask, times), unit.decide(ask, times));
            let unit = saved(&unit);
            alone.reservations.extend(unit.reservations);
            alone.stocks.extend(unit.stocks);
        }
        prop_assert_eq!(saved(&together), alone);
        prop_assert!(together.changed().iter().all(|r| r.stored == 0 && r.events > 0));
        prop_assert!(together.stocks.values().all(Stock::balanced));
    }
}
