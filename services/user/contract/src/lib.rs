//! All that other services may see of user: its events and its questions.

use hanse_kernel::UserId;
use serde::{Deserialize, Serialize};

/// The questions other services may ask.
#[allow(clippy::all, clippy::pedantic)]
pub mod rpc {
    tonic::include_proto!("hanse.user.v1");
    /// The compiled proto files.
    pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("descriptors");
}

/// Somebody has asked to be forgotten, or is told of once more after a restore: every service that holds personal data of theirs destroys it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserErased {
    pub user_id: UserId,
}

hanse_envelope::messages! {
    UserErased = "user.UserErased.v1";
}
