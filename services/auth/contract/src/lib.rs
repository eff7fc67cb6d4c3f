//! All that other services may see of auth: its events and its questions.

use hanse_kernel::UserId;
use serde::{Deserialize, Serialize};

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

/// Somebody has an account now. Carries no personal data: notification asks for the address when it sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRegistered {
    pub user_id: UserId,
    /// Staff accounts are made by other staff and get no welcome mail.
    pub staff: bool,
}

/// Somebody tried to register with an address that has an account. They were told nothing; its owner may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationRepeated {
    pub user_id: UserId,
}

hanse_envelope::messages! {
    UserRegistered = "auth.UserRegistered.v1";
    RegistrationRepeated = "auth.RegistrationRepeated.v1";
}
