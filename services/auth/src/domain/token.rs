//! Opaque tokens: 256 random bits that prove a session or a mailed link. The store only ever has their digests.

use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{Rng, Secret};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Exchanged for access tokens, once.
    Refresh,
    /// What a browser's cookie holds.
    Session,
    /// What a mailed link holds.
    Link,
    /// What a browser is known again by. Opens nothing.
    Device,
    /// What the browser of somebody keeps who was sent to a provider of logins.
    Errand,
    /// What a program of the merchant's shows instead of logging in.
    ApiKey,
    /// What somebody who has shown the password brings along with the second factor.
    Challenge,
    /// What a passkey's answer comes with.
    Ceremony,
}

impl TokenKind {
    /// A prefix of our own, so that scanners for leaked secrets recognise one wherever it turns up.
    fn prefix(self) -> &'static str {
        match self {
            Self::Refresh => "hrt_",
            Self::Session => "hst_",
            Self::Link => "hlt_",
            Self::Device => "hdt_",
            Self::Errand => "het_",
            Self::ApiKey => "hak_",
            Self::Challenge => "hct_",
            Self::Ceremony => "hpc_",
        }
    }
}

/// The token itself, as its holder has it. Does not print.
#[derive(Debug, Clone)]
pub struct Token(Secret);

impl Token {
    pub fn random(kind: TokenKind, rng: &dyn Rng) -> Self {
        let mut bytes = [0; 32];
        rng.fill(&mut bytes);
        let token = Self(format!("{}{}", kind.prefix(), hex::encode(bytes)).into());
        bytes.zeroize();
        token
    }

    /// What a client sent, if it can be a token of this kind at all.
    pub fn read(kind: TokenKind, sent: &Secret) -> Option<Self> {
        let digits = sent.expose_secret().strip_prefix(kind.prefix())?;
        let fine = digits.len() == 64 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        fine.then(|| Self(sent.clone()))
    }

    /// For its holder and nobody else.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// A plain hash is enough: there is nothing to guess among 2²⁵⁶, so there is nothing for salt and stretching to slow
    /// down.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest(Sha256::digest(self.0.expose_secret()).into())
    }
}

/// What the store knows of a token. Whoever reads it cannot make the token from it.
#[derive(Clone, Copy)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// What was digested elsewhere.
    pub const fn of(digest: [u8; 32]) -> Self {
        Self(digest)
    }
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for TokenDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}
impl Eq for TokenDigest {}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::effects::SeededRng;

    #[test]
    fn a_token_reads_back_as_its_own_kind_only_and_does_not_print() {
        let token = Token::random(TokenKind::Refresh, &SeededRng::new(1));
        let again = Token::read(TokenKind::Refresh, token.secret()).unwrap();
        assert_eq!(again.digest(), token.digest());
        assert!(Token::read(TokenKind::Session, token.secret()).is_none());
        assert!(!format!("{token:?} {:?}", token.digest()).contains("hrt_"));
        assert_ne!(Token::random(TokenKind::Refresh, &SeededRng::new(2)).digest(), token.digest());
    }

    #[test]
    fn what_cannot_be_a_token_is_not_even_looked_up() {
        let upper = format!("hrt_{}", "A".repeat(64));
        let long = format!("hrt_{}", "a".repeat(65));
        for bad in ["", "hrt_", "hrt_zz", &upper, &long, "' or 1=1 --"] {
            assert!(Token::read(TokenKind::Refresh, &bad.into()).is_none(), "{bad}");
        }
    }
}
