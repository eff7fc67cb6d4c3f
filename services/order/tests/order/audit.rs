//! What order tells the audit, and the breaches it finds in its own store.

use crate::neighbours::Will;
use crate::shop::{ENGINES, Shop, seconds};
use hanse_database::DbError;
use hanse_database::sql::Sql;
use hanse_rpc::audit::audit_client::AuditClient;
use hanse_rpc::audit::{ExamineReply, ExamineRequest};
use serde_json::{Value, json};

async fn examine(shop: &Shop) -> ExamineReply {
    examine_at_rest(shop, 0).await
}

/// What has been at rest for so many seconds.
async fn examine_at_rest(shop: &Shop, rest: u64) -> ExamineReply {
    let mut audit = AuditClient::new(shop.bench.network_of("hanse").link("order"));
    let mut whole = ExamineReply::default();
    loop {
        let request = ExamineRequest {
            at_rest_since: shop.world.now().minus(seconds(rest)).micros(),
            after: whole.next.clone(),
            ..Default::default()
        };
        let page = audit.examine(request).await.unwrap().into_inner();
        whole.breaches.extend(page.breaches);
        whole.facts.extend(page.facts);
        whole.next = page.next;
        if whole.next.is_empty() {
            return whole;
        }
    }
}

/// Edits the store behind the service's back.
async fn damage(shop: &Shop, sql: &'static str) {
    shop.order
        .host
        .db
        .tx(sql, |tx, sql| Box::pin(async move { tx.execute(sql, &[]).await.map(|_| ()) }))
        .await
        .map_err(|e: DbError| e)
        .unwrap();
}

#[tokio::test]
async fn a_healthy_store_tells_facts_and_no_breaches() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let good = shop.checkout("tok_success").await;
        let waiting = shop.checkout("tok_declined").await;
        shop.set(|s| s.reserve = Will::Fail);
        shop.checkout("tok_success").await;
        shop.staff_post(good.id, "cancel", json!({})).await.expect(200);
        shop.bench.settle().await;
        shop.world.advance(seconds(1));
        let reply = examine(&shop).await;
        assert_eq!(reply.breaches, []);
        assert_eq!(reply.facts.len(), 3);
        let fact = |id: String| -> Value {
            let fact = reply.facts.iter().find(|f| f.kind == "order" && f.subject == id).unwrap();
            serde_json::from_str(&fact.json).unwrap()
        };
        let waiting = fact(waiting.id.to_string());
        assert_eq!(
            (waiting["state"].as_str(), waiting["past_pivot"].as_bool()),
            (Some("awaiting_payment"), Some(false))
        );
        let expected = json!({
            "state": "refunded", "number": "H-10001", "cart_id": good.cart, "cart_version": 3,
            "payment_id": good.payment(1), "total": 4090, "currency": "EUR", "cancelled_value": 0, "past_pivot": true,
            "confirmed": true, "refunded": 4090, "discount_codes": [], "stuck": false,
            "placed_at": good.body["placed_at"],
            "lines": [
                {"variant_id": good.body["items"][0]["variant_id"], "quantity": 2, "fulfilled": 0, "returned": 0, "cancelled": 2},
                {"variant_id": good.body["items"][1]["variant_id"], "quantity": 1, "fulfilled": 0, "returned": 0, "cancelled": 1},
            ],
        });
        assert_eq!(fact(good.id.to_string()), expected);
    }
}

#[tokio::test]
async fn planted_damage_is_found() {
    for engine in ENGINES {
        let cases = [
            (9, "update order_lines set total = total + 1 where position = 0"),
            (12, "update order_history set event = 'confirmed' where seq = 2"),
            (12, "delete from order_history where seq = 2"),
            (12, "update orders set state = 'cancelled'"),
            (13, "update orders set stuck = (1 = 1), state = 'refunding'"),
        ];
        for (invariant, sql) in cases {
            let shop = Shop::open(engine).await;
            shop.checkout("tok_success").await;
            shop.bench.settle().await;
            assert_eq!(examine(&shop).await.breaches, []);
            damage(&shop, sql).await;
            let found: Vec<u32> = examine(&shop).await.breaches.iter().map(|b| b.invariant).collect();
            assert_eq!(found, [invariant], "{sql}");
        }
    }
}

#[tokio::test]
async fn a_saga_that_does_not_end_is_a_breach() {
    let shop = Shop::open(ENGINES[0]).await;
    shop.set(|s| (s.commit, s.cancel) = (Will::Fail, Will::StaySilent));
    let placed = shop.checkout_pending("tok_success").await;
    shop.bench.settle().await;
    assert_eq!(examine(&shop).await.breaches, []);
    shop.after(seconds(3600), "STUCK", async || shop.show(placed.id).await["stuck"] == true).await;
    let reply = examine(&shop).await;
    assert_eq!(reply.breaches.iter().map(|b| b.invariant).collect::<Vec<_>>(), [13]);
    assert_eq!(reply.breaches[0].subject, placed.id.to_string());
    // It asks again every minute: whoever looks only at what has been at rest for as long sees it all the same.
    for _ in 0..5 {
        shop.world.advance(seconds(17));
        shop.bench.settle().await;
        let reply = examine_at_rest(&shop, 60).await;
        assert_eq!(reply.breaches.iter().map(|b| b.invariant).collect::<Vec<_>>(), [13]);
    }
}
