//! Customers' journeys against the real program; one module per kind of story.
// Journeys live in real time, outside the product.
#![allow(clippy::disallowed_methods)]

mod audit;
mod bad_input;
mod buying;
mod crash;
mod crowd;
mod files;
mod folder;
mod payments;
mod permissions;
mod restart;
mod staff_work;
