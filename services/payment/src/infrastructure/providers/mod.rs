//! Those who move money.

mod test;
mod webhook_key;

pub use test::TestProvider;
pub use webhook_key::{SIGNATURE, WebhookKey};
