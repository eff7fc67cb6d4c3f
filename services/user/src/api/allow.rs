//! Which services may ask user what.

use hanse_rpc::{Allow, OPERATOR};
use hanse_user_contract::rpc::DESCRIPTORS;

pub fn allow() -> Allow {
    Allow::new("user", &[DESCRIPTORS])
        // No service asks yet.
        .method("/hanse.user.v1.Profiles/GetProfile", &[OPERATOR])
        // The operator's audit, and the one that a shop does by itself.
        .method("/hanse.user.v1.Erasures/List", &[OPERATOR, "order"])
        .method("/hanse.user.v1.Erasures/Repeat", &[OPERATOR])
}
