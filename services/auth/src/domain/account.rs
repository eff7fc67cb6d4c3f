//! An account: somebody who can log in.

use crate::domain::{EmailAddress, PasswordHash, PersonName, Role};
use hanse_kernel::{Locale, Permission, Personal, Timestamp, UserId};
use std::collections::BTreeSet;

/// What a person is to the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Customer,
    Staff(Role),
}

impl Standing {
    pub fn is_staff(&self) -> bool {
        matches!(self, Self::Staff(_))
    }

    /// Customers hold none: what they may do hangs on what is theirs.
    pub fn permissions(&self) -> BTreeSet<Permission> {
        match self {
            Self::Customer => BTreeSet::new(),
            Self::Staff(role) => role.permissions(),
        }
    }

    pub fn role(&self) -> Option<&Role> {
        match self {
            Self::Customer => None,
            Self::Staff(role) => Some(role),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Account {
    pub id: UserId,
    pub email: Personal<EmailAddress>,
    pub name: Personal<PersonName>,
    pub locale: Locale,
    /// None: they come in through a provider of logins, until they take one by mail.
    pub password: Option<PasswordHash>,
    pub standing: Standing,
    /// Since when the address is known to be theirs. Nothing is refused to a shopper whose is not.
    pub email_verified_at: Option<Timestamp>,
    pub created_at: Timestamp,
    /// Counts saves, so that two units do not overwrite each other's.
    pub version: i64,
    /// Counts the events told about this account; the last one's `aggver`.
    pub events: i64,
}

/// What it takes to open an account.
#[derive(Debug, Clone)]
pub struct Opening {
    pub email: EmailAddress,
    pub name: PersonName,
    pub locale: Locale,
    pub password: Option<PasswordHash>,
    pub standing: Standing,
}

impl Account {
    /// A new account, with its opening as its first event.
    pub fn open(id: UserId, opening: Opening, now: Timestamp) -> Self {
        let Opening { email, name, locale, password, standing } = opening;
        Self {
            id,
            email: Personal::of(id, email),
            name: Personal::of(id, name),
            locale,
            password,
            standing,
            email_verified_at: None,
            created_at: now,
            version: 1,
            events: 1,
        }
    }

    /// They have read a mail that went to the address. The first time counts.
    pub fn verify_email(&mut self, now: Timestamp) {
        self.email_verified_at.get_or_insert(now);
    }

    /// They have read a mail that went to the new address.
    pub fn take_email(&mut self, email: EmailAddress, now: Timestamp) {
        self.email = Personal::of(self.id, email);
        self.email_verified_at = Some(now);
    }

    /// Counts one more event and tells its number.
    pub fn next_event(&mut self) -> i64 {
        self.events += 1;
        self.events
    }
}
