//! The client against a real server: what comes back, what does not stall, and which server may keep a store.

use hanse_kernel::Effects;
use hanse_redis::{Caution, Redis, RedisConfig, RedisError, Script, Unfit, cmd};
use hanse_testkit::private_redis::{self, PrivateRedis};
use hanse_testkit::{effects, redis_place};
use std::time::Duration;

fn to(server: &PrivateRedis, effects: Effects) -> Redis {
    Redis::new(RedisConfig::new(server.url()), effects).expect("an address")
}

async fn until_it_answers(redis: &Redis) {
    let effects = effects();
    let back = async {
        while redis.ping().await.is_err() {
            effects.timers.sleep(Duration::from_millis(20)).await;
        }
    };
    effects.within(Duration::from_secs(20), back).await.expect("it answers again");
}

#[tokio::test]
async fn keys_of_two_prefixes_do_not_meet_and_scripts_are_one_step() {
    let (one, other) = (redis_place(), redis_place());
    let open = |place: &hanse_testkit::RedisPlace| {
        let config = RedisConfig { prefix: place.prefix.clone(), ..RedisConfig::new(place.url.clone()) };
        Redis::new(config, effects()).expect("an address")
    };
    let (one, other) = (open(&one), open(&other));
    let () = one.ask("set", cmd("SET").arg(one.key("x")).arg("7")).await.expect("set");
    let seen: Option<String> = other.ask("get", cmd("GET").arg(other.key("x"))).await.expect("asked");
    assert_eq!(seen, None);
    let double = Script::new("double", "return redis.call('GET', KEYS[1]) * ARGV[1]");
    let doubled: i64 = one.run(&double, &[one.key("x")], 2).await.expect("run");
    assert_eq!(doubled, 14);
    let again: i64 = one.run(&double, &[one.key("x")], &[3]).await.expect("by its digest alone");
    assert_eq!(again, 21);
    let broken = Script::new("broken", "return redis.call('NONSENSE')");
    let refused = one.run::<i64>(&broken, &[], 0).await.expect_err("no such command");
    assert!(matches!(refused, RedisError::Refused(_)), "{refused}");
}

#[tokio::test]
async fn a_server_that_was_restarted_is_noticed_by_nobody() {
    let mut server = private_redis::start().expect("a server");
    let redis = to(&server, effects());
    let () = redis.ask("set", cmd("SET").arg("x").arg("7")).await.expect("set");
    server.kill().expect("killed");
    server.restart().expect("back");
    let seen: String = redis.ask("get", cmd("GET").arg("x")).await.expect("over a new connection");
    assert_eq!(seen, "7", "the log of writes was read");
}

#[tokio::test]
async fn while_it_is_away_callers_are_told_at_once_and_later_it_is_back() {
    let mut server = private_redis::start().expect("a server");
    let redis = to(&server, effects());
    redis.ping().await.expect("it answers");
    server.kill().expect("killed");
    assert!(matches!(redis.ping().await, Err(RedisError::Away(_))));
    let told = redis.ping().await.expect_err("still away").to_string();
    assert!(told.contains("a moment ago"), "{told}");
    server.restart().expect("back");
    until_it_answers(&redis).await;
}

#[tokio::test]
async fn one_that_hangs_costs_a_few_calls_their_time_and_the_others_none() {
    let mut server = private_redis::start().expect("a server");
    let redis = to(&server, effects()).limited(Duration::from_millis(100));
    redis.ping().await.expect("it answers");
    server.freeze().expect("frozen");
    for _ in 0..3 {
        let told = redis.ping().await.expect_err("no answer").to_string();
        assert!(told.contains("within 100 ms"), "{told}");
    }
    let told = redis.ping().await.expect_err("given up").to_string();
    assert!(told.contains("a moment ago"), "{told}");
    server.thaw().expect("thawed");
    until_it_answers(&redis).await;
}

#[tokio::test]
async fn an_address_with_a_password_is_never_printed() {
    let config = RedisConfig::new("redis://:hunter2@127.0.0.1:1");
    assert!(!format!("{config:?}").contains("hunter2"));
    let away = Redis::new(config, effects()).expect("an address").ping().await.expect_err("nobody is there");
    assert!(!away.to_string().contains("hunter2"), "{away}");
    let wrong = Redis::new(RedisConfig::new("postgres://:hunter2@x"), effects()).expect_err("no Redis");
    assert!(matches!(wrong, RedisError::Address(_)) && !wrong.to_string().contains("hunter2"), "{wrong}");
    let server = private_redis::start().expect("a server");
    let url = server.url().replace("redis://:", "redis://:not-");
    let stranger = Redis::new(RedisConfig::new(url), effects()).expect("an address");
    assert!(matches!(stranger.ping().await, Err(RedisError::Away(_))));
    let tls = server.url().replace("redis://", "rediss://");
    let tls = Redis::new(RedisConfig::new(tls), effects()).expect("an address");
    assert!(matches!(tls.ping().await, Err(RedisError::Away(_))), "it speaks no TLS");
}

#[tokio::test]
async fn a_store_must_keep_what_it_is_given() {
    let judged = async |lines: &[&str]| {
        let server = private_redis::start_with(lines).expect("a server");
        to(&server, effects()).fit_to_store().await
    };
    assert_eq!(judged(&[]).await, Ok(None));
    assert_eq!(judged(&["appendfsync everysec"]).await, Ok(Some(Caution::Everysec)));
    assert_eq!(judged(&["appendfsync no"]).await, Err(Unfit::NeverSyncs));
    assert_eq!(judged(&["appendonly no"]).await, Err(Unfit::Forgets));
    assert_eq!(judged(&["maxmemory-policy allkeys-lru"]).await, Err(Unfit::Evicts("allkeys-lru".into())));
    let refused = &["rename-command CONFIG \"\""];
    assert_eq!(judged(refused).await, Ok(Some(Caution::Untold)));
}

#[tokio::test]
async fn one_that_is_full_says_so() {
    let server = private_redis::start_with(&["maxmemory 1mb"]).expect("a server");
    let redis = to(&server, effects());
    let told: Result<(), RedisError> = redis.ask("set", cmd("SET").arg("x").arg("y".repeat(2 << 20))).await;
    let told = match told {
        Ok(()) => redis.ask::<()>("set", cmd("SET").arg("z").arg("y")).await,
        told => told,
    };
    assert!(matches!(told, Err(RedisError::Full(_))), "{told:?}");
}
