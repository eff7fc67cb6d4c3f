//! Refresh tokens: each is good once. One that comes again means that two have it, and nobody can tell who is the thief:
//! the whole family ends (RFC 9700 section 4.14.2).

use crate::domain::{Session, TokenDigest};
use hanse_kernel::{SessionId, Timestamp};
use std::time::Duration;

#[derive(Debug, Clone, Copy)]
pub struct RefreshToken {
    pub digest: TokenDigest,
    /// Its family.
    pub session: SessionId,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

/// What a presented token turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    Good,
    Expired,
    /// Sent before its holder could know that it had been used: two tabs, or a request sent twice. Refused, no more.
    Raced,
    /// Sent after the answer to its use: a copy.
    Reused,
}

impl RefreshToken {
    /// A new member of the session's family. It outlives neither `lifetime` nor the session.
    pub fn issue(digest: TokenDigest, session: &Session, now: Timestamp, lifetime: Duration) -> Self {
        let expires_at = now.plus(lifetime).min(session.expires_at);
        Self { digest, session: session.id, issued_at: now, expires_at, used_at: None }
    }

    /// `arrived` is when the request came in. An answer is held back until `overlap` after the use, so whoever arrives
    /// within it cannot have seen the answer, and whoever has seen it arrives later: the two are told apart surely, not
    /// by a guess at how fast clients are.
    pub fn judge(&self, arrived: Timestamp, now: Timestamp, overlap: Duration) -> Presented {
        match self.used_at {
            Some(used) if arrived < used.plus(overlap) => Presented::Raced,
            Some(_) => Presented::Reused,
            None if now >= self.expires_at => Presented::Expired,
            None => Presented::Good,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Token, TokenKind};
    use hanse_kernel::effects::SeededRng;

    #[test]
    fn a_token_is_good_once_and_a_copy_is_told_from_a_race() {
        let at = |ms: i64| Timestamp::from_micros(ms * 1000);
        let overlap = Duration::from_millis(250);
        let digest = Token::random(TokenKind::Refresh, &SeededRng::new(1)).digest();
        let session = SessionId::new(uuid::Uuid::from_u128(1));
        let mut token =
            RefreshToken { digest, session, issued_at: at(0), expires_at: at(10_000), used_at: None };
        assert_eq!(token.judge(at(1), at(2), overlap), Presented::Good);
        assert_eq!(token.judge(at(10_000), at(10_000), overlap), Presented::Expired);
        token.used_at = Some(at(1000));
        assert_eq!(token.judge(at(990), at(1010), overlap), Presented::Raced);
        assert_eq!(token.judge(at(1249), at(1300), overlap), Presented::Raced);
        assert_eq!(token.judge(at(1250), at(1300), overlap), Presented::Reused);
        assert_eq!(token.judge(at(99_999), at(99_999), overlap), Presented::Reused);
    }
}
