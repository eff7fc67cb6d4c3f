//! Who somebody is at a provider of logins, and when that lets them into an account here.

use crate::domain::{Account, EmailAddress, PersonName};
use hanse_kernel::{IdentityId, Timestamp, UserId};
use sha2::{Digest, Sha256};
use std::fmt;

/// A provider's name in addresses and in the configuration: `google`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProviderId(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 32 lower-case letters, digits and single '-' or '_', the first a letter")]
pub struct ProviderIdError;

impl ProviderId {
    pub fn parse(text: &str) -> Result<Self, ProviderIdError> {
        let fine = (1..=32).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
            // Two would part the names of environment variables.
            && !text.contains("__");
        fine.then(|| Self(text.into())).ok_or(ProviderIdError)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a provider calls a person, digested: it is only ever compared, and tells nobody who reads the store whom to look for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Subject([u8; 32]);

impl Subject {
    pub fn of(provider: &ProviderId, subject: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [provider.as_str(), subject] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subject(…)")
    }
}

/// Somebody at a provider who may enter an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub id: IdentityId,
    pub user: UserId,
    pub provider: ProviderId,
    /// Its owner linked it while logged in; otherwise an address did.
    pub by_owner: bool,
    pub linked_at: Timestamp,
    pub last_login_at: Option<Timestamp>,
}

impl Identity {
    /// Of one account.
    pub const MOST: usize = 20;

    /// A shopper who was let in for an address does not thereby come in as staff, once they work here.
    pub fn opens(&self, account: &Account) -> bool {
        self.by_owner || !account.standing.is_staff()
    }
}

/// How sure a provider is that an address is the person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It says that it has verified it.
    Given,
    /// It says nothing about it, as Facebook does.
    Silent,
    /// It has not verified it.
    Refused,
}

/// What a provider tells of whoever has logged in there.
#[derive(Debug, Clone)]
pub struct Told {
    pub subject: Subject,
    pub email: Option<EmailAddress>,
    pub word: Word,
    pub name: Option<PersonName>,
}

/// What becomes of somebody whom no account is linked with yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// The account of the address is linked, and entered.
    Link,
    /// A new account is opened, with an address that is verified or is yet to be.
    Open {
        verified: bool,
    },
    Refuse(Refusal),
}

/// Why a provider's word opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It tells no address, and an account has one.
    NoAddress,
    /// The provider has not verified the address. Whether it has an account is not told.
    Unverified,
    /// The address has an account that only its owner may link.
    LinkFirst,
}

impl Told {
    /// `account`: the one of the address. Both sides must have verified it, or whoever opened the account first with somebody else's
    /// address would let them in, or be let in by them. Staff are never let in unless they have said so themselves.
    pub fn judge(&self, account: Option<&Account>) -> Entry {
        if self.email.is_none() {
            return Entry::Refuse(Refusal::NoAddress);
        }
        match (self.word, account) {
            (Word::Refused, _) => Entry::Refuse(Refusal::Unverified),
            (Word::Given, Some(account))
                if account.email_verified_at.is_some() && !account.standing.is_staff() =>
            {
                Entry::Link
            }
            (_, Some(_)) => Entry::Refuse(Refusal::LinkFirst),
            (word, None) => Entry::Open { verified: word == Word::Given },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Opening;
    use crate::domain::role::BuiltIn;
    use crate::domain::{Role, Standing};
    use hanse_kernel::Locale;
    use uuid::Uuid;

    fn told(word: Word) -> Told {
        let provider = ProviderId::parse("google").unwrap();
        let email = EmailAddress::parse("ana@example.org").ok();
        Told { subject: Subject::of(&provider, "1"), email, word, name: None }
    }

    fn owner() -> Role {
        Role::BuiltIn(BuiltIn::Owner)
    }

    fn account(standing: Standing, verified: bool) -> Account {
        let opening = Opening {
            email: EmailAddress::parse("ana@example.org").unwrap(),
            name: PersonName::parse("Ana").unwrap(),
            locale: Locale::default(),
            password: None,
            standing,
        };
        let now = Timestamp::from_micros(0);
        let mut account = Account::open(UserId::new(Uuid::nil()), opening, now);
        account.email_verified_at = verified.then_some(now);
        account
    }

    #[test]
    fn an_account_is_entered_only_where_both_sides_have_verified_the_address() {
        let (fresh, verified) = (account(Standing::Customer, false), account(Standing::Customer, true));
        let staff = account(Standing::Staff(owner()), true);
        let first = Entry::Refuse(Refusal::LinkFirst);
        for (word, account, expected) in [
            (Word::Given, None, Entry::Open { verified: true }),
            (Word::Given, Some(&verified), Entry::Link),
            (Word::Given, Some(&fresh), first),
            (Word::Given, Some(&staff), first),
            (Word::Silent, None, Entry::Open { verified: false }),
            (Word::Silent, Some(&verified), first),
            (Word::Silent, Some(&staff), first),
        ] {
            assert_eq!(told(word).judge(account), expected, "{word:?}");
        }
        for account in [None, Some(&verified), Some(&fresh), Some(&staff)] {
            assert_eq!(told(Word::Refused).judge(account), Entry::Refuse(Refusal::Unverified));
            let nowhere = Told { email: None, ..told(Word::Given) };
            assert_eq!(nowhere.judge(account), Entry::Refuse(Refusal::NoAddress));
        }
    }

    #[test]
    fn staff_come_in_only_by_what_they_have_linked_themselves() {
        let (shopper, staff) = (account(Standing::Customer, true), account(Standing::Staff(owner()), true));
        let identity = |by_owner| Identity {
            id: IdentityId::new(Uuid::nil()),
            user: shopper.id,
            provider: ProviderId::parse("google").unwrap(),
            by_owner,
            linked_at: shopper.created_at,
            last_login_at: None,
        };
        assert!(identity(false).opens(&shopper) && !identity(false).opens(&staff));
        assert!(identity(true).opens(&shopper) && identity(true).opens(&staff));
    }

    #[test]
    fn people_of_two_providers_are_two() {
        let [a, b] = ["a", "ab"].map(|id| ProviderId::parse(id).unwrap());
        assert_eq!(Subject::of(&a, "b1"), Subject::of(&a, "b1"));
        assert_ne!(Subject::of(&a, "b1"), Subject::of(&b, "1"));
        assert_eq!(format!("{:?}", Subject::of(&a, "b1")), "Subject(…)");
    }

    #[test]
    fn a_providers_name_fits_into_addresses_and_variables() {
        for good in ["google", "a", "azure-ad2", "my_shop"] {
            assert!(ProviderId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "Google", "2fa", "a b", "a/b", "a__b", "ä", &"x".repeat(33)] {
            assert!(ProviderId::parse(bad).is_err(), "{bad}");
        }
    }
}
