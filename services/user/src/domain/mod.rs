//! What user knows about people: their profile and their address book.

pub mod address;
pub mod book;
pub mod consent;
mod country;
mod fault;
pub mod name;
pub mod profile;

pub use address::PostalAddress;
pub use book::{AddressBook, BookError, SavedAddress};
pub use fault::{Fault, Faults};
pub use name::PersonName;
pub use profile::Profile;
