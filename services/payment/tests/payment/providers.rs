//! Providers that a shop brings along, beside the one that is built in.

use crate::bank::{Bank, approved, shared};
use crate::shop::{ENGINES, KEY, Shop};
use hanse_payment::{MIGRATIONS, Outcome, PaymentConfig, Provider, module};
use hanse_payment_contract::PaymentOutcome::*;
use hanse_payment_contract::rpc::OpenPaymentRequest;
use hanse_runtime::StartError;
use hanse_testkit::{Engine, TestHost};
use std::sync::Arc;
use tonic::Code;

#[tokio::test]
async fn a_payment_goes_to_the_provider_that_it_was_opened_with() {
    for engine in ENGINES {
        let (bank, mut providers) = shared(Bank::new("bank", approved()));
        let refusing = Outcome::Declined { reason: "closed_today".into() };
        let (guild, others) = shared(Bank::new("guild-2_b", refusing));
        providers.extend(others);
        let shop = Shop::with(engine, PaymentConfig { providers, ..PaymentConfig::new(KEY) }).await;
        let by_bank = shop.paying_by("bank", "card").await;
        let by_guild = shop.paying_by("guild-2_b", "card").await;
        let by_test = shop.paying("tok_success").await;
        for p in [by_bank, by_guild, by_test] {
            shop.authorise(p).await;
        }
        shop.told(by_bank, &[Authorized]).await;
        shop.told(by_guild, &[Declined]).await;
        shop.told(by_test, &[Authorized]).await;
        assert_eq!(shop.events(by_guild)[0].reason.as_deref(), Some("closed_today"));
        assert_eq!((bank.asked(), guild.asked()), (1, 1));
        assert_eq!(shop.seen(by_bank).await["provider"], "bank");
        // This one takes its money at once or not at all, so one capture is all there is.
        shop.capture(by_bank, 1, 1000).await;
        shop.told(by_bank, &[Authorized, Captured]).await;
        shop.capture(by_bank, 2, 1000).await;
        shop.told(by_bank, &[Authorized, Captured, Declined]).await;
        assert_eq!(bank.asked(), 2, "what it cannot do is not asked of it");
        shop.capture(by_test, 1, 1000).await;
        shop.capture(by_test, 2, 1000).await;
        shop.told(by_test, &[Authorized, Captured, Captured]).await;
        shop.audit().await;
    }
}

#[tokio::test]
async fn nobody_pays_by_a_provider_that_is_not_there() {
    let (_, providers) = shared(Bank::new("bank", approved()));
    let shop = Shop::with(Engine::Sqlite, PaymentConfig { providers, ..PaymentConfig::new(KEY) }).await;
    let question = shop.question(shop.bench.effects.id(), 1, "card");
    let refused = shop.ask(OpenPaymentRequest { provider: "guild".into(), ..question }).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("guild"), "{}", refused.message());
}

#[tokio::test]
async fn a_service_does_not_start_with_providers_that_cannot_be_told_apart() {
    let bench = TestHost::new(Engine::Sqlite);
    let start = async |names: &[&'static str]| {
        let host = bench.host("payment", MIGRATIONS).await;
        let bank = |name: &&'static str| Arc::new(Bank::new(name, approved())) as Arc<dyn Provider>;
        let config = PaymentConfig { providers: names.iter().map(bank).collect(), ..PaymentConfig::new(KEY) };
        assert!(format!("{config:?}").contains(names[0]), "it is told which there are");
        module(host, config).err()
    };
    assert!(start(&["bank", "guild"]).await.is_none());
    for names in [&["bank", "bank"][..], &["test"], &[""], &["Bank"], &["a/b"], &["é"]] {
        match start(names).await {
            Some(StartError::Config { key, remedy, .. }) => {
                assert_eq!(key, "payment.providers");
                assert!(remedy.contains("a name of its own"), "{remedy}");
            }
            other => panic!("{names:?}: {other:?}"),
        }
    }
}
