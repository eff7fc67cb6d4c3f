//! Links that are mailed: whoever follows one has shown that they read the mail of an address.

use crate::domain::EmailAddress;
use hanse_kernel::{LinkId, Personal, Timestamp, UserId};
use std::str::FromStr;
use std::time::Duration;

/// What following the link allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    ResetPassword,
    VerifyEmail,
    /// To take the address that the link was mailed to.
    ChangeEmail,
    /// To work for the merchant. Its link has no owner: see [`crate::domain::Invitation`].
    Invitation,
}

impl Purpose {
    pub const ALL: [Self; 4] = [Self::ResetPassword, Self::VerifyEmail, Self::ChangeEmail, Self::Invitation];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset_password",
            Self::VerifyEmail => "verify_email",
            Self::ChangeEmail => "change_email",
            Self::Invitation => "invitation",
        }
    }

    /// A link that changes how the account is opened is short-lived; one that proves an address opens nothing.
    pub fn lifetime(self) -> Duration {
        let hour = Duration::from_secs(60 * 60);
        match self {
            Self::ResetPassword | Self::ChangeEmail => hour,
            Self::VerifyEmail => 48 * hour,
            Self::Invitation => 7 * 24 * hour,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no purpose of a link")]
pub struct UnknownPurpose;

impl FromStr for Purpose {
    type Err = UnknownPurpose;
    fn from_str(text: &str) -> Result<Self, UnknownPurpose> {
        Self::ALL.into_iter().find(|p| p.as_str() == text).ok_or(UnknownPurpose)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLink {
    pub id: LinkId,
    /// None: nobody is written to, unless it is an invitation. The row is there all the same, so that asking costs the same.
    pub owner: Option<UserId>,
    pub purpose: Purpose,
    /// The address that it is mailed to and makes the account's. None: it is mailed to the one that the account has.
    pub email: Option<Personal<EmailAddress>>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub closed_at: Option<Timestamp>,
}

impl AccountLink {
    /// More often than this in [`Self::PER`] nobody is written to: a mailbox is not to be filled by others.
    pub const MOST: i64 = 5;
    pub const PER: Duration = Duration::from_secs(60 * 60);
    /// A mail is written again when sending it failed, at most so often.
    pub const MAILS: i64 = 20;

    pub fn new(id: LinkId, owner: Option<UserId>, purpose: Purpose, now: Timestamp) -> Self {
        let expires_at = now.plus(purpose.lifetime());
        Self { id, owner, purpose, email: None, created_at: now, expires_at, closed_at: None }
    }

    /// Whose it is, if it is good for `purpose` now.
    pub fn opens(&self, purpose: Purpose, now: Timestamp) -> Option<UserId> {
        self.owner.filter(|_| self.is_good(purpose, now))
    }

    pub fn is_good(&self, purpose: Purpose, now: Timestamp) -> bool {
        self.purpose == purpose && self.closed_at.is_none() && now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_link_is_good_for_one_thing_once_and_for_its_time() {
        let (start, owner) = (Timestamp::from_micros(0), UserId::new(Uuid::from_u128(1)));
        let link = AccountLink::new(LinkId::new(Uuid::nil()), Some(owner), Purpose::ResetPassword, start);
        let almost = start.plus(Duration::from_secs(3599));
        assert_eq!(link.opens(Purpose::ResetPassword, almost), Some(owner));
        assert_eq!(link.opens(Purpose::VerifyEmail, almost), None);
        assert_eq!(link.opens(Purpose::ResetPassword, start.plus(Duration::from_secs(3600))), None);
        let used = AccountLink { closed_at: Some(start), ..link.clone() };
        assert_eq!(used.opens(Purpose::ResetPassword, almost), None);
        assert_eq!(AccountLink { owner: None, ..link }.opens(Purpose::ResetPassword, almost), None);
        for purpose in Purpose::ALL {
            assert_eq!(purpose.as_str().parse(), Ok(purpose));
        }
    }
}
