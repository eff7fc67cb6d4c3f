//! The port through which the context layer learns who holds a token.

use async_trait::async_trait;
use hanse_kernel::{Actor, Proof, Timestamp};
use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// For the log; the client is only told that the token is not valid.
    #[error("the token is not valid: {0}")]
    Invalid(&'static str),
    /// The token could not be judged, because what judges it cannot be reached.
    #[error("tokens cannot be verified now: {0}")]
    Unavailable(String),
}

/// For so long a proof is recent.
pub const RECENT: Duration = Duration::from_secs(10 * 60);

/// How somebody has shown who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Last at this time.
    At(Timestamp),
    /// It is not told.
    Sometime,
    /// Staff who have to enrol a second factor first.
    Unenrolled,
    /// By a program's key.
    Key,
}

impl Shown {
    pub fn proof(self, now: Timestamp) -> Proof {
        match self {
            Self::At(at) if now < at.plus(RECENT) => Proof::Recent,
            Self::At(_) | Self::Sometime => Proof::Former,
            Self::Unenrolled => Proof::Unenrolled,
            Self::Key => Proof::Key,
        }
    }
}

/// Who holds a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub actor: Actor,
    pub shown: Shown,
}

impl Known {
    /// Of whom no more is told than who it is.
    pub fn actor(actor: Actor) -> Self {
        Self { actor, shown: Shown::Sometime }
    }
}

#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Who holds this `Authorization: Bearer` token.
    async fn authenticate(&self, token: &str) -> Result<Known, AuthError>;
}

/// For a service that takes no tokens: every token is refused.
pub struct NoTokens;

#[async_trait]
impl Authenticator for NoTokens {
    async fn authenticate(&self, _: &str) -> Result<Known, AuthError> {
        Err(AuthError::Invalid("no tokens are taken here"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_recent_for_ten_minutes() {
        let at = Timestamp::from_micros(0);
        assert_eq!(Shown::At(at).proof(at.plus(RECENT - Duration::from_secs(1))), Proof::Recent);
        assert_eq!(Shown::At(at).proof(at.plus(RECENT)), Proof::Former);
        assert_eq!(Shown::Sometime.proof(at), Proof::Former);
        assert_eq!(Shown::Key.proof(at), Proof::Key);
        assert_eq!(Shown::Unenrolled.proof(at), Proof::Unenrolled);
    }
}
