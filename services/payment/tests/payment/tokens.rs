//! What becomes of a payment, token by token.

use crate::shop::{ENGINES, Shop, eur};
use hanse_kernel::Actor;
use hanse_payment_contract::PaymentOutcome::*;
use std::time::Duration;

const ACTION: &str = "test-action";

#[tokio::test]
async fn success_is_authorised_and_captured_once() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let p = shop.paying("tok_success").await;
        let sealed = shop.token(p).await.expect("the token is kept");
        assert!(!sealed.windows(4).any(|w| w == b"tok_"), "and cannot be read");
        shop.authorise(p).await;
        shop.told(p, &[Authorized]).await;
        assert_eq!(shop.token(p).await, None, "it is kept no longer than needed");
        shop.capture(p, 1, 2650).await;
        shop.told(p, &[Authorized, Captured]).await;
        let told = shop.events(p);
        assert_eq!((told[0].authorized, told[0].captured), (eur(2650), eur(0)));
        assert_eq!((told[1].captured, told[1].capture_id), (eur(2650), Some(uuid::Uuid::from_u128(1))));
        assert_eq!(shop.charge(p).await, ("authorized".into(), 1, 2650, 0));
        let facts = shop.audit().await;
        assert_eq!(facts[0].1["state"], "captured");
        assert_eq!(facts[0].1["live_authorization"], false);
        assert_eq!(facts[0].1["order_id"], p.order_id.to_string());
    }
}

#[tokio::test]
async fn declined_is_told_with_its_reason_and_a_further_try_may_succeed() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let p = shop.paying("tok_declined").await;
        shop.authorise(p).await;
        shop.told(p, &[Declined]).await;
        assert_eq!(shop.events(p)[0].reason.as_deref(), Some("card_declined"));
        assert_eq!(shop.token(p).await, None);

        let again = shop.ask(shop.question(p.order_id, 2, "tok_success")).await.unwrap();
        let second = crate::shop::Paying { payment_id: again, ..p };
        shop.authorise(second).await;
        shop.told(second, &[Authorized]).await;
        assert_eq!(shop.events(second)[0].attempt, 2);
        let nonsense = shop.paying("tok_nonsense").await;
        shop.authorise(nonsense).await;
        shop.told(nonsense, &[Declined]).await;
        assert_eq!(shop.events(nonsense)[0].reason.as_deref(), Some("invalid_token"));
        shop.audit().await;
    }
}

#[tokio::test]
async fn an_action_sends_the_shopper_to_their_bank() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let shopper = shop.payment.client(Actor::Anonymous);
        for (result, outcome) in [("approve", Authorized), ("decline", Declined)] {
            let p = shop.paying("tok_action_required").await;
            shop.authorise(p).await;
            shop.told(p, &[ActionRequired]).await;
            let action = shop.events(p)[0].next_action.clone().unwrap();
            assert_eq!(action.kind, "redirect");
            assert_eq!(action.url, format!("/api/store/payments/{}/{ACTION}", p.payment_id));
            assert_eq!(shop.token(p).await, None);
            let page = shopper.get(&action.url).await;
            let text = String::from_utf8_lossy(&page.bytes).into_owned();
            assert!(
                page.status == 200 && text.contains("26.50 EUR") && text.contains("result=approve"),
                "{text}"
            );

            let told = shopper.post(&format!("{}?result={result}", action.url), serde_json::json!({})).await;
            assert_eq!(told.expect(200)["result"], result);
            shop.told(p, &[ActionRequired, outcome]).await;
            let late = shopper.get(&format!("{}?result=approve", action.url)).await;
            assert_eq!(late.code(), "no_action_required");
            let html = shopper.clone().header("accept", "text/html").get(&action.url).await;
            assert!(String::from_utf8_lossy(&html.bytes).contains("Nothing is asked"));
        }
        shop.audit().await;
    }
}

#[tokio::test]
async fn an_action_that_nobody_answers_stays_until_it_is_cancelled() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let p = shop.paying("tok_action_required").await;
        shop.authorise(p).await;
        shop.told(p, &[ActionRequired]).await;
        shop.wait(Duration::from_secs(30)).await;
        assert_eq!(shop.answers(p), [ActionRequired], "looking again is no news");
        shop.authorise(p).await;
        shop.told(p, &[ActionRequired, ActionRequired]).await;
        shop.cancel(p).await;
        shop.told(p, &[ActionRequired, ActionRequired, Voided]).await;
        let url = format!("/api/store/payments/{}/{ACTION}?result=approve", p.payment_id);
        assert_eq!(shop.payment.client(Actor::Anonymous).get(&url).await.code(), "no_action_required");
        assert_eq!(shop.charge(p).await.0, "voided");
        shop.audit().await;
    }
}

#[tokio::test]
async fn an_unknown_answer_is_asked_for_again_under_the_same_key() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        for (token, outcome, state) in [
            ("tok_unknown_then_success", Authorized, "authorized"),
            ("tok_unknown_then_declined", Declined, "declined"),
        ] {
            let p = shop.paying(token).await;
            shop.authorise(p).await;
            shop.bench
                .until("the answer is unknown", async || shop.seen(p).await["status"] == "unknown")
                .await;
            assert_eq!(shop.answers(p), [], "nobody is told what nobody knows");
            shop.told(p, &[outcome]).await;
            let (booked, calls, ..) = shop.charge(p).await;
            assert_eq!((booked.as_str(), calls), (state, 2));
        }
        shop.audit().await;
    }
}

#[tokio::test]
async fn a_provider_that_never_answers_leaves_it_unknown_until_it_is_cancelled() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let p = shop.paying("tok_timeout").await;
        shop.authorise(p).await;
        shop.wait(Duration::from_secs(60)).await;
        assert_eq!(shop.answers(p), []);
        assert_eq!(shop.seen(p).await["status"], "unknown");
        let (_, calls, ..) = shop.charge(p).await;
        assert!((4..=8).contains(&calls), "asked again, later and later: {calls}");
        assert_eq!(shop.audit().await[0].1["live_authorization"], true);
        shop.cancel(p).await;
        shop.told(p, &[Voided]).await;
        assert_eq!(shop.charge(p).await.0, "voided");
        shop.wait(Duration::from_secs(120)).await;
        assert_eq!(shop.answers(p), [Voided], "nothing is asked any more");
        assert_eq!(shop.audit().await[0].1["live_authorization"], false);
    }
}
