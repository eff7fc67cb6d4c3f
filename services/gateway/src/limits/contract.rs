//! What every limiter must do, and what the shared one does besides.

use super::{Checked, Kind, Limiter, OwnLimits, SharedLimits, Subject, Verdict};
use crate::config::RateLimit;
use hanse_kernel::{Effects, Timestamp, UserId};
use hanse_redis::{Redis, RedisConfig};
use hanse_testkit::{RedisPlace, effects, private_redis, redis_place, redis_prefix};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

const CONFIG: RateLimit =
    RateLimit { enabled: true, loopback: true, login: 3, checkout: 5, account: 2, ..RateLimit::USUAL };

fn address(last: u8) -> Subject {
    Subject::at(IpAddr::V4(Ipv4Addr::new(203, 0, 113, last)))
}

fn network(text: &str) -> Subject {
    Subject::at(text.parse().expect("an address"))
}

async fn judged(limiter: &dyn Limiter, kind: Kind, subject: Subject) -> Verdict {
    match limiter.check(kind, subject) {
        Checked::Now(verdict) => verdict,
        Checked::Later(verdict) => verdict.await,
    }
}

async fn keeps_its_promises(limiter: &dyn Limiter) {
    for left in [2, 1, 0] {
        let verdict = judged(limiter, Kind::Login, address(1)).await;
        assert_eq!(verdict, Verdict { limit: 3, left, wait: None });
    }
    let refused = judged(limiter, Kind::Login, address(1)).await;
    assert_eq!((refused.limit, refused.left), (3, 0));
    let wait = refused.wait.expect("refused");
    assert!(
        wait > Duration::from_secs(10) && wait <= Duration::from_secs(20),
        "{wait:?}: a third of a minute"
    );
    // A refusal costs nothing: the wait does not grow.
    let again = judged(limiter, Kind::Login, address(1)).await.wait.expect("refused");
    assert!(again <= wait, "{again:?}");
    assert_eq!(judged(limiter, Kind::Checkout, address(1)).await.left, 4, "another kind");
    assert_eq!(judged(limiter, Kind::Login, address(2)).await.left, 2, "another address");
    assert_eq!(judged(limiter, Kind::Login, network("2001:db8::1")).await.left, 2);
    assert_eq!(judged(limiter, Kind::Login, network("2001:db8::2:1")).await.left, 1, "of the same network");
    assert_eq!(judged(limiter, Kind::Login, network("2001:db8:0:1::1")).await.left, 2, "another one");
    assert_eq!(
        judged(limiter, Kind::Login, network("::ffff:203.0.113.2")).await.left,
        1,
        "it is known already"
    );
    let [ana, eve] = [1, 2].map(|n| Subject::Account(UserId::new(uuid::Uuid::from_u128(n))));
    assert_eq!(judged(limiter, Kind::Account, ana).await.left, 1);
    assert_eq!(judged(limiter, Kind::Account, ana).await.left, 0);
    assert!(judged(limiter, Kind::Account, ana).await.wait.is_some());
    assert_eq!(judged(limiter, Kind::Account, eve).await.left, 1, "another account");
    fills_again(limiter).await;
}

/// At 1200 a minute a bucket gains one every 50 ms.
async fn fills_again(limiter: &dyn Limiter) {
    let effects = effects();
    let refused = async || {
        loop {
            if let Some(wait) = judged(limiter, Kind::Other, address(3)).await.wait {
                return wait;
            }
        }
    };
    let wait = effects.within(Duration::from_secs(20), refused()).await.expect("the bucket ends");
    assert!(wait <= Duration::from_millis(50), "{wait:?}");
    let began: Timestamp = effects.now();
    let passed = async {
        while judged(limiter, Kind::Other, address(3)).await.wait.is_some() {
            effects.timers.sleep(Duration::from_millis(2)).await;
        }
    };
    effects.within(Duration::from_secs(20), passed).await.expect("it is let through again");
    assert!(effects.now().since(began) + Duration::from_millis(5) >= wait, "not before its time");
}

fn shared(place: &RedisPlace, effects: Effects) -> SharedLimits {
    let config = RedisConfig { prefix: place.prefix.clone(), ..RedisConfig::new(place.url.clone()) };
    SharedLimits::new(Redis::new(config, effects).expect("an address"), CONFIG)
}

#[tokio::test]
async fn memory_keeps_its_promises() {
    keeps_its_promises(&OwnLimits::new(&CONFIG)).await;
}

#[tokio::test]
async fn redis_keeps_its_promises() {
    keeps_its_promises(&shared(&redis_place(), effects())).await;
}

#[tokio::test]
async fn two_gateways_count_together() {
    let place = redis_place();
    let (one, other) = (shared(&place, effects()), shared(&place, effects()));
    assert_eq!(judged(&one, Kind::Login, address(1)).await.left, 2);
    assert_eq!(judged(&other, Kind::Login, address(1)).await.left, 1);
    assert_eq!(judged(&one, Kind::Login, address(1)).await.left, 0);
    assert!(judged(&other, Kind::Login, address(1)).await.wait.is_some());
}

#[tokio::test]
async fn while_redis_is_away_each_limits_by_itself() {
    let mut server = private_redis::start().expect("a server");
    let place = RedisPlace { url: server.url(), prefix: redis_prefix() };
    let (one, other) = (shared(&place, effects()), shared(&place, effects()));
    for gateway in [&one, &other] {
        judged(gateway, Kind::Login, address(1)).await;
    }
    server.kill().expect("killed");
    for gateway in [&one, &other] {
        for left in [2, 1, 0] {
            assert_eq!(judged(gateway, Kind::Login, address(1)).await.left, left);
        }
        assert!(judged(gateway, Kind::Login, address(1)).await.wait.is_some(), "it is limited all the same");
    }
}
