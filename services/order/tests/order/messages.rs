//! Messages that come late, twice, or in another order.

use crate::neighbours::{Will, stock_news};
use crate::shop::{ENGINES, Shop, seconds};
use hanse_inventory_contract::StockOutcome;
use hanse_kernel::{OrderId, PaymentId};
use hanse_payment_contract::{CancelPayment, PaymentOutcome};
use uuid::Uuid;

const STOCK: [StockOutcome; 8] = [
    StockOutcome::Reserved,
    StockOutcome::OutOfStock,
    StockOutcome::Committed,
    StockOutcome::CommitFailed,
    StockOutcome::Released,
    StockOutcome::Expired,
    StockOutcome::Restocked,
    StockOutcome::Adjusted,
];

const PAYMENT: [PaymentOutcome; 4] =
    [PaymentOutcome::Authorized, PaymentOutcome::Declined, PaymentOutcome::Captured, PaymentOutcome::Voided];

#[tokio::test]
async fn a_confirmed_order_is_moved_by_no_answer_that_comes_late() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout("tok_success").await;
        shop.bench.settle().await;
        let before = (shop.show(placed.id).await, shop.sent(placed.id));
        for outcome in STOCK {
            shop.send_stock(placed.id, outcome).await;
        }
        for outcome in PAYMENT {
            shop.send_payment(placed.payment(1), outcome).await;
        }
        assert_eq!((shop.show(placed.id).await, shop.sent(placed.id)), before);
    }
}

#[tokio::test]
async fn the_same_message_twice_has_one_effect() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.silent(|s| &mut s.reserve);
        let placed = shop.checkout_pending("tok_success").await;
        let news = stock_news(placed.id, StockOutcome::Reserved);
        let id = shop.bench.effects.ids.uuid();
        for _ in 0..3 {
            shop.bench.send_as(id, "inventory", placed.id, &news).await;
        }
        // The same business fact under another id: an answer to a command that was issued again.
        shop.bench.send("inventory", placed.id, &news).await;
        shop.bench.settle().await;
        shop.until_state(placed.id, "confirmed").await;
        assert_eq!((shop.others.asked("Authorize"), shop.others.asked("Capture")), (1, 1));
        let history = shop.show(placed.id).await;
        assert_eq!(
            crate::shop::history(&history),
            ["placed", "stock_reserved", "payment_authorized", "confirmed"]
        );
    }
}

#[tokio::test]
async fn a_sale_that_overtakes_its_authorisation_is_taken_as_it_is() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout_pending("tok_waits").await;
        shop.set(|s| s.payments.get_mut(&placed.payment(1)).unwrap().authorized = 4090);
        shop.send_stock(placed.id, StockOutcome::Committed).await;
        shop.until_state(placed.id, "confirmed").await;
        shop.send_payment(placed.payment(1), PaymentOutcome::Authorized).await;
        let shown = shop.show(placed.id).await;
        assert_eq!(
            (shown["state"].as_str(), shown["payment_status"].as_str()),
            (Some("confirmed"), Some("captured"))
        );
        assert_eq!(shop.told(placed.id, "OrderConfirmed"), 1);
    }
}

#[tokio::test]
async fn an_expired_hold_undoes_before_the_pivot_and_is_ignored_after_it() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout_pending("tok_waits").await;
        shop.send_stock(placed.id, StockOutcome::Expired).await;
        shop.until_state(placed.id, "cancelled").await;
        assert_eq!(shop.show(placed.id).await["reason"], "stock_expired");

        shop.silent(|s| &mut s.commit);
        let placed = shop.checkout_pending("tok_success").await;
        shop.send_stock(placed.id, StockOutcome::Expired).await;
        assert_eq!(shop.state(placed.id).await, "awaiting_commit");
    }
}

#[tokio::test]
async fn goods_and_money_of_an_order_that_has_ended_are_let_go() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.set(|s| (s.reserve, s.commit) = (Will::Fail, Will::StaySilent));
        let placed = shop.checkout("tok_success").await;
        shop.bench.settle().await;
        let (cancels, releases) = (shop.others.asked("CancelPayment"), shop.others.asked("ReleaseStock"));
        for outcome in [StockOutcome::Reserved, StockOutcome::Committed] {
            shop.send_stock(placed.id, outcome).await;
        }
        for outcome in [PaymentOutcome::Authorized, PaymentOutcome::Captured] {
            shop.send_payment(placed.payment(1), outcome).await;
        }
        assert_eq!(shop.others.asked("ReleaseStock") - releases, 2);
        assert_eq!(shop.others.asked("CancelPayment") - cancels, 2);
        assert_eq!(shop.state(placed.id).await, "rejected");
        assert_eq!(shop.told(placed.id, "OrderRejected"), 1);
    }
}

#[tokio::test]
async fn money_for_an_order_that_never_came_to_be_is_let_go() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout("tok_success").await;
        let nobody = OrderId::new(Uuid::from_u128(77));
        let stray = PaymentId::new(Uuid::from_u128(78));
        let mut paid = shop.others.stage().payments[&placed.payment(1)].clone();
        paid.order = nobody;
        shop.set(|s| {
            s.payments.insert(stray, paid);
        });
        shop.send_payment(stray, PaymentOutcome::Declined).await;
        shop.send_stock(nobody, StockOutcome::Reserved).await;
        assert!(shop.sent(nobody).is_empty());
        shop.send_payment(stray, PaymentOutcome::Authorized).await;
        let commands = shop.bench.published_of::<CancelPayment>();
        assert_eq!(commands, [CancelPayment { payment_id: stray, order_id: nobody }]);
    }
}

#[tokio::test]
async fn answers_in_the_wrong_order_end_the_undoing_all_the_same() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.set(|s| (s.cancel, s.release) = (Will::StaySilent, Will::StaySilent));
        let placed = shop.checkout_pending("tok_waits").await;
        shop.passing(shop.cancel(&placed)).await.expect(202);
        // The authorisation was under way when it was cancelled; then both ends come, doubled.
        shop.send_payment(placed.payment(1), PaymentOutcome::Authorized).await;
        shop.send_stock(placed.id, StockOutcome::Committed).await;
        assert_eq!(shop.state(placed.id).await, "compensating");
        for _ in 0..2 {
            shop.send_stock(placed.id, StockOutcome::Released).await;
        }
        assert_eq!(shop.state(placed.id).await, "compensating");
        for _ in 0..2 {
            shop.send_payment(placed.payment(1), PaymentOutcome::Voided).await;
        }
        assert_eq!(shop.state(placed.id).await, "cancelled");
        assert_eq!(shop.told(placed.id, "OrderCancelled"), 1);
        shop.world.advance(seconds(3600));
        shop.bench.settle().await;
        assert_eq!(shop.state(placed.id).await, "cancelled");
    }
}
