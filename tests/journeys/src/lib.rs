//! Customers' journeys against the real program: it is started as a process with a data folder of its own, spoken to
//! over HTTP as anybody would, and ended (or killed) at the end.
//!
//! The program is `$HANSE_TEST_BINARY`, else it is built. Journeys live in real time, outside the product.
#![allow(clippy::disallowed_methods)]

mod binary;
mod crowd;
mod goods;
mod http;
mod process;
mod providers;
mod rush;
mod schema;
mod shape;
mod shop;
mod shopper;
mod store;
mod until;

pub use crowd::{
    Acknowledged, Carts, Crowd, Reckoned, WARES, answers_are_repeated, each_is_there_once, reckon,
};
pub use goods::{Line, csv, form, import, report, stock_of, variants};
pub use http::{Answer, Call, Http};
pub use process::Process;
pub use providers::{links, set_up};
pub use rush::{Fate, Scale, carts, rush};
pub use schema::Schema;
pub use shape::in_a_league;
pub use shop::{Ended, Shop, audited, hanse, hanse_killed_at, hanse_unheard};
pub use shopper::{checkout, checkout_body, fill_cart, key, login, new_cart, pay};
pub use store::Store;
pub use until::{DEADLINE, pause, until, until_within};
