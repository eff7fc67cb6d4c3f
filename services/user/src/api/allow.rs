//! Which services may ask user what.

use hanse_rpc::{Allow, OPERATOR};
use hanse_user_contract::rpc::DESCRIPTORS;

pub fn allow() -> Allow {
    Allow::new("user", &[DESCRIPTORS])
        // No service asks yet.
        .method("/hanse.user.v1.Profiles/GetProfile", &[OPERATOR])
}
