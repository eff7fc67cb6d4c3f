//! The rules of payments: what each command and each answer of a provider does, and the books. Pure.

mod commands;
mod intent;
mod ledger;
mod payment;
mod reconcile;
mod renewal;
mod results;

pub use intent::{Intent, Kind, Outcome, Phase};
pub use ledger::{Account, Entry, Transaction};
pub use payment::{Action, Moment, NotYet, Payment, Rules, State, Told};
pub use reconcile::{Held, Standing};
