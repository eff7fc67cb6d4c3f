//! Refresh tokens: good once, copies found out, races survived.

use crate::factors::in_time;
use crate::world::{Tokens, World, config, on_both};
use hanse_auth::AuthConfig;
use hanse_testkit::{Engine, TestHost, TestWorld};
use serde_json::json;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const LIVE: &str = "select count(*) from refresh_tokens where used_at is null";

/// For stories in which the test moves the clock: nothing is held back.
fn at_once() -> AuthConfig {
    AuthConfig { refresh_overlap: Duration::ZERO, ..config() }
}

#[tokio::test]
async fn each_refresh_gives_a_new_pair() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let mut tokens = world.tokens("ana@example.org").await;
        let first = world.actor(&tokens.access).await.unwrap();
        for _ in 0..3 {
            let next = Tokens::of(&world.refresh(&tokens.refresh).await.expect(200));
            assert_ne!(next.refresh, tokens.refresh);
            assert_eq!(world.actor(&next.access).await.unwrap(), first);
            tokens = next;
        }
        assert_eq!(world.count(LIVE).await, 1);
        assert_eq!(world.count("select count(*) from refresh_tokens").await, 4);
    })
    .await;
}

#[tokio::test]
async fn a_used_token_that_comes_again_ends_the_family_at_once() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let elsewhere = world.tokens("ana@example.org").await;
        let stolen = world.tokens("ana@example.org").await;
        let next = Tokens::of(&world.refresh(&stolen.refresh).await.expect(200));
        // The thief comes straight after the owner has the answer.
        assert_eq!(world.refresh(&stolen.refresh).await.code(), "refresh_token_invalid");
        world.refresh(&next.refresh).await.expect(401);
        let ended = "select count(*) from sessions where ended_because = 'reuse'";
        assert_eq!(world.count(ended).await, 1);
        world.refresh(&elsewhere.refresh).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn of_fifty_at_once_one_goes_on_and_the_family_lives() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let tokens = world.tokens("ana@example.org").await;
        let all = futures::future::join_all((0..50).map(|_| world.refresh(&tokens.refresh))).await;
        let good: Vec<_> = all.iter().filter(|answer| answer.status.as_u16() == 200).collect();
        assert_eq!(good.len(), 1);
        assert!(all.iter().all(|a| [200, 401].contains(&a.status.as_u16())), "the others are refused");
        assert_eq!(world.count(LIVE).await, 1);
        world.refresh(&Tokens::of(&good[0].json()).refresh).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_token_of_ours_is_refused_alike() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let tokens = world.tokens("ana@example.org").await;
        let cookie = world.cookie("ana@example.org").await;
        let invented = format!("hrt_{}", "a".repeat(64));
        let as_refresh = cookie.replace("hst_", "hrt_");
        let upper = tokens.refresh.to_uppercase();
        let bad = ["", "x", &invented, &cookie, &as_refresh, &tokens.access, &upper, "' or '1'='1"];
        for token in bad {
            assert_eq!(world.refresh(token).await.code(), "refresh_token_invalid", "{token}");
        }
        world.refresh(&tokens.refresh).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn tokens_and_sessions_expire() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let time = TestWorld::new();
        let world = World::start(TestHost::with_effects(engine, time.effects()), at_once()).await;
        world.register("ana@example.org").await;
        let idle = world.tokens("ana@example.org").await;
        let mut busy = world.tokens("ana@example.org").await;
        for _ in 0..2 {
            time.advance(13 * DAY);
            busy = Tokens::of(&world.refresh(&busy.refresh).await.expect(200));
        }
        world.refresh(&idle.refresh).await.expect(401);
        assert!(world.actor(&idle.access).await.is_none(), "an access token lasts minutes");
        // However busy: after thirty days everybody logs in anew.
        time.advance(5 * DAY);
        world.refresh(&busy.refresh).await.expect(401);
    }
}

#[tokio::test]
async fn an_hour_later_the_sweep_forgets_what_can_never_matter_again() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let time = TestWorld::new();
        let world = World::start(TestHost::with_effects(engine, time.effects()), at_once()).await;
        world.register("ana@example.org").await;
        let tokens = world.tokens("ana@example.org").await;
        world.refresh(&tokens.refresh).await.expect(200);
        time.advance(40 * DAY);
        let kept = world.tokens("ana@example.org").await;
        world
            .test
            .until("the old session is gone", async || {
                time.advance(Duration::from_secs(3600));
                world.count("select count(*) from sessions").await == 1
            })
            .await;
        assert_eq!(world.count("select count(*) from refresh_tokens").await, 1);
        assert!(!kept.refresh.is_empty());
    }
}

#[tokio::test]
async fn what_was_begun_tried_and_met_is_forgotten_each_after_its_time() {
    in_time(async |shop| {
        let (world, email) = (&shop.world, "ana@example.org");
        // A login that waits for its factor, one by passkey that waits for its answer, a guess, and a device that is known.
        let ana = shop.person(email).await;
        shop.challenge(&ana).await;
        world.anybody().post("/api/auth/login/passkey/ask", json!({})).await.expect(200);
        world.login(email, "not the one that she has").await.expect(401);
        let left = async |sql: &'static str| world.count(sql).await;
        let (challenges, ceremonies) =
            ("select count(*) from factor_challenges", "select count(*) from passkey_ceremonies");
        let (tries, devices) = ("select count(*) from password_tries", "select count(*) from devices");
        for kept in [challenges, ceremonies, tries, devices] {
            assert!(left(kept).await > 0, "{kept}");
        }
        let gone = async |what: &'static str, step: Duration| {
            let over = world.test.until(what, async || {
                shop.time.advance(step);
                left(what).await == 0
            });
            over.await;
        };
        gone(challenges, Duration::from_secs(3600)).await;
        gone(ceremonies, Duration::from_secs(3600)).await;
        gone(tries, Duration::from_secs(3600)).await;
        assert!(left(devices).await > 0, "her browser is known for more than a year");
        shop.time.advance(400 * DAY);
        gone(devices, Duration::from_secs(3600)).await;
    })
    .await;
}
