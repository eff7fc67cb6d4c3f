//! Why a use case said no. What a client may know of it is decided at the edge.

use crate::application::Fault;
use hanse_database::DbError;
use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    #[error(transparent)]
    Store(#[from] DbError),
    #[error("some fields are not valid: {0:?}")]
    Invalid(Vec<Fault>),
    /// Which of the two is not told.
    #[error("the address or the password is wrong")]
    WrongCredentials,
    /// Unknown, used, expired, or of a session that has ended: a thief learns nothing from the difference.
    #[error("the refresh token is not good")]
    RefreshRefused,
    /// Unknown, used, void or expired, which is not told apart.
    #[error("the link is not good any more")]
    LinkRefused,
    /// The account has none to prove anything with.
    #[error("the account has no password")]
    NoPassword,
    #[error("there is no such provider of logins")]
    UnknownProvider,
    #[error("there is no such identity")]
    UnknownIdentity,
    /// Nothing would be left to get in with.
    #[error("it is the last way into the account")]
    LastWayIn,
    #[error(transparent)]
    Provider(#[from] crate::application::ports::ProviderError),
    /// Told to staff alone.
    #[error("the address has an account already")]
    AddressTaken,
    #[error("nobody may grant a role with more permissions than their own")]
    RoleBeyondOwn,
    /// Told alike whether or not the address has an account.
    #[error("too many wrong passwords; wait {} s", .0.as_secs())]
    TooManyTries(Duration),
    #[error("nobody may give a key more permissions than their own")]
    PermissionsBeyondOwn,
    #[error("the shop has as many keys as it can have")]
    TooManyKeys,
    #[error("there is no such role")]
    UnknownRole,
    #[error("the shop has a role of this name")]
    RoleExists,
    #[error("a built-in role stays as it is")]
    RoleBuiltIn,
    #[error("somebody works, or is invited, as this")]
    RoleInUse,
    #[error("the shop has as many roles as it can have")]
    TooManyRoles,
    #[error("nobody of this id works here")]
    UnknownStaff,
    #[error("somebody has to own the shop")]
    LastOwner,
    #[error("there is no such open invitation")]
    UnknownInvitation,
    #[error("the shop has as many open invitations as it can have")]
    TooManyInvitations,
    #[error("the address was invited often enough")]
    InvitedOften,
    #[error("there is no such key")]
    UnknownKey,
    /// Wrong, too old, or used before, which is not told apart.
    #[error("the code is wrong")]
    WrongCode,
    /// Unknown, answered, expired, or of another device, which is not told apart.
    #[error("the challenge is not good any more")]
    ChallengeRefused,
    #[error("an authenticator app is enrolled already")]
    TotpEnrolled,
    #[error("no authenticator app was begun to be enrolled")]
    TotpNotBegun,
    /// Unknown, of somebody else, for something else, too late, or not what was asked for: not told apart.
    #[error("the passkey was not accepted")]
    PasskeyRefused,
    #[error("passkeys need a shop with a name")]
    NoPasskeys,
    #[error("there are as many passkeys as there can be")]
    TooManyPasskeys,
    #[error("there is no such passkey of theirs")]
    UnknownPasskey,
    #[error("who they are was shown too long ago")]
    StepUp,
    #[error("no second factor is enrolled")]
    NoFactor,
    #[error("there is no such session of theirs")]
    UnknownSession,
    #[error("there is no such account")]
    UnknownAccount,
    /// More passwords are waiting to be checked than can be in good time.
    #[error("too many logins at once")]
    Busy,
    #[error("{0}")]
    Crypto(String),
}
