//! What auth knows about people and how they prove who they are: pure rules, no store, no clock of its own.

pub mod account;
pub mod api_key;
pub mod device;
pub mod email;
pub mod errand;
pub mod identity;
pub mod invitation;
pub mod link;
pub mod name;
pub mod password;
pub mod refresh;
pub mod role;
pub mod session;
pub mod signing_key;
pub mod token;
pub mod tries;

pub use account::{Account, Standing};
pub use api_key::ApiKey;
pub use device::Acquaintance;
pub use email::{EmailAddress, EmailError};
pub use errand::{Errand, Marks, ReturnPath};
pub use identity::{Entry, Identity, ProviderId, Refusal, Subject, Told, Word};
pub use invitation::Invitation;
pub use link::{AccountLink, Purpose};
pub use name::{NameError, PersonName};
pub use password::{Password, PasswordError, PasswordHash};
pub use refresh::{Presented, RefreshToken};
pub use role::{BuiltIn, CustomRole, Role, RoleName};
pub use session::{Ending, Session, Transport};
pub use signing_key::{KeyPair, KeySchedule, SigningKey};
pub use token::{Token, TokenDigest, TokenKind};
pub use tries::TryKey;
