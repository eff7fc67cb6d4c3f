//! Shipments and refunds, as the staff do them.

use crate::neighbours::Will;
use crate::shop::{ENGINES, Placed, Shop, history, seconds};
use hanse_order_contract::{OrderFulfilled, OrderRefunded};
use serde_json::{Value, json};

fn lines(placed: &Placed, lines: &[(usize, i64)]) -> Value {
    let item = |(n, quantity): &(usize, i64)| json!({"item_id": placed.body["items"][n]["id"], "quantity": quantity});
    Value::Array(lines.iter().map(item).collect())
}

#[tokio::test]
async fn goods_leave_in_shipments() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout("tok_success").await;
        let body = json!({"items": lines(&placed, &[(0, 1)]), "tracking": "PN 1"});
        let client = shop.staff().header("idempotency-key", "ship-1");
        let path = format!("/api/admin/orders/{}/fulfil", placed.id);
        let first = client.post(&path, body.clone()).await;
        assert_eq!(client.post(&path, body).await.bytes, first.bytes);
        let shown = first.expect(200);
        assert_eq!(
            (shown["status"].as_str(), shown["fulfilment_status"].as_str()),
            (Some("confirmed"), Some("partially_fulfilled"))
        );
        assert_eq!(shown["items"][0]["fulfilled_quantity"], 1);
        assert_eq!(shown["shipments"][0]["tracking"], "PN 1");

        let too_many =
            shop.staff_post(placed.id, "fulfil", json!({"items": lines(&placed, &[(0, 2)])})).await;
        assert_eq!((too_many.status.as_u16(), too_many.code().as_str()), (422, "validation"));
        let rest = json!({"items": lines(&placed, &[(0, 1), (1, 1)])});
        let shown = shop.staff_post(placed.id, "fulfil", rest).await.expect(200);
        assert_eq!(
            (shown["status"].as_str(), shown["fulfilment_status"].as_str()),
            (Some("fulfilled"), Some("fulfilled"))
        );
        assert_eq!(history(&shown)[4..], ["partially_fulfilled", "fulfilled"]);
        let more = shop.staff_post(placed.id, "fulfil", json!({"items": lines(&placed, &[(0, 1)])})).await;
        assert_eq!((more.status.as_u16(), more.code().as_str()), (409, "already_fulfilled"));

        shop.bench.settle().await;
        let told = shop.bench.published_of::<OrderFulfilled>();
        assert_eq!(told.iter().map(|t| t.complete).collect::<Vec<_>>(), [false, true]);
        assert_eq!((told[0].tracking.as_deref(), told[1].lines.len()), (None, 2), "who mails it asks for it");
        let versions: Vec<_> = shop
            .bench
            .published()
            .into_iter()
            .filter_map(|m| {
                (m.subject == placed.id.to_string() && m.kind.starts_with("order."))
                    .then_some(m.envelope.aggver)
            })
            .collect();
        assert_eq!(versions, [Some(1), Some(2), Some(3), Some(4)]);
    }
}

#[tokio::test]
async fn bad_shipments_are_refused() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout("tok_success").await;
        let unknown = json!({"items": [{"item_id": "item_0000000000000000000000000000000f", "quantity": 1}]});
        for body in [
            json!({"items": []}),
            json!({"items": lines(&placed, &[(0, 0)])}),
            json!({"items": lines(&placed, &[(0, -1)])}),
            json!({"items": lines(&placed, &[(0, i64::MAX), (0, i64::MAX)])}),
            unknown,
            json!({"items": lines(&placed, &[(0, 1)]), "tracking": "\u{7}"}),
        ] {
            let refused = shop.staff_post(placed.id, "fulfil", body.clone()).await;
            assert_eq!((refused.status.as_u16(), refused.code().as_str()), (422, "validation"), "{body}");
        }
        let missing =
            shop.staff().post(&format!("/api/admin/orders/{}/fulfil", placed.id), json!({"items": []})).await;
        assert_eq!(missing.code(), "idempotency_key_missing");
        let waiting = shop.checkout("tok_declined").await;
        let early = shop.staff_post(waiting.id, "fulfil", json!({"items": lines(&waiting, &[(0, 1)])})).await;
        assert_eq!((early.status.as_u16(), early.code().as_str()), (409, "order_closed"));
    }
}

#[tokio::test]
async fn part_of_the_money_goes_back_and_then_the_rest() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout("tok_success").await;
        let euros = |amount: i64| json!({"amount": amount, "currency": "EUR"});
        let some = shop
            .staff_post(placed.id, "refund", json!({"amount": euros(500), "reason": "a scratch"}))
            .await
            .expect(200);
        assert_eq!(
            (some["status"].as_str(), some["payment_status"].as_str()),
            (Some("confirmed"), Some("partially_refunded"))
        );
        assert_eq!(shop.others.asked("Restock"), 0);
        // Something that was sent comes back.
        shop.staff_post(placed.id, "fulfil", json!({"items": lines(&placed, &[(0, 2)])})).await.expect(200);
        let back = json!({"items": lines(&placed, &[(0, 1)]), "reason": "too small"});
        let shown = shop.staff_post(placed.id, "refund", back).await.expect(200);
        assert_eq!(
            (shown["items"][0]["returned_quantity"].as_i64(), shown["refunded"]["amount"].as_i64()),
            (Some(1), Some(1700))
        );
        shop.bench.settle().await;
        assert_eq!(shop.others.asked("Restock [1]"), 1);
        for amount in [euros(2391), euros(0), euros(-1), json!({"amount": 1, "currency": "USD"})] {
            let refused =
                shop.staff_post(placed.id, "refund", json!({"amount": amount, "reason": "x"})).await;
            assert_eq!((refused.status.as_u16(), refused.code().as_str()), (422, "validation"));
        }
        // All that is left: what was not sent will not be.
        let shown = shop.staff_post(placed.id, "refund", json!({"reason": "lost"})).await.expect(200);
        assert_eq!(
            (shown["status"].as_str(), shown["payment_status"].as_str()),
            (Some("refunded"), Some("refunded"))
        );
        assert_eq!(
            (&shown["items"][1]["cancelled_quantity"], &shown["items"][1]["refunded_quantity"]),
            (&json!(1), &json!(1))
        );
        shop.bench.settle().await;
        assert_eq!(shop.others.asked("Restock [1]"), 2);
        let told = shop.bench.published_of::<OrderRefunded>();
        assert_eq!(
            told.iter().map(|t| (t.amount.minor(), t.complete)).collect::<Vec<_>>(),
            [(500, false), (1200, false), (2390, true)]
        );
        assert_eq!(told[2].refunded_total.minor(), 4090);
        assert_eq!(shop.told(placed.id, "OrderCancelled"), 0);
    }
}

#[tokio::test]
async fn a_refund_that_is_refused_calls_somebody_and_is_asked_again() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout("tok_success").await;
        shop.set(|s| (s.refund, s.restock) = (Will::Fail, Will::StaySilent));
        let refund = json!({"items": lines(&placed, &[(1, 1)]), "reason": "broken"});
        let answer = shop.passing(shop.staff_post(placed.id, "refund", refund)).await.expect(202);
        assert_eq!(answer["status"], "confirmed");
        shop.bench.settle().await;
        assert_eq!(
            (shop.show(placed.id).await["stuck"].as_bool(), shop.state(placed.id).await.as_str()),
            (Some(true), "refunding")
        );
        let busy = shop.staff_post(placed.id, "refund", json!({"reason": "x"})).await;
        assert_eq!((busy.status.as_u16(), busy.code().as_str()), (409, "refund_in_progress"));
        assert_eq!(shop.cancel(&placed).await.code(), "refund_in_progress");
        // The same refund and the same restock are asked for until both are answered.
        shop.set(|s| (s.refund, s.restock) = (Will::Do, Will::Do));
        shop.after(seconds(20), "given back", async || shop.state(placed.id).await == "confirmed").await;
        assert!(shop.others.asked("Refund 1200") >= 2);
        shop.after(seconds(20), "restocked", async || shop.others.asked("Restock [1]") >= 2).await;
        let asked = shop.others.asked("Restock");
        shop.world.advance(seconds(600));
        shop.bench.settle().await;
        assert_eq!(
            (shop.others.asked("Restock"), shop.show(placed.id).await["stuck"].as_bool()),
            (asked, Some(false))
        );
    }
}
