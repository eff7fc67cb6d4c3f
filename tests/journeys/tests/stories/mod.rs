//! Customers' journeys against the real program, one module per kind of story. They are told of both shapes: see who takes this
//! folder in.

mod accepted_log;
mod audit;
mod bad_input;
mod buying;
mod command_line;
mod crowd;
mod dlq;
mod edge;
mod erasures;
mod factors;
mod files;
#[path = "../../../../platform/http/tests/http/hostile.rs"]
mod forge;
mod forgotten;
mod hostile;
mod keys;
mod keys_elsewhere;
mod observation;
mod others;
mod parked;
mod payments;
mod permissions;
mod personal_data;
mod pictures;
mod programs;
mod providers;
mod restart;
mod sessions;
mod staff_work;
mod tls;
mod written_down;
