//! All that other services may see of auth: its events and its questions.

use hanse_kernel::{IdentityId, LinkId, SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};

/// The questions other services may ask.
#[allow(clippy::all, clippy::pedantic)]
pub mod rpc {
    tonic::include_proto!("hanse.auth.v1");
    /// The compiled proto files.
    pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("descriptors");
}

/// Where gateways look whether a session has ended, in the Redis that they share with auth: `<this>:<the session's id>`
/// exists. Kept longer than a gateway believes what an exchange told.
pub const SESSION_ENDED_KEY: &str = "session-ended";

/// How the gateway of the same process hears of sessions that ended, where there is no Redis to tell it through. One that nobody
/// listens to ([`Default`]) forgets what it is told.
#[derive(Debug, Clone, Default)]
pub struct EndedSessions(Option<Arc<Mutex<Vec<SessionId>>>>);

impl EndedSessions {
    /// For a process whose gateway asks for what was told: nothing else takes it out again.
    pub fn listened_to() -> Self {
        Self(Some(Arc::default()))
    }

    pub fn tell(&self, sessions: &[SessionId]) {
        if let Some(told) = &self.0 {
            told.lock().unwrap_or_else(PoisonError::into_inner).extend(sessions);
        }
    }

    /// What was told since it was last asked.
    pub fn told(&self) -> Vec<SessionId> {
        let told = |told: &Arc<Mutex<Vec<SessionId>>>| {
            std::mem::take(&mut *told.lock().unwrap_or_else(PoisonError::into_inner))
        };
        self.0.as_ref().map(told).unwrap_or_default()
    }
}

/// Somebody has an account now. Carries no personal data: notification asks for the address when it sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRegistered {
    pub user_id: UserId,
    /// Staff accounts are made by other staff and get no welcome mail.
    pub staff: bool,
}

/// Somebody tried to register with an address that has an account. They were told nothing; its owner is, by mail. `user_id` is a
/// stranger's where the owner was told often enough of late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationRepeated {
    pub user_id: UserId,
}

/// What a mailed link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkPurpose {
    ResetPassword,
    VerifyEmail,
    /// Goes to the new address.
    ChangeEmail,
    /// To work for the merchant; goes to whoever is asked.
    Invitation,
}

/// A link is to be mailed. Its secret is not in here: notification asks for it when it sends (`GetLink`), and is told then
/// whether there is anybody to send it to. `user_id` is a stranger's where the address had no account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkAsked {
    pub link_id: LinkId,
    pub user_id: UserId,
    pub purpose: LinkPurpose,
}

/// The password of an account is another one now. Its person is told, should it not have been them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordChanged {
    pub user_id: UserId,
    pub changed_at: Timestamp,
}

/// Somebody who knew the password asked for another address. The present one is told, should it not have been its owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailChangeAsked {
    pub user_id: UserId,
    pub link_id: LinkId,
}

/// Somebody logged in with a device that the account had not seen. Its person is told, should it not have been them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewDevice {
    pub user_id: UserId,
    pub session_id: SessionId,
    /// `Firefox on Linux`; none where it does not say.
    pub device: Option<String>,
    pub logged_in_at: Timestamp,
}

/// What somebody shows besides the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// An authenticator app.
    Totp,
    RecoveryCodes,
    Passkey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorChange {
    /// Or put in the place of what was there.
    Added,
    Removed,
}

/// A second factor of an account was added or removed. Its person is told, should it not have been them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactorChanged {
    pub user_id: UserId,
    pub factor: Factor,
    pub change: FactorChange,
    pub changed_at: Timestamp,
}

/// A provider of logins lets somebody into an account from now on. Its owner is told, should it not have been them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityLinked {
    pub user_id: UserId,
    pub identity_id: IdentityId,
    /// What people know it by: `Google`.
    pub provider: String,
}

hanse_envelope::messages! {
    UserRegistered = "auth.UserRegistered.v1";
    RegistrationRepeated = "auth.RegistrationRepeated.v1";
    LinkAsked = "auth.LinkAsked.v1";
    PasswordChanged = "auth.PasswordChanged.v1";
    EmailChangeAsked = "auth.EmailChangeAsked.v1";
    NewDevice = "auth.NewDevice.v1";
    FactorChanged = "auth.FactorChanged.v1";
    IdentityLinked = "auth.IdentityLinked.v1";
}
