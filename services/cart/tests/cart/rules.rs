//! The cart by itself, whatever is done to it.

use hanse_cart::domain::order::OrderedLine;
use hanse_cart::domain::{Cart, ConfirmedOrder, Line};
use hanse_kernel::{CartId, ChannelId, Currency, ItemId, Locale, OrderId, Personal, Timestamp, VariantId};
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

fn cart() -> Cart {
    let id = CartId::from_bytes(&[7; 20]).unwrap();
    Cart::new(id, ChannelId::default(), Currency::EUR, Locale::default(), None, Timestamp::from_micros(1))
}

fn line(id: u128, variant: u128, quantity: i64) -> Line {
    Line {
        id: ItemId::new(Uuid::from_u128(id)),
        variant: VariantId::new(Uuid::from_u128(variant)),
        quantity,
        metadata: "{}".into(),
    }
}

fn filled(adds: &[(u128, i64)]) -> Cart {
    let mut cart = cart();
    for (n, (variant, quantity)) in (1u128..).zip(adds) {
        // One too many is refused and changes nothing.
        let _ = cart.add(line(n, *variant, *quantity), None);
    }
    cart
}

fn pieces(cart: &Cart) -> BTreeMap<VariantId, i64> {
    let mut found = BTreeMap::new();
    for line in &cart.lines {
        *found.entry(line.variant).or_default() += line.quantity;
    }
    found
}

fn adds() -> impl Strategy<Value = Vec<(u128, i64)>> {
    proptest::collection::vec((1u128..20, 1i64..400), 0..40)
}

proptest! {
    #[test]
    fn what_an_order_bought_leaves_and_nothing_else(before in adds(), later in adds()) {
        let snapshot = filled(&before);
        let mut cart = snapshot.clone();
        for (n, (variant, quantity)) in (1000u128..).zip(&later) {
            let _ = cart.add(line(n, *variant, *quantity), None);
        }
        let added = pieces(&cart);
        let order = ConfirmedOrder {
            id: OrderId::new(Uuid::from_u128(1)),
            cart: cart.id,
            lines: snapshot.lines.iter().map(|l| OrderedLine { item: l.id, variant: l.variant, quantity: l.quantity }).collect(),
            codes: vec![],
        };
        cart.take_out(&order);
        let bought = pieces(&snapshot);
        for (variant, quantity) in added {
            let left = pieces(&cart).get(&variant).copied().unwrap_or(0);
            prop_assert_eq!(left, quantity - bought.get(&variant).copied().unwrap_or(0));
        }
        prop_assert!(cart.lines.iter().all(|l| (1..=999).contains(&l.quantity)));
    }

    #[test]
    fn a_merge_keeps_every_piece_or_changes_nothing(mine in adds(), theirs in adds()) {
        let before = filled(&mine);
        let mut other = filled(&theirs);
        for line in &mut other.lines {
            line.id = ItemId::new(Uuid::from_u128(line.id.uuid().as_u128() + 5000));
        }
        let mut cart = before.clone();
        if cart.absorb(&other) {
            let mut sum = pieces(&before);
            for (variant, quantity) in pieces(&other) {
                *sum.entry(variant).or_default() += quantity;
            }
            prop_assert_eq!(pieces(&cart), sum);
        } else {
            prop_assert_eq!(cart, before);
        }
    }

    #[test]
    fn an_operation_counts_once(times in 1usize..5, quantity in 1i64..200) {
        let mut cart = cart();
        let operation = Some(Uuid::from_u128(9));
        for n in 0..times {
            cart.add(line(n as u128 + 1, 1, quantity), operation).unwrap();
        }
        prop_assert_eq!(cart.lines[0].quantity, quantity);
    }
}

#[test]
fn what_was_added_after_the_ordered_line_was_removed_stays() {
    let mut cart = cart();
    cart.add(line(1, 1, 2), None).unwrap();
    let ordered = OrderedLine { item: cart.lines[0].id, variant: cart.lines[0].variant, quantity: 2 };
    let mut order = ConfirmedOrder {
        id: OrderId::new(Uuid::from_u128(1)),
        cart: cart.id,
        lines: vec![ordered],
        codes: vec![],
    };
    assert!(cart.remove(cart.lines[0].id));
    cart.add(Line { metadata: r#"{"engraving":"Ana"}"#.into(), ..line(2, 1, 1) }, None).unwrap();
    let before = cart.clone();
    cart.take_out(&order);
    assert_eq!(cart, before);
    // Of a cart that was merged into this one, the line that took it in is the one.
    order.cart = CartId::from_bytes(&[8; 20]).unwrap();
    cart.take_out(&order);
    assert!(cart.lines.is_empty());
}

#[test]
fn a_cart_does_not_print_whom_it_is_for() {
    let mut cart = cart();
    let email = hanse_cart::domain::Email::parse("email", "ana@example.org").unwrap();
    cart.email = Some(Personal::guest(email));
    let printed = format!("{cart:?}");
    assert!(!printed.contains("ana") && !printed.contains(&cart.id.to_string()), "{printed}");
}
