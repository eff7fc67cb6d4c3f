//! The services of the checkout line, all real, in one process under a clock that only the test moves: for stories that
//! take days, and for what no service can tell about the others by itself.

// It is for tests: the real world is below it, and what cannot go on says so by panicking.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod league;

pub use hanse_order::CaptureMode;
pub use league::{League, Placed, SHAPES, Shape, days, seconds};
