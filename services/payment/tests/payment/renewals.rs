//! Money that waits for the goods is set aside anew before the authorisation lapses.

use crate::shop::{ENGINES, Paying, Shop, eur};
use hanse_payment_contract::PaymentOutcome::*;
use hanse_payment_contract::{Authorize, PaymentProcessed};
use hanse_testkit::Engine;
use std::time::Duration;

async fn authorised(engine: Engine, token: &str) -> (Shop, Paying) {
    let shop = Shop::open(engine).await;
    let p = shop.paying(token).await;
    shop.authorise(p).await;
    shop.told(p, &[Authorized]).await;
    assert_eq!(shop.renewals(p).await, 0);
    (shop, p)
}

fn last(shop: &Shop, p: Paying) -> PaymentProcessed {
    shop.events(p).pop().expect("an answer")
}

#[tokio::test]
async fn a_renewal_is_asked_of_the_provider_once_however_often_it_is_commanded() {
    for engine in ENGINES {
        let (shop, p) = authorised(engine, "tok_success").await;
        shop.renew(p, 1).await;
        shop.told(p, &[Authorized, Authorized]).await;
        assert_eq!((last(&shop, p).renewal, shop.renewals(p).await), (1, 1));
        shop.renew(p, 1).await;
        shop.told(p, &[Authorized, Authorized, Authorized]).await;
        assert_eq!((last(&shop, p).renewal, shop.renewals(p).await), (1, 1));
        // The first asking again is answered as such, and asks nothing.
        shop.authorise(p).await;
        shop.told(p, &[Authorized; 4]).await;
        assert_eq!((last(&shop, p).renewal, shop.renewals(p).await), (0, 1));
        shop.renew(p, 2).await;
        shop.told(p, &[Authorized; 5]).await;
        // One that was overtaken is waited for by nobody.
        shop.renew(p, 1).await;
        shop.bench.settle().await;
        assert_eq!((shop.answers(p).len(), shop.renewals(p).await), (5, 2));
        shop.capture(p, 1, 2650).await;
        shop.told(p, &[Authorized, Authorized, Authorized, Authorized, Authorized, Captured]).await;
        // Nothing is left to be set aside: nothing is asked.
        shop.renew(p, 3).await;
        shop.bench.until("it is answered", async || shop.answers(p).len() == 7).await;
        assert_eq!((last(&shop, p).renewal, shop.renewals(p).await), (3, 2));
        shop.audit().await;
    }
}

#[tokio::test]
async fn a_renewal_that_is_declined_is_told_and_the_next_may_be_granted() {
    for engine in ENGINES {
        let (shop, p) = authorised(engine, "tok_renewal_declined").await;
        shop.renew(p, 1).await;
        shop.told(p, &[Authorized, Declined]).await;
        let told = last(&shop, p);
        assert_eq!(
            (told.renewal, told.reason.as_deref(), told.authorized),
            (1, Some("card_declined"), eur(2650))
        );
        assert_eq!(shop.seen(p).await["status"], "authorized");
        shop.renew(p, 1).await;
        shop.told(p, &[Authorized, Declined, Declined]).await;
        assert_eq!(shop.renewals(p).await, 1);
        shop.renew(p, 2).await;
        shop.told(p, &[Authorized, Declined, Declined, Authorized]).await;
        assert_eq!(last(&shop, p).renewal, 2);
    }
}

#[tokio::test]
async fn a_capture_that_was_refused_is_tried_again_once_the_money_is_set_aside_anew() {
    for engine in ENGINES {
        let (shop, p) = authorised(engine, "tok_capture_lapses").await;
        shop.capture(p, 1, 1000).await;
        shop.told(p, &[Authorized, Declined]).await;
        assert_eq!((last(&shop, p).reason.as_deref(), last(&shop, p).renewal), (Some("capture_failed"), 0));
        shop.capture(p, 1, 1000).await;
        shop.told(p, &[Authorized, Declined, Declined]).await;
        shop.renew(p, 1).await;
        shop.told(p, &[Authorized, Declined, Declined, Authorized]).await;
        shop.capture(p, 1, 1000).await;
        shop.told(p, &[Authorized, Declined, Declined, Authorized, Captured]).await;
        assert_eq!((last(&shop, p).captured, last(&shop, p).capture_id.unwrap().as_u128()), (eur(1000), 1));
        shop.capture(p, 1, 1000).await;
        shop.bench.until("it is answered", async || shop.answers(p).len() == 6).await;
        assert_eq!(last(&shop, p).captured, eur(1000), "taken once");
        shop.audit().await;
    }
}

#[tokio::test]
async fn what_is_cancelled_while_it_is_renewed_ends_with_nothing_set_aside() {
    let (shop, p) = authorised(Engine::Sqlite, "tok_success").await;
    shop.renew(p, 1).await;
    shop.cancel(p).await;
    shop.bench
        .until("it has ended", async || {
            shop.world.advance(Duration::from_millis(5));
            shop.seen(p).await["status"] == "voided"
        })
        .await;
    // A renewal that comes after the end finds it ended.
    shop.renew(p, 2).await;
    shop.bench.settle().await;
    assert_eq!(last(&shop, p).outcome, Voided);
    assert_eq!(shop.charge(p).await.0, "voided");
    assert_eq!(shop.audit().await[0].1["live_authorization"], false);
}

#[test]
fn a_first_asking_looks_as_it_always_did() {
    let (payment_id, order_id) =
        ("pay_01890a5dac96774bbcceb302099a8057", "ord_01890a5dac96774bbcceb302099a8058");
    let old = format!(r#"{{"payment_id":"{payment_id}","order_id":"{order_id}"}}"#);
    let read: Authorize = serde_json::from_str(&old).unwrap();
    assert_eq!((read.renewal, serde_json::to_string(&read).unwrap()), (0, old.clone()));
    let renewal = format!(r#"{},"renewal":2}}"#, &old[..old.len() - 1]);
    let read: Authorize = serde_json::from_str(&renewal).unwrap();
    assert_eq!((read.renewal, serde_json::to_string(&read).unwrap()), (2, renewal));
}
