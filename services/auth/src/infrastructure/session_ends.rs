//! How the gateways hear of sessions that ended.

use crate::application::ports::SessionEnds;
use async_trait::async_trait;
use hanse_auth_contract::{EndedSessions, SESSION_ENDED_KEY};
use hanse_kernel::SessionId;
use hanse_redis::{Redis, cmd};

/// Longer than a gateway believes an exchange, the time of one that is under way included.
const KEPT_SECONDS: u64 = 120;

/// Within the process.
pub struct OwnSessionEnds(pub EndedSessions);

#[async_trait]
impl SessionEnds for OwnSessionEnds {
    async fn tell(&self, sessions: &[SessionId]) {
        self.0.tell(sessions);
    }
}

/// Through the Redis that they share.
pub struct RedisSessionEnds(pub Redis);

#[async_trait]
impl SessionEnds for RedisSessionEnds {
    async fn tell(&self, sessions: &[SessionId]) {
        for session in sessions {
            let key = self.0.key(format_args!("{SESSION_ENDED_KEY}:{session}"));
            let mut set = cmd("SET");
            set.arg(key).arg("").arg("EX").arg(KEPT_SECONDS);
            if let Err(error) = self.0.ask::<()>("session_end", &set).await {
                tracing::warn!(%error, "the gateways notice the end of a session by themselves, within 20 s");
            }
        }
    }
}
