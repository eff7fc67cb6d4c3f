//! A session: what one login began and a logout ends. Its refresh tokens are its family.

use hanse_kernel::{SessionId, Timestamp, UserId};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How the session's holder proves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Refresh tokens, for programs.
    Token,
    /// A cookie, for browsers: scripts of a page never see it.
    Cookie,
}

impl Transport {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Cookie => "cookie",
        }
    }
}

/// Why a session ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Its person ended it: where they were, from elsewhere, or by a new password.
    Logout,
    /// A used refresh token came again: somebody has a copy.
    Reuse,
}

impl Ending {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Reuse => "reuse",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    pub transport: Transport,
    /// What its person knows the device by.
    pub device: Option<String>,
    pub started_at: Timestamp,
    pub expires_at: Timestamp,
    /// The first ending counts: why a session is over does not change afterwards.
    pub ended: Option<(Timestamp, Ending)>,
}

impl Session {
    pub fn start(
        id: SessionId,
        user: UserId,
        transport: Transport,
        device: Option<String>,
        now: Timestamp,
        lifetime: Duration,
    ) -> Self {
        Self { id, user, transport, device, started_at: now, expires_at: now.plus(lifetime), ended: None }
    }

    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.expires_at
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not known")]
pub struct UnknownWord;

impl FromStr for Transport {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        [Self::Token, Self::Cookie].into_iter().find(|t| t.as_str() == text).ok_or(UnknownWord)
    }
}

impl FromStr for Ending {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        [Self::Logout, Self::Reuse].into_iter().find(|e| e.as_str() == text).ok_or(UnknownWord)
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
