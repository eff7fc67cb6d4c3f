//! The port through which the context layer learns who holds a token.

use async_trait::async_trait;
use hanse_kernel::Actor;

#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// For the log; the client is only told that the token is not valid.
    #[error("the token is not valid: {0}")]
    Invalid(&'static str),
    /// The token could not be judged, because what judges it cannot be reached.
    #[error("tokens cannot be verified now: {0}")]
    Unavailable(String),
}

#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Who holds this `Authorization: Bearer` token.
    async fn authenticate(&self, token: &str) -> Result<Actor, AuthError>;
}

/// For a service that takes no tokens: every token is refused.
pub struct NoTokens;

#[async_trait]
impl Authenticator for NoTokens {
    async fn authenticate(&self, _: &str) -> Result<Actor, AuthError> {
        Err(AuthError::Invalid("no tokens are taken here"))
    }
}
