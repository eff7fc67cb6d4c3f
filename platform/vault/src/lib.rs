//! What a service stores about people is sealed, each person's with a key of their own: [`Vault`] makes and finds the keys in
//! the service's own database, wrapped by the shop's master key ([`Keyring`]); [`Key`] seals and opens single values;
//! [`Index`] looks for what is sealed; [`Keeper`] seals what was written before, and wraps keys anew when the master key
//! has changed. Whoever is erased loses their key ([`Vault::destroy`]).

mod aead;
mod cache;
mod error;
mod index;
mod keeper;
mod key;
mod keyring;
mod rows;
mod subject;
mod vault;

pub use error::VaultError;
pub use index::Index;
pub use keeper::Keeper;
pub use key::{Column, HeldBy, HeldKey, Key, is_sealed, says_nothing};
pub use keyring::Keyring;
pub use rows::{AfterSealing, Rows};
pub use subject::Subject;
pub use vault::Vault;

hanse_database::migrations!("vault");
