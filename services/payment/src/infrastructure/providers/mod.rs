//! Those who move money.

mod test;

pub use test::TestProvider;
