//! A session: what one login began and a logout ends. Its refresh tokens are its family.

use crate::domain::Method;
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
    /// When its person last showed who they are, and how.
    pub proven_at: Timestamp,
    pub proven_by: Vec<Method>,
    pub expires_at: Timestamp,
    /// The first ending counts: why a session is over does not change afterwards.
    pub ended: Option<(Timestamp, Ending)>,
}

/// How a session begins.
#[derive(Debug, Clone)]
pub struct Begun {
    pub transport: Transport,
    pub device: Option<String>,
    pub proven_by: Vec<Method>,
}

impl Session {
    pub fn start(id: SessionId, user: UserId, how: Begun, now: Timestamp, lifetime: Duration) -> Self {
        let Begun { transport, device, proven_by } = how;
        Self {
            id,
            user,
            transport,
            device,
            started_at: now,
            proven_at: now,
            proven_by,
            expires_at: now.plus(lifetime),
            ended: None,
        }
    }

    /// Whether a second factor was shown in it.
    pub fn has_factor(&self) -> bool {
        self.proven_by.iter().any(|method| method.is_factor())
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
