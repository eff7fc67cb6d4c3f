//! The questions of the checkout, the list for staff, and what is refused.

use crate::shop::{ENGINES, KEY, Shop};
use hanse_kernel::{Actor, OrderId};
use hanse_payment::{MIGRATIONS, PaymentConfig, module};
use hanse_payment_contract::PaymentOutcome::*;
use hanse_payment_contract::rpc::OpenPaymentRequest;
use hanse_testkit::{Engine, TestHost};
use tonic::Code;

#[tokio::test]
async fn every_guarded_route_refuses_strangers() {
    let bench = TestHost::new(Engine::Sqlite);
    let host = bench.host("payment", MIGRATIONS).await;
    let module = module(host, PaymentConfig::new(KEY)).unwrap();
    assert_eq!(module.routes.unguarded().await, Vec::<String>::new());
    assert_eq!(module.routes.table.len(), 4);
    assert!(!format!("{:?}", PaymentConfig::new(KEY)).contains("7, 7"), "the key is not printed");
}

#[tokio::test]
async fn opening_is_idempotent_and_the_last_means_of_payment_counts_until_somebody_goes_on() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let order: OrderId = shop.bench.effects.id();
        let first = shop.ask(shop.question(order, 1, "tok_declined")).await.unwrap();
        assert_eq!(shop.ask(shop.question(order, 1, "tok_success")).await.unwrap(), first);
        assert_ne!(shop.ask(shop.question(order, 2, "tok_success")).await.unwrap(), first);
        let p = crate::shop::Paying { order_id: order, payment_id: first };
        shop.send("order", &shop.placed(p)).await;
        assert_eq!(shop.ask(shop.question(order, 1, "tok_declined")).await.unwrap(), first);
        shop.authorise(p).await;
        shop.told(p, &[Authorized]).await;
    }
}

#[tokio::test]
async fn what_cannot_be_opened_is_refused_by_name() {
    let shop = Shop::open(Engine::Sqlite).await;
    let order: OrderId = shop.bench.effects.id();
    let good = shop.question(order, 1, "tok_success");
    let bad = [
        (OpenPaymentRequest { provider: "bank".into(), ..good.clone() }, "bank"),
        (OpenPaymentRequest { currency: "EURO".into(), ..good.clone() }, "currency"),
        (OpenPaymentRequest { amount: 0, ..good.clone() }, "amount"),
        (OpenPaymentRequest { attempt: 0, ..good.clone() }, "attempt"),
        (OpenPaymentRequest { token: String::new(), ..good.clone() }, "token"),
        (OpenPaymentRequest { token: "tok success".into(), ..good.clone() }, "token"),
        (OpenPaymentRequest { order_id: "pay_1".into(), ..good.clone() }, "order_id"),
    ];
    for (question, named) in bad {
        let refused = shop.ask(question).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains(named), "{}", refused.message());
        assert!(!refused.message().contains("tok success"), "a token is never repeated");
    }
}

#[tokio::test]
async fn staff_see_the_payments_of_an_order_and_of_all() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let p = shop.paying("tok_success").await;
        shop.authorise(p).await;
        shop.told(p, &[Authorized]).await;
        let other = shop.paying("tok_declined").await;
        let one = shop.staff().get(&format!("/api/admin/payments?order_id={}", p.order_id)).await.expect(200);
        assert_eq!(one["items"].as_array().unwrap().len(), 1);
        let item = &one["items"][0];
        assert_eq!((&item["status"], &item["authorized"]["amount"]), (&"authorized".into(), &2650.into()));
        assert_eq!(
            (&item["steps"][0]["kind"], &item["steps"][0]["state"]),
            (&"authorize".into(), &"done".into())
        );
        assert!(!one.to_string().contains("tok_"));
        let first = shop.staff().get("/api/admin/payments?limit=1").await.expect(200);
        assert_eq!(first["items"][0]["id"], other.payment_id.to_string());
        let next = first["next_cursor"].as_str().unwrap();
        let rest = shop.staff().get(&format!("/api/admin/payments?limit=1&cursor={next}")).await.expect(200);
        assert_eq!(
            (&rest["items"][0]["id"], &rest["next_cursor"]),
            (&p.payment_id.to_string().into(), &().into())
        );
        assert_eq!(shop.staff().get("/api/admin/payments?order_id=ord_1").await.status, 422);
        assert_eq!(shop.staff().get("/api/admin/payments?orders=1").await.code(), "unknown_field");
        assert_eq!(shop.payment.client(Actor::Anonymous).get("/api/admin/payments").await.status, 401);

        let shopper = shop.payment.client(Actor::Anonymous);
        let nobody = "/api/store/payments/pay_00000000000000000000000000000001/test-action";
        assert_eq!(shopper.get(nobody).await.status, 404);
        assert_eq!(shopper.get("/api/store/payments/x/test-action").await.status, 404);
        let url = format!("/api/store/payments/{}/test-action?result=maybe", p.payment_id);
        assert_eq!(shopper.get(&url).await.status, 422);
    }
}
