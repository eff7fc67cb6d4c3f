//! Customers' journeys against the real program; one module per kind of story.
// Journeys live in real time, outside the product.
#![allow(clippy::disallowed_methods)]

mod accepted_log;
mod audit;
mod backup;
mod bad_input;
mod buying;
mod command_line;
mod crash;
mod crowd;
mod disk;
mod dlq;
mod edge;
mod erasures;
mod factors;
mod files;
mod folder;
#[path = "../../../../platform/http/tests/http/hostile.rs"]
mod forge;
mod forgotten;
mod hostile;
mod keys;
mod keys_elsewhere;
mod moving;
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
