//! Calls that come at once, and calls that die half-way.

use crate::neighbours::Will;
use crate::shop::{ENGINES, Placed, Shop, seconds};
use std::collections::BTreeSet;
use std::time::Duration;

#[tokio::test]
async fn of_many_calls_with_one_key_one_makes_the_order() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let cart = shop.cart();
        let calls = (0..8).map(|_| shop.checkout_with("k", shop.body(cart, "tok_success")));
        let answers = futures::future::join_all(calls).await;
        let mut bodies = BTreeSet::new();
        for answer in answers {
            match answer.status.as_u16() {
                201 => {
                    bodies.insert(answer.bytes.to_vec());
                }
                _ => assert_eq!(answer.code(), "idempotency_in_flight"),
            }
        }
        assert_eq!(bodies.len(), 1);
        let again = shop.checkout_with("k", shop.body(cart, "tok_success")).await;
        assert!(bodies.contains(again.bytes.as_ref()));
        assert_eq!(shop.others.asked("OpenPayment"), 1);
    }
}

#[tokio::test]
async fn of_many_keys_on_one_cart_one_makes_an_order() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let cart = shop.cart();
        let keys: Vec<String> = (0..6).map(|n| format!("k{n}")).collect();
        let calls = keys.iter().map(|key| shop.checkout_with(key, shop.body(cart, "tok_success")));
        let answers = futures::future::join_all(calls).await;
        let made: Vec<_> = answers.iter().filter(|a| a.status == 201).collect();
        assert_eq!(made.len(), 1);
        let id = made[0].json()["id"].clone();
        for answer in answers.iter().filter(|a| a.status != 201) {
            assert_eq!((answer.code().as_str(), &answer.json()["order_id"]), ("cart_already_ordered", &id));
        }
        assert_eq!(
            shop.staff().get("/api/admin/orders").await.expect(200)["items"].as_array().unwrap().len(),
            1
        );
    }
}

#[tokio::test]
async fn many_carts_at_once_get_numbers_of_their_own() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let carts: Vec<_> = (0..12).map(|_| shop.cart()).collect();
        let keys: Vec<String> = carts.iter().map(ToString::to_string).collect();
        let calls = keys
            .iter()
            .zip(&carts)
            .map(|(key, cart)| shop.checkout_with(key, shop.body(*cart, "tok_success")));
        let answers = futures::future::join_all(calls).await;
        let numbers: BTreeSet<String> =
            answers.into_iter().map(|a| a.expect(201)["number"].as_str().unwrap().to_string()).collect();
        assert_eq!(numbers.len(), 12);
        if engine == hanse_testkit::Engine::Sqlite {
            let expected: BTreeSet<String> = (10001..10013).map(|n| format!("H-{n}")).collect();
            assert_eq!(numbers, expected);
        }
    }
}

#[tokio::test]
async fn a_call_that_died_before_its_order_was_written_is_taken_up_under_the_same_id() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let cart = shop.cart();
        shop.set(|s| s.open = Will::StaySilent);
        {
            // The first call gets as far as asking payment, and dies.
            let call = std::pin::pin!(shop.checkout_with("k", shop.body(cart, "tok_success")));
            let asked =
                std::pin::pin!(shop.bench.until("asked", async || shop.others.asked("OpenPayment") == 1));
            futures::future::select(call, asked).await;
        }
        shop.set(|s| s.open = Will::Do);
        let early = shop.checkout_with("k", shop.body(cart, "tok_success")).await;
        assert_eq!((early.status.as_u16(), early.code().as_str()), (409, "idempotency_in_flight"));
        shop.world.advance(seconds(31));
        let answer = shop.checkout_with("k", shop.body(cart, "tok_success")).await;
        let placed = Placed::of(answer.clone().expect(201), cart);
        let first = format!("OpenPayment {} 1", placed.id);
        assert_eq!((shop.others.asked(&first), shop.others.asked("OpenPayment")), (2, 2));
        assert_eq!(shop.checkout_with("k", shop.body(cart, "tok_success")).await.bytes, answer.bytes);
    }
}

#[tokio::test]
async fn a_call_that_died_after_its_order_was_written_is_answered_with_that_order() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let cart = shop.cart();
        shop.silent(|s| &mut s.reserve);
        {
            let call = std::pin::pin!(shop.checkout_with("k", shop.body(cart, "tok_success")));
            let asked =
                std::pin::pin!(shop.bench.until("placed", async || shop.others.asked("OrderPlaced") == 1));
            futures::future::select(call, asked).await;
        }
        shop.set(|s| s.reserve = Will::Do);
        shop.world.advance(seconds(31));
        let answer = shop.passing(shop.checkout_with("k", shop.body(cart, "tok_success"))).await;
        assert_eq!(answer.status, 201);
        assert_eq!(answer.json()["status"], "confirmed");
        assert_eq!((shop.others.asked("OpenPayment"), shop.others.asked("OrderPlaced")), (1, 1));
    }
}

#[tokio::test]
async fn a_neighbour_that_is_away_is_told_and_the_retry_makes_the_same_order() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let cart = shop.cart();
        shop.set(|s| s.open = Will::Fail);
        let answer = shop.checkout_with("k", shop.body(cart, "tok_success")).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"));
        assert!(answer.headers.contains_key("retry-after"));
        shop.set(|s| s.open = Will::Do);
        let placed =
            Placed::of(shop.checkout_with("k", shop.body(cart, "tok_success")).await.expect(201), cart);
        assert_eq!(shop.others.asked(&format!("OpenPayment {}", placed.id)), 2);
    }
}

#[tokio::test]
async fn a_client_that_has_left_changes_nothing_about_the_waiting_of_others() {
    let shop = Shop::open(ENGINES[0]).await;
    shop.silent(|s| &mut s.commit);
    let placed = shop.checkout_pending("tok_success").await;
    for _ in 0..3 {
        let left = shop.cancel(&placed);
        let pause = tokio::time::sleep(Duration::from_millis(20));
        futures::future::select(std::pin::pin!(left), std::pin::pin!(pause)).await;
    }
    shop.set(|s| s.commit = Will::Do);
    shop.after(seconds(5), "cancelled", async || shop.state(placed.id).await == "cancelled").await;
}
