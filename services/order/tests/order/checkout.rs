//! Checkouts that go well, and those that end otherwise without anything having failed.

use crate::neighbours::Will;
use crate::shop::{ENGINES, Placed, Shop, history};
use hanse_order_contract::{OrderConfirmed, OrderPlaced, OrderRejected};
use serde_json::json;

#[tokio::test]
async fn a_cart_becomes_a_confirmed_order() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let cart = shop.cart();
        let answer = shop.checkout_with("k1", shop.body(cart, "tok_success")).await;
        let place = answer.headers["location"].to_str().unwrap().to_string();
        let placed = Placed::of(answer.expect(201), cart);
        assert_eq!(place, format!("/api/store/orders/{}", placed.id));
        let body = &placed.body;
        let now = shop.world.now();
        let money = |amount: i64| json!({"amount": amount, "currency": "EUR"});
        let mut expected = json!({
            "id": placed.id, "number": "H-10001", "status": "confirmed", "payment_status": "captured",
            "fulfilment_status": "unfulfilled", "access_token": placed.token, "next_action": null, "reason": null,
            "email": "ana@example.org", "placed_at": now, "billing_address": null, "shipping_method": "Standard",
            "shipping_address": {"name": "Ana Lund", "line1": "Storgatan 1", "line2": null, "city": "Malmö",
                "postal_code": "211 34", "region": null, "country": "SE", "phone": null},
            "discount_codes": [], "metadata": {}, "refunded": money(0), "shipments": [],
            "totals": {"items": money(3600), "discount": money(0), "shipping": money(490), "tax": money(818),
                "total": money(4090), "tax_included": true,
                "explain": [{"rule": "shipping:x", "text": "Standard", "amount": money(490)}]},
            "history": [{"at": now, "event": "placed"}, {"at": now, "event": "stock_reserved"},
                {"at": now, "event": "payment_authorized"}, {"at": now, "event": "confirmed"}],
        });
        let item = |n: &str, quantity: i64| {
            json!({
                "id": format!("item_0000000000000000000000000000000{n}"),
                "variant_id": format!("var_0000000000000000000000000000006{}", if n == "1" { "5" } else { "6" }),
                "sku": format!("SKU-6{}", if n == "1" { "5" } else { "6" }), "product_slug": "enamel-mug",
                "title": "Enamel mug", "variant_title": "Green / S", "image_url": "/media/mug.svg", "quantity": quantity,
                "unit_price": money(1200), "total": money(1200 * quantity), "fulfilled_quantity": 0,
                "metadata": {"gift": true}, "returned_quantity": 0, "refunded_quantity": 0, "cancelled_quantity": 0,
            })
        };
        expected["items"] = json!([item("1", 2), item("2", 1)]);
        assert_eq!(*body, expected);

        let told = shop.sent(placed.id);
        let expected =
            ["order.OrderPlaced.v1", "payment.Authorize.v1", "payment.Capture.v1", "order.OrderConfirmed.v1"];
        assert_eq!(told, expected);
        shop.bench.settle().await;
        let confirmed = shop.bench.published_of::<OrderConfirmed>().remove(0);
        assert_eq!((confirmed.cart_id, confirmed.total.minor(), confirmed.lines.len()), (cart, 4090, 2));
        let placed_event = shop.bench.published_of::<OrderPlaced>().remove(0);
        assert_eq!(placed_event.payment_id, Some(placed.payment(1)));
        // Events carry ids and facts, nothing personal.
        for message in shop.bench.published() {
            let text = message.data.to_string();
            assert!(!text.contains("ana@") && !text.contains("Lund") && !text.contains("tok_"), "{text}");
        }
    }
}

#[tokio::test]
async fn the_same_key_and_body_get_the_same_bytes_whatever_came_of_the_order_since() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let cart = shop.cart();
        let body = shop.body(cart, "tok_success");
        let first = shop.checkout_with("k1", body.clone()).await;
        assert_eq!(first.status, 201);
        let placed = Placed::of(first.json(), cart);
        let items = json!({"items": [{"item_id": placed.body["items"][0]["id"], "quantity": 2}]});
        shop.staff_post(placed.id, "fulfil", items).await.expect(200);
        let again = shop.checkout_with("k1", body.clone()).await;
        assert_eq!((again.status, &again.bytes), (first.status, &first.bytes));
        assert_eq!(again.headers["location"], first.headers["location"]);
        assert_eq!(again.headers["idempotency-replayed"], "true");

        let mut other = body;
        other["cart_version"] = json!(4);
        let refused = shop.checkout_with("k1", other).await;
        assert_eq!((refused.code().as_str(), refused.status.as_u16()), ("idempotency_key_reused", 422));
        // The stored answer holds no token.
        let token = placed.token.clone();
        let stored: Vec<String> = shop
            .order
            .host
            .db
            .read((), |tx, ()| {
                Box::pin(async move {
                    use hanse_database::sql::Sql;
                    tx.query(
                        "select body from http_idempotency where body is not null order by key",
                        &[],
                        |r| r.get(0),
                    )
                    .await
                })
            })
            .await
            .map_err(|e: hanse_database::DbError| e)
            .unwrap();
        assert!(!stored.is_empty() && stored.iter().all(|body| !body.contains(&token)));
    }
}

#[tokio::test]
async fn an_order_that_is_still_on_its_way_is_answered_with_202_and_goes_on() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.silent(|s| &mut s.capture);
        let placed = shop.checkout_pending("tok_success").await;
        assert_eq!(
            (placed.status(), placed.body["payment_status"].as_str()),
            ("pending", Some("authorized"))
        );
        assert_eq!(shop.state(placed.id).await, "awaiting_capture");
        shop.set(|s| s.capture = Will::Do);
        shop.after(crate::shop::seconds(5), "the capture is asked for again", async || {
            shop.state(placed.id).await == "confirmed"
        })
        .await;
        assert_eq!(shop.others.asked("Capture 4090"), 2);
        assert_eq!(shop.told(placed.id, "OrderConfirmed"), 1);
    }
}

#[tokio::test]
async fn without_goods_the_order_is_rejected_and_the_cart_may_try_again() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.set(|s| s.reserve = Will::Fail);
        let placed = shop.checkout("tok_success").await;
        assert_eq!((placed.status(), placed.reason()), ("rejected", "out_of_stock"));
        assert_eq!(history(&placed.body), ["placed", "rejected"]);
        shop.bench.settle().await;
        assert_eq!(shop.others.asked("Authorize"), 0);
        // The payment that was opened is closed, so that it can never come to life.
        assert_eq!(shop.others.asked("CancelPayment"), 1);
        let rejected = shop.bench.published_of::<OrderRejected>().remove(0);
        assert_eq!(rejected.reason, "out_of_stock");
        assert_eq!(shop.show(placed.id).await["payment_status"], "voided");

        shop.set(|s| s.reserve = Will::Do);
        let again = shop.checkout_with("k2", shop.body(placed.cart, "tok_success")).await.expect(201);
        assert_eq!(again["status"], "confirmed");
        assert_ne!(again["number"], placed.body["number"]);
    }
}

#[tokio::test]
async fn an_order_that_costs_nothing_needs_no_payment() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.set(|s| (s.unit_price, s.shipping) = (0, 0));
        let cart = shop.cart();
        let body =
            json!({"cart_id": cart, "cart_version": 3, "expected_total": {"amount": 0, "currency": "EUR"}});
        let placed = Placed::of(shop.checkout_with("k", body).await.expect(201), cart);
        assert_eq!(
            (placed.status(), placed.body["payment_status"].as_str()),
            ("confirmed", Some("not_required"))
        );
        assert_eq!(history(&placed.body), ["placed", "stock_reserved", "confirmed"]);
        shop.bench.settle().await;
        assert_eq!((shop.others.asked("OpenPayment"), shop.others.asked("CommitStock")), (0, 1));
        assert_eq!(shop.bench.published_of::<OrderPlaced>()[0].payment_id, None);

        // Cancelled: nothing to give back, the goods are let go.
        assert_eq!(shop.cancel(&placed).await.expect(200)["status"], "cancelled");
        assert_eq!(shop.others.asked("ReleaseStock"), 1);
        assert_eq!(shop.others.asked("CancelPayment"), 0);
    }
}

#[tokio::test]
async fn an_order_without_a_price_is_asked_to_be_sold_again_and_can_run_out() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.set(|s| (s.unit_price, s.shipping, s.commit) = (0, 0, Will::StaySilent));
        let cart = shop.cart();
        let body =
            json!({"cart_id": cart, "cart_version": 3, "expected_total": {"amount": 0, "currency": "EUR"}});
        let answer = shop.passing(shop.checkout_with("k", body)).await;
        let placed = Placed::of(answer.expect(202), cart);
        shop.set(|s| s.commit = Will::Fail);
        shop.after(crate::shop::seconds(5), "it is cancelled", async || {
            shop.state(placed.id).await == "cancelled"
        })
        .await;
        assert_eq!(shop.show(placed.id).await["reason"], "stock_lost");
        assert!(shop.others.asked("CommitStock") >= 2);
    }
}

#[tokio::test]
async fn a_crowd_at_checkout_waits_in_line_and_everybody_is_served() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.set(|s| s.dawdle = true);
        let carts: Vec<_> = (0..80).map(|_| shop.cart()).collect();
        let checkouts = carts.iter().map(|cart| {
            let body = shop.body(*cart, "tok_success");
            async { shop.checkout_with(&cart.to_string(), body).await.expect(201) }
        });
        futures::future::join_all(checkouts).await;
        let (now, most) = shop.others.stage().inside;
        assert_eq!((now, most), (0, 32), "no more at once are asked about, and no fewer if more wait");
    }
}
