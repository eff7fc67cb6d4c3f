//! Neighbours that give no answer.

use crate::neighbours::Will;
use crate::shop::{ENGINES, Shop, seconds};
use serde_json::Value;

async fn reaches(shop: &Shop, order: hanse_kernel::OrderId, by: u64, state: &str) {
    shop.after(seconds(by), state, async || shop.state(order).await == state).await;
}

#[tokio::test]
async fn goods_are_asked_for_three_times_more_and_then_the_order_is_undone() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.silent(|s| &mut s.reserve);
        let placed = shop.checkout_pending("tok_success").await;
        for n in 1..=3 {
            shop.after(seconds(9), "asked again", async || shop.others.asked("ReserveStock") == n).await;
        }
        reaches(&shop, placed.id, 9, "cancelled").await;
        assert_eq!(shop.show(placed.id).await["reason"], "stock_timeout");
        assert_eq!((shop.others.asked("ReserveStock"), shop.others.asked("Authorize")), (3, 0));
        assert_eq!((shop.others.asked("CancelPayment"), shop.others.asked("ReleaseStock")), (1, 1));
        assert_eq!(shop.told(placed.id, "OrderCancelled"), 1);
    }
}

#[tokio::test]
async fn a_late_answer_about_goods_is_good_enough() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.silent(|s| &mut s.reserve);
        let placed = shop.checkout_pending("tok_success").await;
        shop.set(|s| s.reserve = Will::Do);
        reaches(&shop, placed.id, 10, "confirmed").await;
        assert_eq!(shop.others.asked("ReserveStock"), 1);
    }
}

#[tokio::test]
async fn a_payment_without_an_answer_is_given_up_after_ninety_seconds() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout_pending("tok_unknown").await;
        shop.world.advance(seconds(80));
        shop.bench.settle().await;
        assert_eq!(shop.state(placed.id).await, "awaiting_authorization");
        reaches(&shop, placed.id, 10, "cancelled").await;
        assert_eq!(shop.show(placed.id).await["reason"], "payment_timeout");
    }
}

#[tokio::test]
async fn a_sale_without_an_answer_is_asked_for_until_it_comes() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.silent(|s| &mut s.commit);
        let placed = shop.checkout_pending("tok_success").await;
        assert_eq!(shop.state(placed.id).await, "awaiting_commit");
        for n in 1..5 {
            shop.after(seconds(60), "asked again", async || shop.others.asked("CommitStock") >= n).await;
        }
        assert_eq!(shop.state(placed.id).await, "awaiting_commit");
        shop.set(|s| s.commit = Will::Do);
        reaches(&shop, placed.id, 60, "confirmed").await;
    }
}

#[tokio::test]
async fn goods_that_are_gone_at_the_sale_undo_the_order() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.set(|s| s.commit = Will::Fail);
        let placed = shop.checkout("tok_success").await;
        assert_eq!((placed.status(), placed.reason()), ("cancelled", "stock_lost"));
        assert_eq!(placed.body["payment_status"], "voided");
        assert!(shop.others.stage().payments[&placed.payment(1)].voided);
    }
}

#[tokio::test]
async fn a_capture_that_can_never_succeed_undoes_the_order() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.set(|s| s.capture = Will::Fail);
        let placed = shop.checkout("tok_success").await;
        assert_eq!((placed.status(), placed.reason()), ("cancelled", "capture_failed"));
        assert_eq!((shop.others.asked("CancelPayment"), shop.others.asked("ReleaseStock")), (1, 1));
        assert_eq!(shop.told(placed.id, "OrderConfirmed"), 0);
    }
}

#[tokio::test]
async fn an_undoing_without_answers_calls_somebody_after_an_hour_and_goes_on() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.set(|s| (s.commit, s.cancel, s.release) = (Will::Fail, Will::StaySilent, Will::StaySilent));
        let placed = shop.checkout_pending("tok_success").await;
        assert_eq!(shop.state(placed.id).await, "compensating");
        shop.set(|s| s.release = Will::Do);
        // Only the side that is still open is asked again.
        shop.after(seconds(5), "asked again", async || shop.others.asked("ReleaseStock") == 2).await;
        shop.after(seconds(60), "asked again", async || shop.others.asked("CancelPayment") >= 4).await;
        assert_eq!(
            (shop.others.asked("ReleaseStock"), shop.state(placed.id).await.as_str()),
            (2, "compensating")
        );
        shop.after(seconds(3600), "STUCK", async || shop.show(placed.id).await["stuck"] == Value::Bool(true))
            .await;
        shop.set(|s| s.cancel = Will::Do);
        reaches(&shop, placed.id, 60, "cancelled").await;
        assert_eq!(shop.show(placed.id).await["stuck"], Value::Bool(false));
    }
}
