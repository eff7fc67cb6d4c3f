//! What the audit log holds of who came in, who did not, and what they changed; and what it does not hold.

use crate::factors::in_time;
use crate::world::{PASSWORD, World, config, on_both};
use hanse_record::{Stored, read};
use hanse_runtime::Sealer;
use hanse_testkit::{Client, Engine, TestHost, TestWorld};
use serde_json::json;
use std::time::Duration;

async fn log(world: &World) -> Vec<Stored> {
    Sealer::of(&world.host).seal_all().await.expect("sealed");
    let mut all =
        read::newest(&world.host.db, read::Wanted { limit: 500, ..Default::default() }).await.expect("read");
    all.reverse();
    all
}

async fn actions(world: &World) -> Vec<String> {
    log(world).await.into_iter().map(|entry| entry.action).collect()
}

async fn as_holder(world: &World, access: &str) -> Client {
    world.auth.client(world.actor(access).await.expect("somebody"))
}

#[tokio::test]
async fn what_somebody_does_with_their_account_is_written_down_without_telling_who_they_are() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let tokens = world.tokens("ana@example.org").await;
        let ana = as_holder(&world, &tokens.access).await;
        let change = json!({"current_password": PASSWORD, "password": "another long one"});
        ana.header("authorization", &format!("Bearer {}", tokens.access))
            .post("/api/auth/password", change)
            .await
            .expect(204);
        let token = world.reset_token("ana@example.org").await;
        world.reset(&token, "a third long one").await.expect(204);
        world.refresh(&tokens.refresh).await;
        let told = actions(&world).await;
        for expected in [
            "email.verification_asked",
            "login.accepted",
            "password.changed",
            "password.reset_asked",
            "password.reset",
        ] {
            assert!(told.iter().any(|action| action == expected), "{expected}: {told:?}");
        }
        let all = log(&world).await;
        let login = all.iter().find(|entry| entry.action == "login.accepted").expect("a login");
        assert_eq!(
            (login.actor_kind.as_str(), login.actor.as_deref()),
            ("customer", Some(login.subject.as_str()))
        );
        let text = serde_json::to_string(&all).expect("JSON");
        for secret in ["ana@", "Ana", PASSWORD, "another long one", &tokens.refresh, &token] {
            assert!(!text.contains(secret), "{secret}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_used_refresh_token_that_comes_again_and_an_end_of_a_session_are_written_down() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let tokens = world.tokens("ana@example.org").await;
        world.refresh(&tokens.refresh).await.expect(200);
        world.refresh(&tokens.refresh).await;
        let cookie = world.cookie("ana@example.org").await;
        for _ in 0..2 {
            let out = world.anybody().header("cookie", &format!("hanse_session={cookie}"));
            out.post("/api/auth/logout", json!({})).await.expect(204);
        }
        let told = actions(&world).await;
        let count = |action: &str| told.iter().filter(|told| *told == action).count();
        assert_eq!((count("refresh.reused"), count("session.ended")), (1, 1), "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn wrong_passwords_are_counted_for_a_minute_and_strangers_together() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let time = TestWorld::new();
        let world = World::start(TestHost::with_effects(engine, time.effects()), config()).await;
        world.register("ana@example.org").await;
        for _ in 0..5 {
            world.login("ana@example.org", "not this one").await.expect(401);
        }
        for n in 0..20 {
            world.login(&format!("nobody-{n}@example.org"), "not this one").await.expect(401);
        }
        let refused = async || {
            let all = log(&world).await.into_iter().filter(|entry| entry.action == "login.refused");
            all.map(|entry| (entry.subject == "unknown", entry.times)).collect::<Vec<_>>()
        };
        assert_eq!(refused().await, []);
        time.advance(Duration::from_secs(60));
        let mut told = refused().await;
        told.sort();
        assert_eq!(told, [(false, 5), (true, 20)]);
    }
}

#[tokio::test]
async fn wrong_second_factors_are_counted_for_a_minute_and_tell_no_code() {
    in_time(async |shop| {
        let ana = shop.person("ana@example.org").await;
        let challenge = shop.challenge(&ana).await;
        for n in 0..3 {
            assert_eq!(shop.show(&challenge, "code", &format!("98765{n}x")).await.code(), "wrong_code");
        }
        for _ in 0..2 {
            let wrong = shop.show(&challenge, "recovery_code", "aaaa-bbbb-cccc-dddd").await;
            assert_eq!(wrong.code(), "wrong_code");
        }
        // Logged in, she mistypes too.
        let remove = json!({"current_password": PASSWORD, "code": "4711 12"});
        let refused = shop.client(&ana).post("/api/auth/factors/totp/remove", remove).await;
        assert_eq!(refused.code(), "wrong_code");
        // A passkey of nobody's.
        let asked = shop.world.anybody().post("/api/auth/login/passkey/ask", json!({})).await.expect(200);
        let mut fob = hanse_testkit::KeyFob::new("http://localhost").show(&asked["options"]);
        fob["response"]["userHandle"] = json!("BwcHBwcHBwcHBwcHBwcHBw");
        let body = json!({"passkey": {"ceremony": asked["ceremony"], "credential": fob}});
        assert_eq!(
            shop.world.anybody().post("/api/auth/login/passkey", body).await.code(),
            "passkey_refused"
        );
        // Too often.
        for _ in 0..6 {
            shop.show(&challenge, "code", "a guess").await;
        }
        shop.time.advance(Duration::from_secs(60));
        let all = log(&shop.world).await;
        // That somebody had the password stands there whatever became of it.
        let asked: Vec<_> = all.iter().filter(|entry| entry.action == "login.factor_asked").collect();
        assert_eq!((asked.len(), asked[0].became.as_deref()), (1, Some(r#"{"by":"password"}"#)));
        let told: Vec<_> = all.iter().filter(|entry| entry.action == "factor.refused").collect();
        let mut counted: Vec<_> =
            told.iter().map(|entry| (entry.became.as_deref().unwrap_or_default(), entry.times)).collect();
        counted.sort_unstable();
        let why = |method: &str, why: &str| json!({"method": method, "why": why}).to_string();
        let mut expected = [
            (why("recovery_code", "wrong"), 2),
            (why("totp", "wrong"), 1),
            (why("totp", "wrong"), 8),
            (why("totp", "too many tries"), 1),
            (why("passkey", "wrong"), 1),
        ];
        expected.sort_unstable();
        let expected: Vec<_> = expected.iter().map(|(why, times)| (why.as_str(), *times)).collect();
        assert_eq!(counted, expected);
        let user = ana.actor.user().unwrap().to_string();
        let of_nobody: Vec<_> = told.iter().filter(|entry| entry.subject != user).collect();
        assert_eq!(of_nobody.iter().map(|entry| entry.subject.as_str()).collect::<Vec<_>>(), ["unknown"]);
        let text = serde_json::to_string(&told).expect("JSON");
        for secret in ["98765", "aaaa", "4711", "ana@", "Ana", "a guess"] {
            assert!(!text.contains(secret), "{secret}");
        }
    })
    .await;
}
