//! Faults on a real league: every service a process of its own, over private servers, some of them behind lines that a
//! test cuts or slows down. A fault that never fired has proved nothing, so each is counted.
#![allow(clippy::disallowed_methods)]

pub mod bazaar;
pub mod brink;
mod layout;
mod league;
mod listed;
mod load;
mod mail;
mod passers;
mod servers;
mod settings;
mod stranger;
mod trade;
mod trickster;

pub use layout::{Berth, GATEWAY, Layout};
pub use league::{CUSTOMER, League};
pub use listed::{Listed, listed};
pub use load::{Load, Report};
pub use mail::Mail;
pub use passers::{Passers, cares_for_account, leaves_for_good};
pub use servers::{Servers, Store};
pub use stranger::Stranger;
pub use trade::{SETTLES, Trade};
pub use trickster::{Tricks, Trickster};
