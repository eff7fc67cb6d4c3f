//! Providers call when something has become of a payment. What they say is not believed: they are asked.

use crate::bank::{Bank, approved, asks, key, shared, signed, webhook};
use crate::shop::{ENGINES, KEY, Paying, Shop};
use axum::body::Body;
use axum::http::Request;
use hanse_database::DbError;
use hanse_database::sql::Sql;
use hanse_kernel::Actor;
use hanse_payment::PaymentConfig;
use hanse_payment_contract::PaymentOutcome::*;
use hanse_testkit::{Answer, Engine};
use std::sync::Arc;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A payment whose shopper has to confirm it at a bank that nobody looks up by themselves.
async fn waiting(engine: Engine, bank: Bank) -> (Shop, Arc<Bank>, Paying) {
    let (bank, providers) = shared(bank);
    let config = PaymentConfig { providers, look: 40 * DAY, keep_token: 90 * DAY, ..PaymentConfig::new(KEY) };
    let shop = Shop::with(engine, config).await;
    let p = shop.paying_by("bank", "card").await;
    shop.authorise(p).await;
    shop.told(p, &[ActionRequired]).await;
    assert_eq!(bank.asked(), 1);
    (shop, bank, p)
}

impl Shop {
    async fn hear(&self, webhook: Request<Body>) -> Answer {
        self.payment.client(Actor::Anonymous).call(webhook).await
    }

    async fn events_kept(&self) -> i64 {
        let read = self.payment.host.db.read((), |tx, ()| {
            Box::pin(async move { tx.query_opt("select count(*) from webhook", &[], |r| r.get(0)).await })
        });
        read.await.unwrap_or_else(|e: DbError| panic!("{e}")).unwrap_or(0)
    }
}

#[tokio::test]
async fn a_webhook_makes_payment_ask_at_once_and_believe_the_answer_alone() {
    for engine in ENGINES {
        let (shop, bank, p) = waiting(engine, Bank::new("bank", asks())).await;
        let about = bank.key_of(p.payment_id);
        let now = shop.world.now();
        // The bank is said to have approved it. It has not.
        assert_eq!(shop.hear(signed(&format!("evt_1 {about}"), now)).await.status, 204);
        shop.bench.until("the bank is asked", async || bank.asked() == 2).await;
        shop.bench.settle().await;
        assert_eq!(shop.answers(p), [ActionRequired]);

        bank.decides(approved());
        // The same event again is thanked for, and nobody is asked.
        assert_eq!(shop.hear(signed(&format!("evt_1 {about}"), now)).await.status, 204);
        shop.bench.settle().await;
        assert_eq!((bank.asked(), shop.events_kept().await), (2, 1));
        assert_eq!(shop.hear(signed(&format!("evt_2 {about}"), now)).await.status, 204);
        shop.told(p, &[ActionRequired, Authorized]).await;

        // What comes late, and what is about nothing of ours, changes nothing.
        let stray = uuid::Uuid::from_u128(9);
        for late in [format!("evt_0 {about}"), format!("evt_3 {stray}"), "evt_4 elsewhere".into()] {
            assert_eq!(shop.hear(signed(&late, now)).await.status, 204, "{late}");
        }
        shop.bench.settle().await;
        assert_eq!((bank.asked(), shop.answers(p).len()), (3, 2));
        shop.audit().await;
    }
}

#[tokio::test]
async fn news_that_come_while_the_bank_is_asked_are_asked_for_once_more() {
    for engine in ENGINES {
        let bank = Bank::new("bank", asks()).gated();
        let (shop, bank, p) = waiting(engine, bank).await;
        let about = bank.key_of(p.payment_id);
        let now = shop.world.now();
        assert_eq!(shop.hear(signed(&format!("evt_1 {about}"), now)).await.status, 204);
        shop.bench.until("the bank has an answer", async || bank.asked() == 2).await;
        // The shopper confirms while that answer is on its way.
        bank.decides(approved());
        assert_eq!(shop.hear(signed(&format!("evt_2 {about}"), now)).await.status, 204);
        bank.gate.as_ref().unwrap().add_permits(2);
        shop.told(p, &[ActionRequired, Authorized]).await;
        assert_eq!(bank.asked(), 3);
    }
}

#[tokio::test]
async fn whoever_is_not_the_provider_is_refused_and_leaves_nothing() {
    for engine in ENGINES {
        let (shop, bank, p) = waiting(engine, Bank::new("bank", asks())).await;
        let body = format!("evt_1 {}", bank.key_of(p.payment_id));
        let now = shop.world.now();
        let sign = |key: hanse_payment::WebhookKey, at| Some(key.sign(at, body.as_bytes()));
        let minutes = |n: u64| Duration::from_secs(n * 60);
        let forged = [
            ("without a signature", None),
            ("with a guess", sign(hanse_payment::WebhookKey::new(b"a guess"), now)),
            ("overheard", sign(key(), now.minus(minutes(6)))),
            ("signed in advance", sign(key(), now.plus(minutes(6)))),
            ("of another body", Some(key().sign(now, b"evt_1 elsewhere"))),
        ];
        for (how, signature) in forged {
            let answer = shop.hear(webhook("bank", &body, signature)).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "signature_invalid"), "{how}");
        }
        let mut twice = signed(&body, now);
        twice.headers_mut().append(hanse_payment::SIGNATURE, "t=1".parse().unwrap());
        assert_eq!(shop.hear(twice).await.status, 401, "one signature is meant");
        let large = "e".repeat(64 * 1024 + 1);
        assert_eq!(shop.hear(signed(&large, now)).await.status, 413);
        for unreadable in [
            "nonsense".to_string(),
            "evt_1 nothing".into(),
            format!("{} {}", "e".repeat(256), p.payment_id.uuid()),
        ] {
            let answer = shop.hear(signed(&unreadable, now)).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "webhook_unreadable"));
        }
        for stranger in ["guild", "Bank", "%00"] {
            let answer = shop.hear(webhook(stranger, &body, sign(key(), now))).await;
            assert!([400, 404, 422].contains(&answer.status.as_u16()), "{stranger}: {}", answer.status);
        }
        shop.bench.settle().await;
        assert_eq!((bank.asked(), shop.events_kept().await), (1, 0));
        assert_eq!(shop.hear(signed(&body, now)).await.status, 204, "the bank's own is still new");
        shop.bench.until("the bank is asked", async || bank.asked() == 2).await;
    }
}

#[tokio::test]
async fn events_are_forgotten_when_nobody_repeats_them_any_more() {
    for engine in ENGINES {
        let (shop, bank, p) = waiting(engine, Bank::new("bank", asks())).await;
        let about = bank.key_of(p.payment_id);
        assert_eq!(shop.hear(signed(&format!("old {about}"), shop.world.now())).await.status, 204);
        shop.world.advance(20 * DAY);
        assert_eq!(shop.hear(signed(&format!("new {about}"), shop.world.now())).await.status, 204);
        assert_eq!(shop.events_kept().await, 2);
        shop.world.advance(11 * DAY);
        shop.bench
            .until("the old one is forgotten", async || {
                shop.world.advance(Duration::from_secs(60));
                shop.events_kept().await == 1
            })
            .await;
        assert_eq!(shop.hear(signed(&format!("new {about}"), shop.world.now())).await.status, 204);
        shop.bench.settle().await;
        assert_eq!(shop.events_kept().await, 1, "the new one is remembered");
    }
}
