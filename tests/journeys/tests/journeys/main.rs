//! Customers' journeys against the real program; one module per kind of story. All but those in `embedded` are told twice, of
//! a shop in its data folder and of a league.
// Journeys live in real time, outside the product.
#![allow(clippy::disallowed_methods)]

mod accepted_log;
mod audit;
mod bad_input;
mod buying;
mod command_line;
mod crowd;
mod dlq;
mod edge;
mod embedded;
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
mod restored_league;
mod sessions;
mod staff_work;
mod tls;
mod written_down;
