//! What all gateways remember of sessions together, in Redis: an end at any of them, or one that auth tells, counts for
//! all of them at once. While Redis is away each goes by its own memory, which knows everything that this gateway saw.

use super::board::{BELIEVED, Board, Digest, ENDED, Exchanged, OwnBoard, Seen};
use async_trait::async_trait;
use hanse_auth_contract::{EndedSessions, SESSION_ENDED_KEY};
use hanse_http::Authenticator;
use hanse_redis::{Redis, RedisError, Script, cmd};
use std::sync::Arc;

/// What stands in the place of an access token when the session is over.
const OVER: &str = "-";

/// A session is over when its cookie says so (a gateway's logout), or its id (auth ended it). The value is the id and the
/// access token.
const LOOK: &str = "
local value = redis.call('GET', KEYS[1])
if value and value ~= ARGV[2] and redis.call('EXISTS', ARGV[1] .. string.match(value, '^%S*')) == 1 then
  return ARGV[2]
end
return value
";

const FORGET: &str = "
if redis.call('GET', KEYS[1]) == ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
";

/// It is the access token that is shared, not who it stands for: each gateway believes auth's signature and nobody else,
/// and has what it verified in memory.
pub(crate) struct SharedBoard {
    redis: Redis,
    look: Script,
    forget: Script,
    verifier: Arc<dyn Authenticator>,
    own: OwnBoard,
}

impl SharedBoard {
    pub(crate) fn new(redis: Redis, verifier: Arc<dyn Authenticator>) -> Self {
        Self {
            redis,
            look: Script::new("session", LOOK),
            forget: Script::new("session_forget", FORGET),
            verifier,
            own: OwnBoard::new(EndedSessions::default()),
        }
    }

    fn key(&self, cookie: &Digest) -> String {
        let digits: String = cookie.iter().map(|byte| format!("{byte:02x}")).collect();
        self.redis.key(format_args!("session:{digits}"))
    }

    async fn set(&self, cookie: &Digest, value: &str, way: &[&str]) -> Result<(), RedisError> {
        let mut set = cmd("SET");
        set.arg(self.key(cookie)).arg(value).arg(way);
        self.redis.ask::<Option<String>>("session_note", &set).await.map(drop)
    }

    async fn shared(&self, cookie: &Digest) -> Result<Seen, RedisError> {
        let ended = self.redis.key(format_args!("{SESSION_ENDED_KEY}:"));
        let value: Option<String> =
            self.redis.run(&self.look, &[self.key(cookie)], &[ended.as_str(), OVER]).await?;
        let Some(value) = value else { return Ok(Seen::Nothing) };
        if value == OVER {
            return Ok(Seen::Ended);
        }
        let token = value.split_once(' ').map_or("", |(_, token)| token);
        // One that has run out, or whose key we do not know, says nothing: auth is asked.
        Ok(self.verifier.authenticate(token).await.map_or(Seen::Nothing, Seen::Known))
    }
}

#[async_trait]
impl Board for SharedBoard {
    async fn look(&self, cookie: &Digest) -> Seen {
        // What ended here is over, whether or not the others could be told.
        let own = self.own.look(cookie).await;
        if own == Seen::Ended {
            return own;
        }
        self.shared(cookie).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "this gateway goes by its own memory of sessions");
            metrics::counter!("gateway_sessions_alone_total").increment(1);
            own
        })
    }

    async fn note(&self, cookie: &Digest, exchanged: &Exchanged) {
        self.own.note(cookie, exchanged).await;
        // A key is of no session, so that none of its ends.
        let session = exchanged.session.as_deref().unwrap_or("-");
        let value = format!("{session} {}", exchanged.access_token);
        let believed = BELIEVED.as_millis().to_string();
        if let Err(error) = self.set(cookie, &value, &["PX", &believed, "NX"]).await {
            tracing::debug!(%error, "other gateways ask auth for this session themselves");
        }
    }

    async fn forget(&self, cookie: &Digest) {
        self.own.forget(cookie).await;
        // Not the end of it, should that have been told.
        let keys = [self.key(cookie)];
        if let Err(error) = self.redis.run::<i64>(&self.forget, &keys, &[OVER]).await {
            tracing::debug!(%error, "the other gateways notice within {} s", BELIEVED.as_secs());
        }
    }

    async fn end(&self, cookie: &Digest) {
        self.own.end(cookie).await;
        let ended = ENDED.as_millis().to_string();
        if let Err(error) = self.set(cookie, OVER, &["PX", &ended]).await {
            tracing::warn!(%error, "the other gateways notice a logout within {} s", BELIEVED.as_secs());
        }
    }
}
