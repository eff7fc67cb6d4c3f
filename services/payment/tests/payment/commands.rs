//! Commands in any order and any number: each is answered with what is true.

use crate::shop::{ENGINES, Paying, Shop, eur};
use hanse_payment_contract::PaymentOutcome::*;
use std::time::Duration;

#[tokio::test]
async fn commands_again_are_answered_with_the_present_state() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let p = shop.paying("tok_success").await;
        shop.authorise(p).await;
        shop.told(p, &[Authorized]).await;
        shop.authorise(p).await;
        shop.capture(p, 1, 2650).await;
        shop.told(p, &[Authorized, Authorized, Captured]).await;
        shop.capture(p, 1, 2650).await;
        shop.refund(p, 1, 650).await;
        shop.told(p, &[Authorized, Authorized, Captured, Captured, Refunded]).await;
        shop.refund(p, 1, 650).await;
        shop.cancel(p).await;
        let all = [Authorized, Authorized, Captured, Captured, Refunded, Refunded, Refunded];
        shop.told(p, &all).await;
        let told = shop.events(p);
        assert_eq!((told[4].refund_id, told[4].refunded), (told[5].refund_id, eur(650)));
        assert_eq!((told[6].refund_id, told[6].refunded), (None, eur(2650)), "the rest went back");
        shop.cancel(p).await;
        shop.authorise(p).await;
        shop.told(p, &[all.as_slice(), &[Refunded, Refunded]].concat()).await;
        assert_eq!(shop.charge(p).await, ("authorized".into(), 1, 2650, 2650));
        assert_eq!(shop.audit().await[0].1["state"], "refunded");
    }
}

#[tokio::test]
async fn money_is_taken_and_given_back_in_parts_and_never_too_much() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let p = shop.paying("tok_success").await;
        shop.authorise(p).await;
        shop.told(p, &[Authorized]).await;
        shop.capture(p, 1, 1000).await;
        shop.capture(p, 2, 1000).await;
        shop.capture(p, 3, 1000).await;
        shop.bench.until("two are taken", async || shop.answers(p).len() >= 4).await;
        let told = shop.events(p);
        let failed: Vec<_> = told.iter().filter(|e| e.outcome == Declined).collect();
        assert_eq!(failed.len(), 1);
        assert_eq!(failed[0].reason.as_deref(), Some("capture_failed"));
        assert_eq!(failed[0].capture_id, Some(uuid::Uuid::from_u128(3)));
        assert_eq!(shop.seen(p).await["captured"]["amount"], 2000);

        shop.refund(p, 1, 1500).await;
        shop.refund(p, 2, 600).await;
        shop.bench.until("one is given back", async || shop.answers(p).len() >= 6).await;
        let failed =
            shop.events(p).into_iter().find(|e| e.reason.as_deref() == Some("refund_failed")).unwrap();
        assert_eq!(failed.refund_id.unwrap().uuid().as_u128(), 2);
        shop.refund(p, 2, 600).await;
        shop.refund(p, 3, 500).await;
        shop.bench.until("the rest is given back", async || shop.answers(p).len() >= 8).await;
        let seen = shop.seen(p).await;
        assert_eq!((&seen["refunded"]["amount"], &seen["status"]), (&2000.into(), &"captured".into()));
        assert_eq!(shop.audit().await[0].1["live_authorization"], true);

        // What is still set aside is let go: everything captured is back already.
        shop.cancel(p).await;
        shop.bench.until("it has ended", async || shop.seen(p).await["status"] == "refunded").await;
        shop.bench.settle().await;
        assert_eq!(shop.events(p).last().unwrap().refund_id, None);
        assert_eq!(shop.audit().await[0].1["live_authorization"], false);
    }
}

#[tokio::test]
async fn what_is_not_sent_any_more_is_let_go_once_what_was_sent_is_paid() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let p = shop.paying("tok_success").await;
        shop.authorise(p).await;
        shop.told(p, &[Authorized]).await;
        // It overtook the capture, and came twice.
        shop.void_rest(p).await;
        shop.void_rest(p).await;
        shop.capture(p, 1, 1000).await;
        shop.bench.until("it is captured", async || shop.answers(p).len() == 2).await;
        shop.wait(Duration::from_secs(2)).await;
        // The provider has done it before payment has written that down.
        let written = async || shop.audit().await[0].1["live_authorization"] == false;
        shop.bench.until("the rest is let go", written).await;
        let (state, _, captured, _) = shop.charge(p).await;
        assert_eq!((state.as_str(), captured), ("voided", 1000));
        assert_eq!(shop.seen(p).await["status"], "captured");
        assert_eq!(shop.answers(p), [Authorized, Captured], "it has no answer of its own");

        // What was taken can still be given back; nothing more can be taken.
        shop.capture(p, 2, 100).await;
        shop.refund(p, 1, 1000).await;
        shop.told(p, &[Authorized, Captured, Declined, Refunded]).await;
        assert_eq!(shop.seen(p).await["status"], "refunded");
    }
}

#[tokio::test]
async fn a_cancel_stands_against_whatever_comes_later() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        // Never opened.
        let ghost = Paying { order_id: shop.bench.effects.id(), payment_id: shop.bench.effects.id() };
        shop.cancel(ghost).await;
        shop.authorise(ghost).await;
        shop.capture(ghost, 1, 100).await;
        shop.refund(ghost, 1, 100).await;
        shop.told(ghost, &[Voided, Voided, Declined, Declined]).await;
        // Two of them do not stand in each other's way.
        let other = Paying { payment_id: shop.bench.effects.id(), ..ghost };
        shop.authorise(other).await;
        shop.told(other, &[Declined]).await;
        assert_eq!(shop.events(other)[0].reason.as_deref(), Some("unknown_payment"));
        // Opened and never gone on with.
        let opened = shop.paying("tok_success").await;
        shop.cancel(opened).await;
        shop.authorise(opened).await;
        shop.told(opened, &[Voided, Voided]).await;
        assert_eq!(shop.token(opened).await, None);
        // Declined.
        let declined = shop.paying("tok_declined").await;
        shop.authorise(declined).await;
        shop.told(declined, &[Declined]).await;
        shop.cancel(declined).await;
        shop.told(declined, &[Declined, Voided]).await;
        // Authorised.
        let held = shop.paying("tok_success").await;
        shop.authorise(held).await;
        shop.told(held, &[Authorized]).await;
        shop.cancel(held).await;
        shop.told(held, &[Authorized, Voided]).await;
        shop.capture(held, 1, 100).await;
        shop.told(held, &[Authorized, Voided, Declined]).await;
        assert_eq!(shop.charge(held).await.0, "voided");
        assert!(shop.audit().await.iter().all(|(_, fact)| fact["live_authorization"] == false));
    }
}

#[tokio::test]
async fn a_cancel_waits_for_what_is_in_flight() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let p = shop.paying("tok_timeout").await;
        shop.authorise(p).await;
        shop.bench.until("the provider is being asked", async || shop.charge_exists(p).await).await;
        shop.cancel(p).await;
        shop.bench.settle().await;
        assert_eq!((shop.seen(p).await["status"].clone(), shop.answers(p)), ("authorizing".into(), vec![]));
        shop.told(p, &[Voided]).await;
        let steps = shop.seen(p).await["steps"].clone();
        assert_eq!((&steps[0]["state"], &steps[1]["kind"]), (&"dropped".into(), &"void".into()));
        shop.audit().await;
    }
}

#[tokio::test]
async fn a_capture_that_is_too_early_waits_and_everything_at_once_ends_well() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let p = shop.paying("tok_success").await;
        shop.capture(p, 1, 2650).await;
        shop.authorise(p).await;
        shop.told(p, &[Authorized, Captured]).await;

        let q = shop.paying("tok_success").await;
        futures::join!(shop.cancel(q), shop.authorise(q), shop.capture(q, 1, 2650), shop.cancel(q));
        let ended = async || ["voided", "refunded"].contains(&shop.seen(q).await["status"].as_str().unwrap());
        shop.bench
            .until("it has ended", async || {
                shop.world.advance(Duration::from_millis(50));
                ended().await
            })
            .await;
        shop.wait(Duration::from_secs(3)).await;
        let facts = shop.audit().await;
        assert!(facts.iter().all(|(_, f)| f["live_authorization"] == false), "{facts:?}");
    }
}

#[tokio::test]
async fn a_means_of_payment_is_kept_half_an_hour() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let order = shop.bench.effects.id();
        let unused = Paying {
            order_id: order,
            payment_id: shop.ask(shop.question(order, 1, "tok_success")).await.unwrap(),
        };
        let placed = shop.paying("tok_success").await;
        let silent = shop.paying("tok_timeout").await;
        shop.authorise(silent).await;
        shop.world.advance(Duration::from_secs(29 * 60));
        shop.bench.settle().await;
        assert!(shop.token(unused).await.is_some());
        shop.world.advance(Duration::from_secs(61));
        shop.told(placed, &[Declined]).await;
        assert_eq!(shop.events(placed)[0].reason.as_deref(), Some("expired"));
        shop.told(silent, &[Voided]).await;
        for p in [unused, placed, silent] {
            assert_eq!(shop.token(p).await, None);
        }
        assert_eq!(shop.answers(unused), [], "nobody knows of it, so nobody is told");
        shop.authorise(unused).await;
        shop.told(unused, &[Declined]).await;

        // The checkout may come back to an attempt that nobody has gone on with.
        let order = shop.bench.effects.id();
        let p = Paying {
            order_id: order,
            payment_id: shop.ask(shop.question(order, 1, "tok_declined")).await.unwrap(),
        };
        shop.world.advance(Duration::from_secs(31 * 60));
        shop.bench.until("it has expired", async || shop.seen(p).await["status"] == "expired").await;
        assert_eq!(shop.ask(shop.question(order, 1, "tok_success")).await.unwrap(), p.payment_id);
        shop.authorise(p).await;
        shop.told(p, &[Authorized]).await;
        shop.audit().await;
    }
}
