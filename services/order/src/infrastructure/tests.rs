//! The tables keep what the rules know, on both engines.

use super::{OrderTables, PartTables, ViewTables};
use crate::application::ports::{Filter, Note, OrderViews, Orders, Parts};
use crate::domain::order::{
    Address, Explain, LineDetails, Number, Order, Piece, Placing, PlacingLine, Restock, Shipment,
    ShippingMethod, Status, Totals,
};
use crate::domain::saga::{
    CaptureMode, Current, Milestone, NextAction, OpenCapture, OpenRefund, PendingCancel, Phase, Reason,
    Renewals, State,
};
use hanse_database::{Db, DbError, Tx, Violation};
use hanse_kernel::effects::SeededRng;
use hanse_kernel::{
    CartId, Currency, ItemId, Locale, Money, OrderId, PaymentId, Personal, RefundId, ShipmentId,
    ShippingMethodId, Timestamp, UserId, VariantId,
};
use hanse_testkit::both_engines;
use std::time::Duration;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

fn orders() -> OrderTables {
    OrderTables { vault: hanse_testkit::vault("order") }
}

fn parts() -> PartTables {
    PartTables { vault: hanse_testkit::vault("order") }
}

fn views() -> ViewTables {
    ViewTables { vault: hanse_testkit::vault("order") }
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn placing(n: u128, cart: u64) -> Placing {
    let line = |item: u128, quantity: i64| PlacingLine {
        item: ItemId::new(id(item)),
        variant: VariantId::new(id(100 + item)),
        quantity,
        details: LineDetails {
            sku: "MUG".into(),
            title: "Mug".into(),
            variant_title: String::new(),
            product_slug: "mug".into(),
            image_url: "/m.svg".into(),
            unit_price: eur(500),
            total: eur(500 * quantity),
            discount: eur(10),
            tax: eur(7),
            tax_rate: 1900,
            metadata: "{}".into(),
        },
    };
    let address = Address {
        name: "Ana".into(),
        line1: "Storgatan 1".into(),
        line2: None,
        city: "Malmö".into(),
        postal_code: "1".into(),
        region: Some("Skåne".into()),
        country: "SE".into(),
        phone: None,
    };
    let customer = UserId::new(id(9));
    Placing {
        id: OrderId::new(id(n)),
        channel: Default::default(),
        locale: Locale::new("de"),
        customer: Some(customer),
        cart: CartId::random(&SeededRng::new(cart)),
        cart_version: 3,
        email: Personal::of(customer, "ana@example.org".into()),
        shipping_address: Some(Personal::of(customer, address)),
        billing_address: None,
        shipping_method: Some(ShippingMethod { id: ShippingMethodId::new(id(5)), title: "Standard".into() }),
        lines: vec![line(1, 2), line(2, 1)],
        totals: Totals {
            items: eur(1500),
            discount: eur(20),
            shipping: eur(490),
            tax: eur(14),
            total: eur(1984),
            tax_included: false,
            explain: vec![Explain { rule: "tax".into(), text: "19 %".into(), amount: eur(14) }],
        },
        discount_codes: vec!["WELCOME".into()],
        metadata: "{\"a\":1}".into(),
        payment: Some(PaymentId::new(id(n + 1000))),
        capture: CaptureMode::AtFulfilment,
    }
}

async fn unit<T: Send + 'static>(
    db: &Db,
    work: impl hanse_database::Unit<(), T, DbError>,
) -> Result<T, DbError> {
    db.tx((), work).await
}

async fn place(tx: &mut Tx, n: u128, cart: u64) -> Result<Option<Order>, DbError> {
    let frozen = placing(n, cart).freeze(Number::new(n as i64), NOW.plus(Duration::from_secs(n as u64)));
    let (order, details) = frozen.map_err(|e| DbError::Other(e.to_string()))?;
    Ok(orders().insert(tx, &order, &details).await?.then_some(order))
}

/// Everything that a saga can remember at once, so that every column is written and read.
fn changed(order: &Order) -> Order {
    let mut next = order.clone();
    let saga = &mut next.saga;
    saga.state = State::Refunding;
    saga.payment = Some(Current { id: PaymentId::new(id(77)), attempt: 4 });
    saga.phase = Phase::Captured;
    saga.next_action = Some(NextAction { kind: "redirect".into(), url: "https://x".into() });
    saga.observe(eur(1984), eur(1500), eur(300));
    saga.capture_asked = eur(1500);
    saga.cancelled_value = eur(400);
    saga.captures = vec![OpenCapture { id: id(8), amount: eur(3) }];
    saga.refund = Some(OpenRefund {
        id: RefundId::new(id(6)),
        amount: eur(5),
        target: eur(305),
        whole: false,
        cancel: Some(Reason::Staff),
    });
    saga.cancel =
        Some(PendingCancel { reason: Reason::Customer, operation: id(4), unsent: eur(2), sent: true });
    (saga.committed, saga.payment_closed, saga.stock_closed) = (true, true, true);
    (saga.stuck, saga.attention) = (true, true);
    saga.renewals = Renewals { asked: 3, answered: 2, granted: 1 };
    saga.reason = Some(Reason::PaymentTimeout);
    saga.confirmed_at = Some(NOW.plus(Duration::from_micros(1)));
    saga.hold_until = Some(NOW.plus(Duration::from_secs(2)));
    saga.entered_at = NOW.plus(Duration::from_secs(3));
    saga.due_at = Some(NOW.plus(Duration::from_secs(4)));
    saga.tries = 9;
    (next.events, next.notes) = (7, 8);
    let counts = &mut next.lines[0].counts;
    (counts.fulfilled, counts.returned, counts.refunded, counts.cancelled) = (1, 1, 2, 1);
    next
}

#[tokio::test]
async fn four_lines_cost_no_more_statements_than_one() {
    both_engines(&[super::MIGRATIONS], |db| async move {
        let costs = unit(&db, |tx, ()| {
            Box::pin(async move {
                let mut costs = vec![];
                for (n, lines) in [(1, 1), (2, 4_i64)] {
                    let mut placing = placing(n, n as u64);
                    let line = placing.lines[0].clone();
                    placing.lines = (0..lines)
                        .map(|item| PlacingLine { item: ItemId::new(id(item as u128)), ..line.clone() })
                        .collect();
                    let totals = &mut placing.totals;
                    (totals.items, totals.discount, totals.tax) =
                        (eur(1000 * lines), eur(10 * lines), eur(7 * lines));
                    totals.total = eur(997 * lines + 490);
                    let frozen = placing.freeze(Number::new(n as i64), NOW);
                    let (order, details) = frozen.map_err(|e| DbError::Other(e.to_string()))?;
                    let before = tx.statements();
                    assert!(orders().insert(tx, &order, &details).await?);
                    costs.push(tx.statements() - before);
                    assert_eq!(orders().find(tx, order.id).await?, Some(order));
                }
                Ok(costs)
            })
        })
        .await
        .unwrap();
        // Whose key it is, the order, its lines.
        assert_eq!(costs, [3, 3]);
    })
    .await;
}

#[tokio::test]
async fn an_order_is_kept_as_it_is() {
    both_engines(&[super::MIGRATIONS], |db| async move {
        let (placed, next) = unit(&db, |tx, ()| {
            Box::pin(async move {
                let placed = place(tx, 1, 1).await?.expect("new");
                assert_eq!(orders().find(tx, placed.id).await?.as_ref(), Some(&placed));
                let next = changed(&placed);
                assert!(orders().save(tx, &placed, &next, NOW).await?);
                // Who comes with the old version comes too late.
                assert!(!orders().save(tx, &placed, &next, NOW).await?);
                Ok((placed, next))
            })
        })
        .await
        .unwrap();
        let expected = Order { version: 2, ..next };
        let shown = db
            .read(placed.id, |tx, order| {
                Box::pin(async move {
                    let found = orders().find(tx, *order).await?;
                    Ok::<_, DbError>((found, views().show(tx, *order).await?))
                })
            })
            .await
            .unwrap();
        assert_eq!(shown.0.as_ref(), Some(&expected));
        let view = shown.1.unwrap();
        assert_eq!(view.order, expected);
        let (_, details) = placing(1, 1).freeze(Number::new(1), NOW).unwrap();
        assert_eq!((view.details.lines, view.details.totals), (details.lines, details.totals));
        assert_eq!(view.details.email.unwrap().reveal(), "ana@example.org");
        let address = view.details.shipping_address.unwrap();
        assert_eq!((address.reveal().city.as_str(), address.subject()), ("Malmö", Some(UserId::new(id(9)))));
        assert_eq!(
            (view.details.shipping_method, view.details.metadata.as_str()),
            (details.shipping_method, "{\"a\":1}")
        );
        assert_eq!((view.details.locale.as_str(), view.shipments.len()), ("de", 0));
    })
    .await;
}

#[tokio::test]
async fn a_cart_has_one_order_under_way_and_one_per_version() {
    both_engines(&[super::MIGRATIONS], |db| async move {
        unit(&db, |tx, ()| {
            Box::pin(async move {
                let cart = placing(1, 1).cart;
                assert_eq!(orders().of_cart(tx, cart, 3).await?, Default::default());
                let first = place(tx, 1, 1).await?.expect("new");
                assert!(place(tx, 2, 1).await?.is_none());
                let made = orders().of_cart(tx, cart, 9).await?;
                assert_eq!(
                    (made.under_way, made.of_version, made.last_confirmed),
                    (Some(first.id), None, None)
                );
                assert_eq!(orders().of_cart(tx, cart, 3).await?.of_version, Some(first.id));

                // Rejected, it makes room.
                let mut rejected = first.clone();
                rejected.saga.state = State::Rejected;
                assert!(orders().save(tx, &first, &rejected, NOW).await?);
                assert_eq!(orders().of_cart(tx, cart, 3).await?, Default::default());
                let second = place(tx, 3, 1).await?.expect("new");

                // Confirmed, it does not, for that version; and it is the one that the cart has to know of.
                let mut confirmed = second.clone();
                (confirmed.saga.state, confirmed.saga.confirmed_at) = (State::Confirmed, Some(NOW));
                assert!(orders().save(tx, &second, &confirmed, NOW).await?);
                assert!(place(tx, 4, 1).await?.is_none());
                let made = orders().of_cart(tx, cart, 4).await?;
                assert_eq!(
                    (made.under_way, made.of_version, made.last_confirmed),
                    (None, None, Some(second.id))
                );
                Ok(())
            })
        })
        .await
        .unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_constraints_hold_what_no_rule_may_break() {
    both_engines(&[super::MIGRATIONS], |db| async move {
        unit(&db, |tx, ()| Box::pin(async move { place(tx, 1, 1).await.map(|_| ()) })).await.unwrap();
        type Spoil = fn(&mut Order);
        let cases: [(&str, Spoil); 5] = [
            ("orders_money", |order| order.saga.refunded = eur(1)),
            ("orders_captures", |order| order.saga.capture_asked = eur(9999)),
            ("orders_payment", |order| order.saga.payment = None),
            ("order_lines_sent", |order| order.lines[0].counts.fulfilled = 3),
            ("order_lines_back", |order| order.lines[0].counts.returned = 1),
        ];
        for (name, spoil) in cases {
            let outcome = db
                .tx(spoil, |tx, spoil| {
                    Box::pin(async move {
                        let order = orders().find(tx, OrderId::new(id(1))).await?.expect("there");
                        let mut wrong = order.clone();
                        spoil(&mut wrong);
                        orders().save(tx, &order, &wrong, NOW).await
                    })
                })
                .await;
            match outcome {
                Err(DbError::Violation(Violation::Check(broken))) => assert_eq!(broken, name),
                other => panic!("{name}: {other:?}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn lists_and_timers_are_in_order() {
    both_engines(&[super::MIGRATIONS], |db| async move {
        unit(&db, |tx, ()| {
            Box::pin(async move {
                for n in 1..=5 {
                    place(tx, n, n as u64).await?.expect("new");
                }
                let all = views().list(tx, &Filter::default(), 10).await?;
                let ids: Vec<u128> = all.iter().map(|l| l.order.id.uuid().as_u128()).collect();
                assert_eq!(ids, [5, 4, 3, 2, 1]);
                assert!(all.iter().all(|l| l.order.lines.len() == 2 && l.details.lines.len() == 2));
                let after = Some((all[1].order.placed_at(), all[1].order.id));
                let next = views().list(tx, &Filter { after, ..Filter::default() }, 2).await?;
                assert_eq!(next.iter().map(|l| l.order.id.uuid().as_u128()).collect::<Vec<_>>(), [3, 2]);
                let none = Filter { status: Some(Status::Confirmed), ..Filter::default() };
                assert!(views().list(tx, &none, 10).await?.is_empty());
                let mine =
                    Filter { customer: Some(UserId::new(id(9))), status: Some(Status::Pending), after };
                assert_eq!(views().list(tx, &mine, 10).await?.len(), 3);
                let other = Filter { customer: Some(UserId::new(id(8))), ..Filter::default() };
                assert!(views().list(tx, &other, 10).await?.is_empty());

                // The first of them is due ten seconds after it was placed.
                assert!(orders().due(tx, NOW.plus(Duration::from_secs(10)), 9).await?.is_empty());
                let due = orders().due(tx, NOW.plus(Duration::from_secs(13)), 9).await?;
                assert_eq!(due.iter().map(|o| o.uuid().as_u128()).collect::<Vec<_>>(), [1, 2, 3]);
                assert_eq!(orders().due(tx, NOW.plus(Duration::from_secs(13)), 2).await?.len(), 2);
                Ok(())
            })
        })
        .await
        .unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_hangs_on_an_order_is_kept() {
    both_engines(&[super::MIGRATIONS], |db| async move {
        unit(&db, |tx, ()| {
            Box::pin(async move {
                let order = place(tx, 1, 1).await?.expect("new").id;
                let numbers = [orders().next_number(tx).await?, orders().next_number(tx).await?];
                // A unit that is run again has used up some.
                assert!(
                    Number::new(10001).as_str() <= numbers[0].as_str() && numbers[0] != numbers[1],
                    "{numbers:?}"
                );
                assert!(orders().first_time(tx, id(50), order, "cancel", NOW).await?);
                assert!(!orders().first_time(tx, id(50), order, "cancel", NOW).await?);

                // Attempts are numbered on, and each wish keeps its own.
                parts().opened(tx, order, 1, PaymentId::new(id(60)), NOW).await?;
                let second = parts().attempt(tx, order, id(51), NOW).await?;
                assert_eq!((second.attempt, second.payment), (2, None));
                assert_eq!(parts().attempt(tx, order, id(52), NOW).await?.attempt, 3);
                assert_eq!(parts().attempt(tx, order, id(51), NOW).await?, second);
                parts().opened(tx, order, 2, PaymentId::new(id(61)), NOW).await?;
                let opened = parts().attempt(tx, order, id(51), NOW).await?;
                assert_eq!(opened.payment, Some(PaymentId::new(id(61))));

                let note = |seq, event| Note { seq, at: NOW, event };
                orders()
                    .add_notes(tx, order, &[note(1, Milestone::Placed), note(2, Milestone::Rejected)])
                    .await?;
                let history = views().show(tx, order).await?.expect("there").history;
                assert_eq!(history, [(NOW, Milestone::Placed), (NOW, Milestone::Rejected)]);

                let piece = Piece { item: ItemId::new(id(1)), variant: VariantId::new(id(101)), quantity: 1 };
                let shipment =
                    Shipment { id: ShipmentId::new(id(70)), pieces: vec![piece.clone()], complete: false };
                parts().shipped(tx, order, &shipment, Some("T 1"), NOW).await?;
                parts().refunding(tx, order, RefundId::new(id(71)), eur(5), "why", NOW).await?;

                let restock = Restock { id: id(72), pieces: vec![piece.clone()], returned: vec![piece] };
                let due = NOW.plus(Duration::from_secs(10));
                parts().restocking(tx, order, &restock, NOW, due).await?;
                assert!(parts().restocks_due(tx, NOW, 9).await?.is_empty());
                assert_eq!(parts().restocks_due(tx, due, 9).await?, [id(72)]);
                assert_eq!(parts().take_restock(tx, id(72), due).await?, Some((order, restock, 1)));
                // Taken, it is put off; answered, it is done.
                assert!(parts().take_restock(tx, id(72), due).await?.is_none());
                parts().restocked(tx, id(72)).await?;
                let late = due.plus(Duration::from_secs(86_400));
                assert!(parts().restocks_due(tx, late, 9).await?.is_empty());
                Ok(())
            })
        })
        .await
        .unwrap();
    })
    .await;
}
