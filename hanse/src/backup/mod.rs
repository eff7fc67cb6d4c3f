//! Backups of a shop in one process, and shops made from them.
//!
//! A backup is a folder: a file per service as all of them were at one moment, the shop's keys (unless they are kept elsewhere) and
//! settings, and a manifest with the digest of each. It has its name only when it is whole.

mod erase;
mod files;
mod keys;
mod make;
mod manifest;
mod restore;

pub use erase::erase;
pub use make::Backup;
pub use manifest::Manifest;
pub use restore::{Restored, open, rebuild, verify};
