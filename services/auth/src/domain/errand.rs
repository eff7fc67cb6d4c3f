//! Somebody is sent to a provider of logins and is to come back: with the same browser, once, and soon.

use crate::domain::{ProviderId, Token, TokenDigest};
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{Secret, Timestamp, UserId};
use sha2::{Digest, Sha256};
use std::fmt;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// What the store remembers. Whom it is about the browser's cookie tells, of which the store has the digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    pub digest: TokenDigest,
    pub provider: ProviderId,
    /// Who wants to link the provider with their account; none: somebody wants to log in.
    pub owner: Option<UserId>,
    pub return_to: ReturnPath,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Errand {
    pub const LIFETIME: Duration = Duration::from_secs(10 * 60);

    pub fn new(
        digest: TokenDigest,
        provider: ProviderId,
        owner: Option<UserId>,
        return_to: ReturnPath,
        now: Timestamp,
    ) -> Self {
        Self { digest, provider, owner, return_to, created_at: now, expires_at: now.plus(Self::LIFETIME) }
    }

    pub fn is_good(&self, provider: &ProviderId, now: Timestamp) -> bool {
        self.provider == *provider && now < self.expires_at
    }
}

/// What is sent along and has to come back. All of it follows from the secret of the browser's cookie, so that the store holds
/// nothing that anybody could use, and none of it tells the others.
pub struct Marks {
    /// Comes back in the address (RFC 6749 section 10.12).
    pub state: Secret,
    /// Comes back in the ID token (OpenID Connect Core section 3.1.2.1).
    pub nonce: Secret,
    /// Only ever shown to the provider when the code is exchanged (RFC 7636).
    pub verifier: Secret,
}

impl Marks {
    pub fn of(token: &Token) -> Self {
        let mark = |name: &str| -> Secret {
            let mut hash = Sha256::new();
            hash.update(name);
            hash.update(token.secret().expose_secret());
            hex::encode(hash.finalize()).into()
        };
        Self { state: mark("state of "), nonce: mark("nonce of "), verifier: mark("verifier of ") }
    }

    pub fn is_state(&self, sent: &str) -> bool {
        same(&self.state, sent)
    }

    pub fn is_nonce(&self, sent: &str) -> bool {
        same(&self.nonce, sent)
    }
}

fn same(mark: &Secret, sent: &str) -> bool {
    mark.expose_secret().as_bytes().ct_eq(sent.as_bytes()).into()
}

/// A page of this shop to go back to: whatever a browser makes of it, it stays here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnPath(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the path of a page of this shop, such as /account")]
pub struct ReturnPathError;

impl ReturnPath {
    const LONGEST: usize = 1024;

    pub fn parse(text: &str) -> Result<Self, ReturnPathError> {
        let path = text.split(['?', '#']).next().unwrap_or_default();
        let fine = text.len() <= Self::LONGEST
            && path.starts_with('/')
            // `//host` is another host, also behind a segment of dots that a browser takes away.
            && !path.contains("//")
            && !path.starts_with("/api/")
            && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        fine.then(|| Self(text.into())).ok_or(ReturnPathError)
    }

    pub fn account() -> Self {
        Self("/account".into())
    }

    pub fn security() -> Self {
        Self("/account/security".into())
    }

    pub fn login() -> Self {
        Self("/account/login".into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReturnPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TokenKind;
    use hanse_kernel::effects::SeededRng;

    #[test]
    fn one_comes_back_to_this_shop_and_nowhere_else() {
        for good in ["/", "/account", "/cart?x=//y", "/products/rope#top", "/p%C3%A9?to=https://a.example"] {
            assert_eq!(ReturnPath::parse(good).unwrap().as_str(), good);
        }
        let long = format!("/{}", "a".repeat(1024));
        for bad in [
            "",
            "account",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "/.//evil.example",
            "/%2e//evil.example",
            "/\t/evil.example",
            "/a b",
            "/a\r\nset-cookie: a=b",
            "/api/auth/oauth/google/start",
            "javascript:alert(1)",
            "/ä",
            &long,
        ] {
            assert!(ReturnPath::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn marks_follow_from_the_cookie_and_from_nothing_else() {
        let [one, other] = [1, 2].map(|seed| Token::random(TokenKind::Errand, &SeededRng::new(seed)));
        let (marks, again, others) = (Marks::of(&one), Marks::of(&one), Marks::of(&other));
        assert!(marks.is_state(again.state.expose_secret()) && marks.is_nonce(again.nonce.expose_secret()));
        assert!(
            !marks.is_state(others.state.expose_secret()) && !marks.is_nonce(again.state.expose_secret())
        );
        assert!(!marks.is_state(""));
        // At least 43 characters (RFC 7636 section 4.1).
        assert_eq!(marks.verifier.expose_secret().len(), 64);
    }

    #[test]
    fn an_errand_has_its_time_and_its_provider() {
        let start = Timestamp::from_micros(0);
        let [google, other] = ["google", "other"].map(|id| ProviderId::parse(id).unwrap());
        let digest = Token::random(TokenKind::Errand, &SeededRng::new(1)).digest();
        let errand = Errand::new(digest, google.clone(), None, ReturnPath::account(), start);
        let almost = start.plus(Duration::from_secs(599));
        assert!(errand.is_good(&google, almost) && !errand.is_good(&other, almost));
        assert!(!errand.is_good(&google, start.plus(Errand::LIFETIME)));
    }
}
