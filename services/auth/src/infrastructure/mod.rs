//! How auth does what its use cases need: SQL, argon2, Ed25519.

mod access_tokens;
mod account_links;
mod accounts;
mod api_keys;
mod argon;
mod devices;
mod ed25519;
mod examine;
mod invitations;
mod messages;
mod personal;
mod refresh_tokens;
mod roles;
mod session_ends;
mod sessions;
mod signing_keys;
mod tries;
mod vault;

pub use access_tokens::SignedTokens;
pub use account_links::SqlAccountLinks;
pub use accounts::SqlAccounts;
pub use api_keys::SqlApiKeys;
pub use argon::{ArgonPool, Hashing, Peppers};
pub use devices::SqlDevices;
pub use ed25519::Ed25519Keys;
pub use examine::OwnStore;
pub use invitations::SqlInvitations;
pub use messages::OnUserErased;
pub use personal::OwnAccounts;
pub use refresh_tokens::SqlRefreshTokens;
pub use roles::SqlRoles;
pub use session_ends::{NobodyToTell, RedisSessionEnds};
pub use sessions::SqlSessions;
pub use signing_keys::SqlSigningKeys;
pub use tries::SqlTries;
pub use vault::Vault;

hanse_database::migrations!("auth");
