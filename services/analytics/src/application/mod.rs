//! Analytics' use case: the report. Taking events in is one write each, see [`ports::Sales`].

pub mod ports;
pub mod report;
