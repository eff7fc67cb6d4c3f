//! Which services may ask auth what.

use hanse_auth_contract::rpc::DESCRIPTORS;
use hanse_rpc::{Allow, OPERATOR};

pub fn allow() -> Allow {
    Allow::new("auth", &[DESCRIPTORS])
        .method("/hanse.auth.v1.Accounts/GetContact", &["notification"])
        .method("/hanse.auth.v1.Accounts/GetLink", &["notification"])
        .method("/hanse.auth.v1.Accounts/GetKeys", &["gateway"])
        .method("/hanse.auth.v1.Accounts/Exchange", &["gateway"])
        .method("/hanse.auth.v1.Accounts/GetContacts", &["user"])
        .method("/hanse.auth.v1.Accounts/FindUser", &["user"])
        .method("/hanse.auth.v1.Accounts/CreateStaff", &[OPERATOR])
        .method("/hanse.auth.v1.Accounts/ProvePassword", &["user"])
        .tells_personal_data()
}
