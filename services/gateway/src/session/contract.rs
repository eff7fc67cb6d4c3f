//! What every board of sessions must do, and what the shared one does besides.

use super::board::{Board, Digest, Exchanged, OwnBoard, Seen};
use super::shared::SharedBoard;
use async_trait::async_trait;
use hanse_auth_contract::{EndedSessions, SESSION_ENDED_KEY};
use hanse_http::{AuthError, Authenticator, Known};
use hanse_kernel::{Actor, SessionId, UserId};
use hanse_redis::{Redis, RedisConfig, cmd};
use hanse_testkit::{RedisPlace, effects, private_redis, redis_place, redis_prefix};
use std::sync::Arc;
use uuid::Uuid;

fn customer(n: u128) -> Known {
    Known::actor(Actor::Customer { user: UserId::new(Uuid::from_u128(n)) })
}

fn cookie(n: u8) -> Digest {
    [n; 32]
}

fn exchanged(n: u128) -> Exchanged {
    Exchanged { holder: customer(n), session: Some(format!("sess_{n}")), access_token: format!("good.{n}") }
}

/// Believes tokens that begin with `good.`
struct Verifier;

#[async_trait]
impl Authenticator for Verifier {
    async fn authenticate(&self, token: &str) -> Result<Known, AuthError> {
        let number = token.strip_prefix("good.").and_then(|n| n.parse().ok());
        number.map(customer).ok_or(AuthError::Invalid("forged"))
    }
}

fn redis(place: &RedisPlace) -> Redis {
    let config = RedisConfig { prefix: place.prefix.clone(), ..RedisConfig::new(place.url.clone()) };
    Redis::new(config, effects()).expect("an address")
}

fn shared(place: &RedisPlace) -> SharedBoard {
    SharedBoard::new(redis(place), Arc::new(Verifier))
}

async fn keeps_its_promises(board: &dyn Board) {
    assert_eq!(board.look(&cookie(1)).await, Seen::Nothing);
    board.note(&cookie(1), &exchanged(1)).await;
    assert_eq!(board.look(&cookie(1)).await, Seen::Known(customer(1)));
    assert_eq!(board.look(&cookie(2)).await, Seen::Nothing);
    board.forget(&cookie(1)).await;
    assert_eq!(board.look(&cookie(1)).await, Seen::Nothing, "it has changed, and auth is asked");
    board.note(&cookie(1), &exchanged(1)).await;
    board.end(&cookie(1)).await;
    assert_eq!(board.look(&cookie(1)).await, Seen::Ended);
    board.forget(&cookie(1)).await;
    // An exchange that was answered before the end is noted after it.
    board.note(&cookie(1), &exchanged(1)).await;
    assert_eq!(board.look(&cookie(1)).await, Seen::Ended);
    board.end(&cookie(3)).await;
    board.note(&cookie(3), &exchanged(3)).await;
    assert_eq!(board.look(&cookie(3)).await, Seen::Ended, "ended before it was ever known");
}

#[tokio::test]
async fn memory_keeps_its_promises() {
    keeps_its_promises(&OwnBoard::new(EndedSessions::default())).await;
}

#[tokio::test]
async fn a_session_that_auth_ended_in_the_same_process_is_over_at_once() {
    let news = EndedSessions::listened_to();
    let board = OwnBoard::new(news.clone());
    let [one, other] = [1, 2].map(|n| SessionId::new(Uuid::from_u128(n)));
    let of = |n, session: SessionId| Exchanged { session: Some(session.to_string()), ..exchanged(n) };
    board.note(&cookie(1), &of(1, one)).await;
    board.note(&cookie(2), &of(2, other)).await;
    news.tell(&[one]);
    assert_eq!(board.look(&cookie(1)).await, Seen::Ended);
    assert_eq!(board.look(&cookie(2)).await, Seen::Known(customer(2)));
    // An exchange that was answered before the end is noted after it.
    board.note(&cookie(3), &of(1, one)).await;
    assert_eq!(board.look(&cookie(3)).await, Seen::Ended);
}

#[tokio::test]
async fn redis_keeps_its_promises() {
    keeps_its_promises(&shared(&redis_place())).await;
}

#[tokio::test]
async fn a_logout_at_one_gateway_is_seen_by_all_at_once() {
    let place = redis_place();
    let (one, other) = (shared(&place), shared(&place));
    one.note(&cookie(1), &exchanged(1)).await;
    assert_eq!(other.look(&cookie(1)).await, Seen::Known(customer(1)), "auth was asked once");
    other.note(&cookie(1), &exchanged(1)).await;
    one.end(&cookie(1)).await;
    assert_eq!(other.look(&cookie(1)).await, Seen::Ended);
    other.note(&cookie(1), &exchanged(1)).await;
    assert_eq!(other.look(&cookie(1)).await, Seen::Ended);
}

#[tokio::test]
async fn a_session_that_auth_ended_is_over_at_every_gateway() {
    let place = redis_place();
    let board = shared(&place);
    board.note(&cookie(1), &exchanged(1)).await;
    board.note(&cookie(2), &exchanged(2)).await;
    let redis = redis(&place);
    let key = redis.key(format_args!("{SESSION_ENDED_KEY}:sess_1"));
    let () = redis.ask("told", cmd("SET").arg(key).arg("").arg("EX").arg(60)).await.expect("told");
    assert_eq!(board.look(&cookie(1)).await, Seen::Ended);
    assert_eq!(board.look(&cookie(2)).await, Seen::Known(customer(2)));
}

#[tokio::test]
async fn who_writes_into_redis_is_nobody_without_auths_signature() {
    let place = redis_place();
    let forged = Exchanged { access_token: "forged.1".into(), ..exchanged(1) };
    shared(&place).note(&cookie(1), &forged).await;
    assert_eq!(shared(&place).look(&cookie(1)).await, Seen::Nothing);
}

#[tokio::test]
async fn while_redis_is_away_each_gateway_goes_by_what_it_saw() {
    let mut server = private_redis::start().expect("a server");
    let place = RedisPlace { url: server.url(), prefix: redis_prefix() };
    let board = shared(&place);
    for n in [1, 2] {
        board.note(&cookie(n), &exchanged(n.into())).await;
    }
    board.end(&cookie(2)).await;
    server.kill().expect("killed");
    assert_eq!(board.look(&cookie(1)).await, Seen::Known(customer(1)));
    assert_eq!(board.look(&cookie(2)).await, Seen::Ended);
    board.note(&cookie(3), &exchanged(3)).await;
    assert_eq!(board.look(&cookie(3)).await, Seen::Known(customer(3)));
    board.end(&cookie(3)).await;
    assert_eq!(board.look(&cookie(3)).await, Seen::Ended);
}
