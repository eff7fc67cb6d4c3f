//! Analytics' use cases: the report, and the whole shop's audit log. Taking events in is one write each, see [`ports::Sales`].

pub mod ports;
pub mod read_log;
pub mod report;
