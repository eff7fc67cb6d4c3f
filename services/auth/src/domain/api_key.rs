//! API keys: what a program of the merchant's shows instead of logging in. A key may do some of what its owner may.

use crate::domain::{Account, Token};
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{Permission, Timestamp, UserId};
use std::collections::BTreeSet;
use std::time::Duration;

/// So much of a key is shown afterwards, to tell keys apart by; the rest, 208 bits, is only ever with its holder.
const SHOWN: usize = "hak_".len() + 12;

/// A key's last use is written down once in so long.
pub const NOTED_EVERY: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The beginning of the key itself.
    pub id: String,
    pub owner: UserId,
    /// What it is for, in its owner's words.
    pub name: String,
    pub permissions: BTreeSet<Permission>,
    pub created_at: Timestamp,
    /// Within a minute. None: never used.
    pub last_used_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 100 characters of text")]
pub struct KeyNameError;

impl ApiKey {
    /// A shop has no more than this: their list is one page.
    pub const MOST: i64 = 200;

    pub fn new(
        token: &Token,
        owner: UserId,
        name: String,
        permissions: BTreeSet<Permission>,
        now: Timestamp,
    ) -> Self {
        let id = token.secret().expose_secret().chars().take(SHOWN).collect();
        Self { id, owner, name, permissions, created_at: now, last_used_at: None }
    }

    pub fn name(text: &str) -> Result<String, KeyNameError> {
        let text = text.trim();
        let fine = (1..=100).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fine.then(|| text.to_string()).ok_or(KeyNameError)
    }

    /// What it may do now: never more than its owner. None: they do not work here any more.
    pub fn allows(&self, owner: &Account) -> Option<BTreeSet<Permission>> {
        owner.standing.role().map(|role| &self.permissions & &role.permissions())
    }

    pub fn is_use_to_be_noted(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|last| last.plus(NOTED_EVERY) <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TokenKind;
    use hanse_kernel::effects::SeededRng;
    use uuid::Uuid;

    #[test]
    fn a_key_shows_its_beginning_and_no_more() {
        let token = Token::random(TokenKind::ApiKey, &SeededRng::new(1));
        let owner = UserId::new(Uuid::nil());
        let key = ApiKey::new(&token, owner, "shelf".into(), BTreeSet::new(), Timestamp::from_micros(0));
        assert_eq!(key.id.len(), 16);
        assert!(token.secret().expose_secret().starts_with(&key.id));
        assert!(!format!("{key:?}").contains(&token.secret().expose_secret()[16..]));
    }

    #[test]
    fn a_use_is_noted_once_a_minute() {
        let token = Token::random(TokenKind::ApiKey, &SeededRng::new(1));
        let start = Timestamp::from_micros(0);
        let mut key = ApiKey::new(&token, UserId::new(Uuid::nil()), "shelf".into(), BTreeSet::new(), start);
        assert!(key.is_use_to_be_noted(start));
        key.last_used_at = Some(start);
        assert!(!key.is_use_to_be_noted(start.plus(Duration::from_secs(59))));
        assert!(key.is_use_to_be_noted(start.plus(NOTED_EVERY)));
        assert!(ApiKey::name("  the shelf's scanner ").is_ok());
        assert!(ApiKey::name("").is_err() && ApiKey::name("a\nb").is_err());
        assert!(ApiKey::name(&"x".repeat(101)).is_err());
    }
}
