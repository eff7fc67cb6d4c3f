//! What happens to an order's stock, story by story.

use crate::shop::{ENGINES, Shop};
use hanse_inventory_contract::StockOutcome::*;
use hanse_inventory_contract::StockPolicy;
use hanse_kernel::ShipmentId;
use std::time::Duration;
use uuid::Uuid;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_order_is_held_sold_shipped_and_partly_returned() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let (mug, towel) = (shop.variant(10).await, shop.variant(3).await);
        let (order, lines) = (shop.order(), [(mug, 4), (towel, 1)]);

        shop.place(order, &lines).await;
        assert_eq!(shop.counts(mug).await, [6, 4, 0, 0, 0]);
        shop.paid(order).await;
        assert_eq!(shop.counts(mug).await, [6, 0, 4, 0, 0]);
        let shipment: ShipmentId = shop.bench.effects.id();
        shop.ship(order, shipment, &[(mug, 3)]).await;
        shop.ship(order, shipment, &[(mug, 3)]).await;
        assert_eq!(shop.counts(mug).await, [6, 0, 1, 3, 0], "a shipment counts once");

        let restock = Uuid::from_u128(1);
        shop.restock(order, restock, &[(mug, 2)]).await;
        shop.restock(order, restock, &[(mug, 2)]).await;
        assert_eq!(shop.counts(mug).await, [8, 0, 0, 3, 0], "one never left, one came back");
        assert_eq!(shop.counts(towel).await, [2, 0, 1, 0, 0]);

        // The shipment's event tells no answer but is one of the gapless series.
        assert_eq!(shop.answers(order), [Reserved, Committed, Adjusted, Restocked, Restocked]);
        assert_eq!(shop.events(order)[3].restock_id, Some(restock));
        let facts = shop.audit().await;
        assert_eq!(facts[0].1["state"], "sold");
        let line = &facts[0].1["lines"][0];
        assert_eq!((&line["quantity"], &line["out"], &line["restocked"]), (&4.into(), &3.into(), &1.into()));
    }
}

#[tokio::test]
async fn all_lines_or_none() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let (mug, towel) = (shop.variant(10).await, shop.variant(1).await);
        let order = shop.order();
        shop.place(order, &[(mug, 1), (towel, 2)]).await;
        let told = shop.events(order);
        assert_eq!((told[0].outcome, told[0].short.clone()), (OutOfStock, vec![towel]));
        assert_eq!(shop.counts(mug).await, [10, 0, 0, 0, 0]);
        // Asked again the answer is the same, even when there would be enough by now.
        shop.staff()
            .header("idempotency-key", "k")
            .post(
                "/api/admin/inventory/adjustments",
                serde_json::json!({"variant_id": towel, "delta": 5, "reason": "delivery"}),
            )
            .await
            .expect(201);
        shop.reserve(order, &[(mug, 1), (towel, 2)]).await;
        assert_eq!(shop.answers(order), [OutOfStock, OutOfStock]);
        // A variant that nobody knows is not there.
        let other = shop.order();
        shop.place(other, &[(shop.bench.effects.id(), 1)]).await;
        assert_eq!(shop.answers(other), [OutOfStock]);
        shop.audit().await;
    }
}

#[tokio::test]
async fn commands_again_are_answered_with_the_present_state() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mug = shop.variant(5).await;
        let (order, lines) = (shop.order(), [(mug, 2)]);
        shop.place(order, &lines).await;
        shop.reserve(order, &lines).await;
        shop.commit(order, &lines).await;
        shop.commit(order, &lines).await;
        shop.reserve(order, &lines).await;
        shop.release(order).await;
        shop.commit(order, &lines).await;
        shop.reserve(order, &lines).await;
        shop.release(order).await;
        assert_eq!(
            shop.answers(order),
            [Reserved, Reserved, Committed, Committed, Committed, Released, CommitFailed, Released, Released]
        );
        assert_eq!(shop.counts(mug).await, [5, 0, 0, 0, 0]);
        assert_eq!(shop.audit().await[0].1["state"], "released");
    }
}

#[tokio::test]
async fn a_release_that_comes_first_leaves_a_tombstone() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mug = shop.variant(5).await;
        let order = shop.order();
        shop.release(order).await;
        shop.place(order, &[(mug, 2)]).await;
        shop.commit(order, &[(mug, 2)]).await;
        assert_eq!(shop.answers(order), [Released, Released, CommitFailed]);
        assert_eq!(shop.counts(mug).await, [5, 0, 0, 0, 0]);
        assert_eq!(shop.audit().await[0].1["state"], "tombstone");
    }
}

#[tokio::test]
async fn a_hold_expires_after_fifteen_minutes_unless_it_is_renewed() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mug = shop.variant(5).await;
        let (left, kept) = (shop.order(), shop.order());
        shop.place(left, &[(mug, 2)]).await;
        shop.place(kept, &[(mug, 1)]).await;
        shop.wait(14 * MINUTE).await;
        shop.renew(kept, shop.world.now().plus(15 * MINUTE)).await;
        // A renewal that was overtaken shortens nothing.
        shop.renew(kept, shop.world.now()).await;
        shop.wait(MINUTE).await;
        shop.bench.until("the hold has expired", async || shop.last(left) == Expired).await;
        assert_eq!(shop.counts(mug).await, [4, 1, 0, 0, 0]);
        shop.renew(left, shop.world.now().plus(15 * MINUTE)).await;
        assert_eq!(shop.answers(left), [Reserved, Expired, Expired]);

        // Paid too late: what is available suffices, so it is sold after all.
        shop.paid(left).await;
        assert_eq!(shop.last(left), Committed);
        assert_eq!(shop.counts(mug).await, [2, 1, 2, 0, 0]);
        shop.wait(15 * MINUTE).await;
        shop.bench.until("the other hold has expired", async || shop.last(kept) == Expired).await;
        shop.audit().await;
    }
}

#[tokio::test]
async fn a_late_commit_fails_when_somebody_else_has_bought_it() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mug = shop.variant(2).await;
        let (slow, quick) = (shop.order(), shop.order());
        shop.place(slow, &[(mug, 2)]).await;
        shop.wait(16 * MINUTE).await;
        shop.bench.until("the hold has expired", async || shop.last(slow) == Expired).await;
        shop.place(quick, &[(mug, 1)]).await;
        shop.commit(slow, &[(mug, 2)]).await;
        let told = shop.events(slow);
        assert_eq!((told[2].outcome, told[2].short.clone()), (CommitFailed, vec![mug]));
        shop.release(slow).await;
        shop.commit(slow, &[(mug, 2)]).await;
        assert_eq!(shop.answers(slow)[3..], [Released, CommitFailed]);
        // A commit that overtook its reserve knows its lines.
        let early = shop.order();
        shop.commit(early, &[(mug, 1)]).await;
        shop.place(early, &[(mug, 1)]).await;
        assert_eq!(shop.answers(early), [Committed, Committed]);
        assert_eq!(shop.counts(mug).await, [0, 1, 1, 0, 0]);
        shop.audit().await;
    }
}

#[tokio::test]
async fn what_is_sold_beyond_the_shelf_is_owed() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mug = shop.variant_with(1, StockPolicy::Continue).await;
        let (first, second) = (shop.order(), shop.order());
        shop.place(first, &[(mug, 3)]).await;
        shop.paid(first).await;
        assert_eq!(shop.counts(mug).await, [0, 0, 1, 0, 2]);
        shop.place(second, &[(mug, 2)]).await;
        shop.release(second).await;
        assert_eq!(shop.counts(mug).await, [0, 0, 1, 0, 2]);

        // Three come in: two of them are owed, one can be promised.
        let adjust = serde_json::json!({"variant_id": mug, "delta": 3, "reason": "delivery"});
        let staff = shop.staff().header("idempotency-key", "delivery");
        assert_eq!(staff.post("/api/admin/inventory/adjustments", adjust).await.expect(201)["available"], 1);
        shop.ship(first, shop.bench.effects.id(), &[(mug, 3)]).await;
        assert_eq!(shop.counts(mug).await, [1, 0, 0, 3, 0]);

        // Shipped although never counted in: the ledger says so.
        let third = shop.order();
        shop.place(third, &[(mug, 4)]).await;
        shop.paid(third).await;
        shop.ship(third, shop.bench.effects.id(), &[(mug, 4)]).await;
        assert_eq!(shop.counts(mug).await, [0, 0, 0, 7, 0]);
        let ledger =
            shop.staff().get(&format!("/api/admin/inventory/adjustments?variant_id={mug}")).await.expect(200);
        assert_eq!(
            (&ledger["items"][0]["origin"], &ledger["items"][0]["delta"]),
            (&"shipment".into(), &3.into())
        );
        assert_eq!(ledger["items"][0]["order_id"], third.to_string());
        shop.audit().await;
    }
}

#[tokio::test]
async fn what_is_not_counted_can_always_be_sold() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mail = shop.variant_with(0, StockPolicy::Untracked).await;
        let order = shop.order();
        shop.place(order, &[(mail, 1000)]).await;
        shop.paid(order).await;
        shop.ship(order, shop.bench.effects.id(), &[(mail, 1000)]).await;
        shop.restock(order, Uuid::from_u128(3), &[(mail, 1000)]).await;
        assert_eq!(shop.answers(order), [Reserved, Committed, Adjusted, Restocked]);
        assert_eq!(shop.counts(mail).await, [0, 0, 0, 0, 0]);
        assert_eq!(shop.audit().await[0].1["state"], "restocked");
    }
}

#[tokio::test]
async fn goods_that_leave_before_they_are_sold_wait_for_the_sale() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mug = shop.variant(3).await;
        let (order, lines) = (shop.order(), [(mug, 2)]);
        let shipment = hanse_order_contract::OrderFulfilled {
            order_id: order,
            number: "H-1".into(),
            shipment_id: shop.bench.effects.id(),
            lines: shop.placed(order, &lines).lines,
            complete: true,
            tracking: None,
        };
        shop.bench.send("order", order, &shipment).await;
        shop.bench.send("order", order, &shop.placed(order, &lines)).await;
        shop.paid_without_waiting(order).await;
        // The shipment is parked and tried again by itself.
        shop.bench
            .until("the shipment is counted", async || {
                shop.world.advance(Duration::from_millis(200));
                shop.counts(mug).await == [1, 0, 0, 2, 0]
            })
            .await;
        shop.audit().await;
    }
}
