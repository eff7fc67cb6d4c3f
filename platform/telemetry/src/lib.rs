//! Logs, metrics and traces of the process: set up once, by the composition root.

mod json;
mod logs;
mod metrics;
mod traces;

pub use logs::logs;
pub use metrics::{Metrics, metrics};
pub use traces::{Settings, Traces};
