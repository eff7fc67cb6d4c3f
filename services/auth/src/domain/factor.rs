//! Second factors: what somebody shows besides the password, and the moment between the two.

use crate::domain::{TokenDigest, TotpSecret, Transport};
use hanse_kernel::{Timestamp, UserId};
use std::str::FromStr;
use std::time::Duration;

/// How somebody showed who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    Password,
    Totp,
    RecoveryCode,
    Passkey,
    /// By what a provider of logins says.
    Provider,
}

impl Method {
    pub const ALL: [Self; 5] =
        [Self::Password, Self::Totp, Self::RecoveryCode, Self::Passkey, Self::Provider];

    /// Besides the password, or a provider's word.
    pub fn is_factor(self) -> bool {
        !matches!(self, Self::Password | Self::Provider)
    }

    /// As access tokens tell it (RFC 8176, which has no word for a recovery code and a provider).
    pub fn amr(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::Totp => "otp",
            Self::RecoveryCode => "recovery",
            Self::Passkey => "pop",
            Self::Provider => "fed",
        }
    }

    /// As clients know it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
            Self::Passkey => "passkey",
            Self::Provider => "provider",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no way to show who one is")]
pub struct UnknownMethod;

impl FromStr for Method {
    type Err = UnknownMethod;
    fn from_str(text: &str) -> Result<Self, UnknownMethod> {
        Self::ALL.into_iter().find(|method| method.as_str() == text).ok_or(UnknownMethod)
    }
}

/// Who has to show a second factor at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffFactor {
    /// Staff: without one they do nothing but enrol it.
    Required,
    /// Whoever has enrolled one.
    WhenEnrolled,
}

/// An authenticator app of somebody's. Until it is confirmed by a first code it opens nothing and closes nothing.
#[derive(Debug, Clone)]
pub struct TotpFactor {
    pub owner: UserId,
    pub secret: TotpSecret,
    pub created_at: Timestamp,
    pub confirmed_at: Option<Timestamp>,
    /// Codes of this step and of those before it are not taken any more.
    pub used_step: i64,
}

impl TotpFactor {
    pub fn new(owner: UserId, secret: TotpSecret, now: Timestamp) -> Self {
        Self { owner, secret, created_at: now, confirmed_at: None, used_step: 0 }
    }
}

/// What somebody has enrolled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Enrolled {
    pub totp_since: Option<Timestamp>,
    pub recovery_codes: i64,
    pub passkeys: i64,
}

impl Enrolled {
    /// Whether a password alone is not enough.
    pub fn any(&self) -> bool {
        self.totp_since.is_some() || self.passkeys > 0
    }

    /// The ways to show a second factor; none where there is no need to.
    pub fn methods(&self) -> Vec<Method> {
        if !self.any() {
            return vec![];
        }
        let ways = [
            (self.totp_since.is_some(), Method::Totp),
            (self.passkeys > 0, Method::Passkey),
            (self.recovery_codes > 0, Method::RecoveryCode),
        ];
        ways.into_iter().filter(|(there, _)| *there).map(|(_, method)| method).collect()
    }
}

/// Somebody has shown the password, and is asked for a second factor: on the same device, once, and soon.
#[derive(Debug, Clone)]
pub struct Challenge {
    pub digest: TokenDigest,
    pub owner: UserId,
    pub device: TokenDigest,
    /// How they showed who they are before they were asked.
    pub shown: Method,
    pub transport: Transport,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Challenge {
    /// Long enough to look for the telephone.
    pub const LASTS: Duration = Duration::from_secs(5 * 60);

    pub fn new(
        digest: TokenDigest,
        owner: UserId,
        device: TokenDigest,
        shown: Method,
        transport: Transport,
        now: Timestamp,
    ) -> Self {
        let expires_at = now.plus(Self::LASTS);
        Self { digest, owner, device, shown, transport, created_at: now, expires_at }
    }

    pub fn is_for(&self, device: &TokenDigest, transport: Transport, now: Timestamp) -> bool {
        self.device == *device && self.transport == transport && now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_codes_alone_are_no_factor() {
        let codes = Enrolled { recovery_codes: 10, ..Enrolled::default() };
        assert_eq!(codes.methods(), []);
        let app = Enrolled { totp_since: Some(Timestamp::from_micros(0)), ..Enrolled::default() };
        assert_eq!(app.methods(), [Method::Totp]);
        let all = Enrolled { recovery_codes: 1, passkeys: 1, ..app };
        assert_eq!(all.methods(), [Method::Totp, Method::Passkey, Method::RecoveryCode]);
        for method in Method::ALL {
            assert_eq!(method.as_str().parse(), Ok(method));
        }
    }

    #[test]
    fn a_challenge_is_of_one_device_and_for_its_time() {
        let (now, owner) = (Timestamp::from_micros(0), UserId::new(uuid::Uuid::nil()));
        let device = |n| TokenDigest::of([n; 32]);
        let challenge = Challenge::new(device(9), owner, device(1), Method::Password, Transport::Cookie, now);
        let almost = now.plus(Challenge::LASTS - Duration::from_secs(1));
        assert!(challenge.is_for(&device(1), Transport::Cookie, almost));
        assert!(!challenge.is_for(&device(2), Transport::Cookie, almost));
        assert!(!challenge.is_for(&device(1), Transport::Token, almost));
        assert!(!challenge.is_for(&device(1), Transport::Cookie, now.plus(Challenge::LASTS)));
    }
}
