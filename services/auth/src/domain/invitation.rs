//! Somebody is asked to work for the merchant: a mailed link that makes whoever follows it staff.

use crate::domain::{AccountLink, EmailAddress, PersonName, Role};
use hanse_kernel::{LinkId, Locale, Personal, Timestamp, UserId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Of the link that is mailed.
    pub id: LinkId,
    pub email: Personal<EmailAddress>,
    pub name: Personal<PersonName>,
    pub locale: Locale,
    pub role: Role,
    pub invited_by: UserId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Invitation {
    /// A shop has no more open than this: their list is one page.
    pub const MOST: i64 = 200;

    /// Who is written to, for as long as they have no account.
    pub fn stranger(&self) -> UserId {
        UserId::new(self.id.uuid())
    }

    /// The link that opens it.
    pub fn link(&self) -> AccountLink {
        AccountLink {
            id: self.id,
            owner: None,
            purpose: crate::domain::Purpose::Invitation,
            email: Some(self.email.clone()),
            created_at: self.created_at,
            expires_at: self.expires_at,
            closed_at: None,
        }
    }
}
