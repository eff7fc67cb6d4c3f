//! Which services may ask cart what.

use hanse_cart_contract::rpc::DESCRIPTORS;
use hanse_rpc::Allow;

pub fn allow() -> Allow {
    Allow::new("cart", &[DESCRIPTORS])
        .method("/hanse.cart.v1.Carts/GetSnapshot", &["order"])
        .method("/hanse.cart.v1.Carts/Show", &["order"])
        .tells_personal_data()
}
