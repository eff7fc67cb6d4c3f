//! The checkout as a table of state × signal. Pure: a signal and the time go in, the next saga and its effects (as
//! data) come out; whoever runs it sends the effects in the same unit of work that saves the saga.

mod deadlines;
mod effect;
#[cfg(test)]
mod explore;
mod forward;
mod held;
#[cfg(test)]
mod properties;
mod reason;
mod repay;
mod signal;
mod state;
mod step;
mod table;
mod undo;
#[cfg(test)]
mod world;

pub use deadlines::{HOLD, LONGEST_HOLD};
pub use effect::{Effect, Milestone, News};
pub use reason::Reason;
pub use signal::{NextAction, Sent, Signal};
pub use state::{
    CaptureMode, Current, OpenCapture, OpenRefund, PendingCancel, Phase, Renewals, Saga, State, Terms,
    UnknownName,
};
pub use step::{Refusal, Step};
pub use table::{Rule, TABLE, Table};
