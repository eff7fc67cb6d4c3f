//! Signing keys: made at the first start, kept over the next, changed in good time, wrapped when there is a key for it.

use crate::world::{World, config, on_both};
use hanse_auth::AuthConfig;
use hanse_auth_contract::rpc::GetKeysRequest;
use hanse_testkit::{Engine, TestHost, TestWorld};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MINUTE: Duration = Duration::from_secs(60);

async fn kids(world: &World) -> Vec<String> {
    let keys = world.ask("gateway").get_keys(GetKeysRequest {}).await.expect("keys").into_inner().keys;
    keys.into_iter().map(|key| key.kid).collect()
}

#[tokio::test]
async fn all_ways_to_the_published_keys_lead_to_the_same() {
    on_both(config, async |world| {
        let jwks = world.anybody().get("/api/auth/jwks").await;
        assert_eq!(jwks.headers["cache-control"], "public, max-age=300");
        let keys = jwks.expect(200)["keys"].as_array().unwrap().clone();
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0]["kid"], kids(&world).await[0].as_str());
        assert_eq!((keys[0]["kty"].as_str(), keys[0]["alg"].as_str()), (Some("OKP"), Some("EdDSA")));
        assert!(keys[0].get("d").is_none(), "the private half stays here");
        let again = hanse_auth::module(world.host.clone(), config()).await.unwrap();
        let again = World { auth: world.test.start(again), ..world };
        assert_eq!(keys[0]["kid"], kids(&again).await[0].as_str(), "a restart keeps the key");
    })
    .await;
}

#[tokio::test]
async fn keys_take_turns_and_no_token_is_lost_by_it() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let time = TestWorld::new();
        let world = World::start(TestHost::with_effects(engine, time.effects()), config()).await;
        world.register("ana@example.org").await;
        let first = kids(&world).await;
        time.advance(29 * DAY);
        let wait = async |what: &str, holds: &dyn Fn(&[String]) -> bool| {
            world
                .test
                .until(what, async || {
                    time.advance(MINUTE);
                    holds(&kids(&world).await)
                })
                .await;
        };
        wait("the next key is published a day ahead", &|kids| kids.len() == 2).await;
        let header = |token: &str| token.split('.').next().unwrap().to_string();
        let before = world.tokens("ana@example.org").await.access;
        time.advance(DAY - 60 * MINUTE);
        let mut last = world.tokens("ana@example.org").await.access;
        assert_eq!(header(&before), header(&last), "the old key signs until its turn is over");
        let next = loop {
            time.advance(MINUTE);
            let next = world.tokens("ana@example.org").await.access;
            if header(&next) != header(&last) {
                break next;
            }
            last = next;
        };
        assert!(world.actor(&last).await.is_some(), "a token of the old key is good for its time");
        assert!(world.actor(&next).await.is_some());
        wait("the old key is withdrawn", &|kids| kids.len() == 1).await;
        assert_ne!(kids(&world).await, first);
        world
            .test
            .until("and forgotten", async || {
                time.advance(MINUTE);
                world.count("select count(*) from signing_keys").await == 1
            })
            .await;
    }
}

#[tokio::test]
async fn with_a_wrapping_key_a_copy_of_the_database_signs_nothing() {
    let wrapping = |digit: &str| AuthConfig { wrapping_key: Some(digit.repeat(64).into()), ..config() };
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let world = World::start(TestHost::new(engine), wrapping("a")).await;
        let wrapped = "select count(*) from signing_keys where wrapped and length(private_key) = 60";
        assert_eq!(world.count(wrapped).await, 1);
        assert!(hanse_auth::module(world.host.clone(), wrapping("a")).await.is_ok());
        let start = async |config| match hanse_auth::module(world.host.clone(), config).await {
            Ok(_) => panic!("it started"),
            Err(error) => error.to_string(),
        };
        assert!(start(wrapping("b")).await.contains("wrapped with another wrapping key"));
        assert!(start(config()).await.contains("no wrapping key is configured"));
        let no_key = AuthConfig { wrapping_key: Some("secret".into()), ..config() };
        let told = start(no_key).await;
        assert!(told.contains("auth.wrapping_key") && !told.contains("secret"), "{told}");
    }
}

#[tokio::test]
async fn two_processes_that_start_at_once_agree_on_one_key() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let test = TestHost::new(engine);
        let host = test.host("auth", hanse_auth::MIGRATIONS).await;
        let starts = (0..4).map(|_| hanse_auth::module(host.clone(), config()));
        let started = futures::future::join_all(starts).await;
        assert!(started.iter().all(Result::is_ok));
        let mut modules = started.into_iter().flatten();
        let world = World { auth: test.start(modules.next().unwrap()), host, test };
        assert_eq!(world.count("select count(*) from signing_keys").await, 1);
    }
}
