//! Checkouts that are refused: nothing is written, and the key is free for a better request.

use crate::shop::{ENGINES, Shop};
use hanse_pricing_contract::rpc as pricing;
use hanse_testkit::Answer;
use serde_json::{Value, json};

fn is(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{}", answer.json());
}

fn fields(answer: &Answer) -> Vec<String> {
    let errors = answer.json()["errors"].clone();
    errors.as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap().to_string()).collect()
}

#[tokio::test]
async fn what_the_cart_lacks_is_named() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let cart = shop.cart();
        let whole = shop.others.stage().carts[&cart.to_string()].clone();
        let body = || shop.body(cart, "tok_success");

        shop.change_cart(cart, |c| (c.email, c.shipping_address, c.shipping_method_id) = Default::default());
        let answer = shop.checkout_with("k", body()).await;
        is(&answer, 422, "validation");
        assert_eq!(fields(&answer), ["email", "shipping_address", "shipping_method_id"]);

        shop.change_cart(cart, |c| *c = whole.clone());
        shop.change_cart(cart, |c| c.lines.clear());
        is(&shop.checkout_with("k", body()).await, 422, "cart_empty");
        shop.change_cart(cart, |c| *c = whole.clone());
        shop.change_cart(cart, |c| c.version = 4);
        is(&shop.checkout_with("k", body()).await, 409, "cart_changed");
        shop.change_cart(cart, |c| *c = whole.clone());

        shop.set(|s| s.unpublished = true);
        let answer = shop.checkout_with("k", body()).await;
        is(&answer, 409, "cart_has_problems");
        assert_eq!(answer.json()["errors"][0]["code"], "variant_unavailable");
        shop.set(|s| s.unpublished = false);

        let problem = pricing::Problem { code: "discount_code_expired".into(), ..Default::default() };
        shop.set(|s| s.quote_problems = vec![problem.clone()]);
        let answer = shop.checkout_with("k", body()).await;
        is(&answer, 409, "cart_has_problems");
        assert_eq!(answer.json()["errors"][0]["code"], "discount_code_expired");
        shop.set(|s| s.quote_problems = vec![]);

        // Refusals are not recorded: the same key with the same body now goes through.
        shop.checkout_with("k", body()).await.expect(201);
        assert_eq!(shop.others.asked("OpenPayment"), 1);
    }
}

#[tokio::test]
async fn another_total_is_told_with_the_cart_as_it_is() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let cart = shop.cart();
        shop.set(|s| s.unit_price = 1300);
        let answer = shop.checkout_with("k", shop.body(cart, "tok_success")).await;
        is(&answer, 409, "total_changed");
        assert_eq!(answer.json()["cart"]["id"], cart.to_string());
        let mut body = shop.body(cart, "tok_success");
        body["expected_total"] = json!({"amount": 4390, "currency": "USD"});
        is(&shop.checkout_with("k", body.clone()).await, 409, "total_changed");
        body["expected_total"] = json!({"amount": 4390, "currency": "EUR"});
        shop.checkout_with("k2", body).await.expect(201);
    }
}

#[tokio::test]
async fn discounts_are_held_for_long_enough_or_the_order_is_not_made() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let cart = shop.cart();
        shop.change_cart(cart, |c| c.discount_codes = vec!["WELCOME".into()]);
        let body = || shop.body(cart, "tok_success");
        let used_up = pricing::Problem { code: "discount_code_used_up".into(), ..Default::default() };
        let refused = pricing::HoldDiscountReply { held: false, problems: vec![used_up], expires_at: 0 };
        shop.set(|s| s.hold = refused);
        let answer = shop.checkout_with("k", body()).await;
        is(&answer, 409, "cart_has_problems");
        assert_eq!(answer.json()["errors"][0]["code"], "discount_code_used_up");
        assert_eq!(shop.others.asked("OpenPayment"), 0);

        let minutes = |n: i64| shop.world.now().micros() + n * 60_000_000;
        let held = |expires_at| pricing::HoldDiscountReply { held: true, problems: vec![], expires_at };
        shop.set(|s| s.hold = held(minutes(4)));
        is(&shop.checkout_with("k", body()).await, 503, "unavailable");
        shop.set(|s| s.hold = held(minutes(15)));
        let placed = shop.checkout_with("k", body()).await.expect(201);
        assert_eq!(placed["discount_codes"], json!(["WELCOME"]));
        let id: hanse_kernel::OrderId = placed["id"].as_str().unwrap().parse().unwrap();
        // The failed try and the good one were for the same order.
        assert_eq!(shop.others.asked(&format!("HoldDiscount {id}")), 2);
    }
}

#[tokio::test]
async fn a_cart_is_ordered_once() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout("tok_success").await;
        let again = |key: &'static str, version: i64| {
            let mut body = shop.body(placed.cart, "tok_success");
            body["cart_version"] = json!(version);
            shop.checkout_with(key, body)
        };
        // A second tab: the cart has not heard of its order yet.
        let answer = again("k1", 3).await;
        is(&answer, 409, "cart_already_ordered");
        assert_eq!(answer.json()["order_id"], placed.id.to_string());
        // Not even when it has been changed in the meantime.
        shop.change_cart(placed.cart, |c| c.version = 4);
        is(&again("k2", 4).await, 409, "cart_already_ordered");
        // It has heard: the stale tab is told of its order, the fresh one may buy what was added since.
        shop.change_cart(placed.cart, |c| {
            c.version = 5;
            c.applied_orders = vec![placed.id.to_string()];
        });
        let answer = again("k3", 3).await;
        is(&answer, 409, "cart_already_ordered");
        assert_eq!(answer.json()["order_id"], placed.id.to_string());
        is(&again("k4", 4).await, 409, "cart_changed");
        again("k5", 5).await.expect(201);
    }
}

#[tokio::test]
async fn bad_requests_are_refused_by_name() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let cart = shop.cart();
        let good = shop.body(cart, "tok_success");
        is(&shop.guest().post("/api/store/checkout", good.clone()).await, 400, "idempotency_key_missing");
        let changed = |change: &dyn Fn(&mut Value)| {
            let mut body = good.clone();
            change(&mut body);
            body
        };
        let bad = [
            (changed(&|b| b["surprise"] = json!(1)), "unknown_field"),
            (changed(&|b| b["cart_version"] = json!("3")), "validation"),
            (changed(&|b| b["cart_id"] = json!("cart_1")), "validation"),
            (changed(&|b| b["expected_total"]["currency"] = json!("XYZ")), "validation"),
            (changed(&|b| b["expected_total"]["amount"] = json!(1.5)), "validation"),
            (changed(&|b| b["payment"]["token"] = json!("")), "validation"),
            (changed(&|b| b["payment"]["token"] = json!("x".repeat(501))), "validation"),
            (changed(&|b| b["payment"]["provider"] = json!("nope")), "validation"),
            (changed(&|b| b["payment"] = json!(null)), "validation"),
        ];
        for (n, (body, code)) in bad.into_iter().enumerate() {
            let answer = shop.checkout_with(&format!("bad-{n}"), body).await;
            is(&answer, 422, code);
        }
        let foreign = shop.cart_of(Some(hanse_kernel::UserId::new(uuid::Uuid::from_u128(5))));
        is(&shop.checkout_with("f", shop.body(foreign, "tok_success")).await, 404, "not_found");
        assert!(
            shop.staff().get("/api/admin/orders").await.expect(200)["items"].as_array().unwrap().is_empty()
        );
    }
}

#[tokio::test]
async fn a_checkout_of_a_merged_cart_buys_the_one_that_took_it_in() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let (earlier, current) = (shop.cart(), shop.cart());
        shop.change_cart(earlier, |c| c.cart_id = current.to_string());
        let placed = shop.checkout_with("k1", shop.body(earlier, "tok_declined")).await.expect(201);
        for cart in [current, earlier] {
            let again = shop.checkout_with(&format!("k2-{cart}"), shop.body(cart, "tok_success")).await;
            is(&again, 409, "cart_already_ordered");
            assert_eq!(again.json()["order_id"], placed["id"]);
        }
    }
}

#[tokio::test]
async fn what_a_merged_cart_has_ordered_is_not_bought_again() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        // Its order waits for another card when the shopper logs in elsewhere and both carts become one.
        let waiting = shop.checkout("tok_declined").await;
        let merged = shop.cart();
        shop.change_cart(merged, |c| c.merged_carts = vec![waiting.cart.to_string()]);
        let try_it = |key: &'static str| shop.checkout_with(key, shop.body(merged, "tok_success"));
        let answer = try_it("k1").await;
        is(&answer, 409, "cart_already_ordered");
        assert_eq!(answer.json()["order_id"], waiting.id.to_string());
        // Paid, it counts until the cart has taken its goods out.
        shop.pay(&waiting, "tok_success").await;
        shop.until_state(waiting.id, "confirmed").await;
        is(&try_it("k2").await, 409, "cart_already_ordered");
        shop.change_cart(merged, |c| c.applied_orders = vec![waiting.id.to_string()]);
        try_it("k3").await.expect(201);
    }
}

#[tokio::test]
async fn a_cart_that_was_about_to_be_ordered_when_it_was_merged_is_not_bought_twice() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let (guests, hers) = (shop.cart(), shop.cart());
        shop.change_cart(hers, |c| c.merged_carts = vec![guests.to_string()]);
        let placed = shop.checkout_with("k1", shop.body(hers, "tok_success")).await.expect(201);
        // The other window saw the guest's cart a moment before: nothing merged, nothing ordered.
        let late = shop.checkout_with("k2", shop.body(guests, "tok_success")).await;
        is(&late, 409, "cart_already_ordered");
        assert_eq!(late.json()["order_id"], placed["id"]);
        let another = shop.cart();
        shop.checkout_with("k3", shop.body(another, "tok_success")).await.expect(201);
    }
}
