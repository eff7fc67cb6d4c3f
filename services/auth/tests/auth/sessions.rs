//! Cookies of browsers, and logging out.

use crate::world::{PASSWORD, World, config, on_both};
use hanse_auth::AuthConfig;
use hanse_auth_contract::SESSION_ENDED_KEY;
use hanse_kernel::Actor;
use hanse_redis::{Redis, RedisConfig, cmd};
use hanse_testkit::{Engine, TestHost, TestWorld};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_browser_gets_a_cookie_and_never_a_token() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let body = json!({"email": "ana@example.org", "password": PASSWORD, "transport": "cookie"});
        let answer = world.anybody().post("/api/auth/login", body).await;
        let line = answer.headers["set-cookie"].to_str().unwrap().to_string();
        assert!(line.starts_with("hanse_session=hst_"), "{line}");
        assert!(line.ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"), "{line}");
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.expect(200), json!({"mfa_required": false}));

        let cookie = world.cookie("ana@example.org").await;
        let access = world.exchange(&cookie).await;
        assert!(matches!(world.actor(&access).await, Some(Actor::Customer { .. })));
        for nobody in ["", "hst_", &cookie[..cookie.len() - 1], &format!("hst_{}", "0".repeat(64))] {
            assert_eq!(world.exchange(nobody).await, "", "{nobody}");
        }
    })
    .await;
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_its_host() {
    let secure = || AuthConfig { secure_cookies: true, ..config() };
    on_both(secure, async |world| {
        world.register("ana@example.org").await;
        let body = json!({"email": "ana@example.org", "password": PASSWORD, "transport": "cookie"});
        let answer = world.anybody().post("/api/auth/login", body).await;
        let line = answer.headers["set-cookie"].to_str().unwrap();
        assert!(line.starts_with("__Host-hanse_session=hst_") && line.ends_with("; Secure"), "{line}");
        let out = world.anybody().header("cookie", line.split(';').next().unwrap());
        let answer = out.post("/api/auth/logout", json!({})).await;
        let cleared = answer.headers["set-cookie"].to_str().unwrap().to_string();
        assert!(cleared.starts_with("__Host-hanse_session=; Path=/; Max-Age=0;"), "{cleared}");
        assert_eq!(world.count("select count(*) from sessions where ended_at is null").await, 0);
    })
    .await;
}

#[tokio::test]
async fn each_login_is_a_session_of_its_own() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let (phone, laptop) = (world.cookie("ana@example.org").await, world.cookie("ana@example.org").await);
        assert_ne!(phone, laptop);
        let out = world.anybody().header("cookie", &format!("hanse_session={phone}"));
        out.post("/api/auth/logout", json!({})).await.expect(204);
        assert_eq!(world.exchange(&phone).await, "");
        assert_ne!(world.exchange(&laptop).await, "");
    })
    .await;
}

#[tokio::test]
async fn whoever_can_prove_a_session_may_end_it() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let live = "select count(*) from sessions where ended_at is null";
        let logout = async |client: hanse_testkit::Client, body: Value| {
            client.post("/api/auth/logout", body).await.expect(204);
            world.count(live).await
        };
        let tokens = world.tokens("ana@example.org").await;
        assert_eq!(logout(world.anybody(), json!({"refresh_token": tokens.refresh})).await, 0);
        world.refresh(&tokens.refresh).await.expect(401);

        let tokens = world.tokens("ana@example.org").await;
        let bearer = format!("Bearer {}", tokens.access);
        assert_eq!(logout(world.anybody().header("authorization", &bearer), json!({})).await, 0);
        world.refresh(&tokens.refresh).await.expect(401);

        // Nothing proven, nothing ended; and doing it twice harms nobody.
        let tokens = world.tokens("ana@example.org").await;
        let forged = format!("{}x", tokens.access);
        let client = world.anybody().header("authorization", &format!("Bearer {forged}"));
        assert_eq!(logout(client, json!({"refresh_token": format!("hrt_{}", "0".repeat(64))})).await, 1);
        assert_eq!(logout(world.anybody(), json!({"refresh_token": tokens.refresh})).await, 0);
        assert_eq!(logout(world.anybody(), json!({"refresh_token": tokens.refresh})).await, 0);
        let unknown = world.anybody().post("/api/auth/logout", json!({"all": true})).await;
        assert_eq!(unknown.code(), "unknown_field");
    })
    .await;
}

#[tokio::test]
async fn a_cookie_session_ends_with_its_time_and_that_of_staff_sooner() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let time = TestWorld::new();
        let world = World::start(TestHost::with_effects(engine, time.effects()), config()).await;
        world.register("ana@example.org").await;
        world.hire("olga@example.org", "owner").await;
        let (ana, olga) = (world.cookie("ana@example.org").await, world.cookie("olga@example.org").await);
        time.advance(Duration::from_secs(12 * 3600));
        assert_eq!(world.exchange(&olga).await, "");
        assert_ne!(world.exchange(&ana).await, "");
        time.advance(Duration::from_secs(30 * 24 * 3600));
        assert_eq!(world.exchange(&ana).await, "");
    }
}

#[tokio::test]
async fn gateways_are_told_of_every_session_that_ends() {
    let place = hanse_testkit::redis_place();
    let config = || {
        let at = RedisConfig { prefix: place.prefix.clone(), ..RedisConfig::new(place.url.clone()) };
        let redis = Redis::new(at, hanse_testkit::effects()).expect("an address");
        AuthConfig { redis: Some(redis), ..config() }
    };
    let redis = config().redis.expect("just made");
    let told = async |session: &str| -> bool {
        let key = redis.key(format_args!("{SESSION_ENDED_KEY}:{session}"));
        redis.ask("told", cmd("EXISTS").arg(key)).await.expect("asked")
    };
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        // A logout, here by the access token alone.
        let tokens = world.tokens("ana@example.org").await;
        let session = world.session(&tokens.access).await;
        assert!(!told(&session).await);
        let out = world.anybody().header("authorization", &format!("Bearer {}", tokens.access));
        out.post("/api/auth/logout", json!({})).await.expect(204);
        assert!(told(&session).await);
        // A refresh token that comes again.
        let tokens = world.tokens("ana@example.org").await;
        let session = world.session(&tokens.access).await;
        world.refresh(&tokens.refresh).await.expect(200);
        assert!(!told(&session).await);
        assert_eq!(world.refresh(&tokens.refresh).await.status.as_u16(), 401);
        assert!(told(&session).await);
    })
    .await;
}
