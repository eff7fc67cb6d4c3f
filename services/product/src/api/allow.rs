//! Which services may ask product what.

use hanse_product_contract::rpc::DESCRIPTORS;
use hanse_rpc::Allow;

pub fn allow() -> Allow {
    Allow::new("product", &[DESCRIPTORS])
        .method("/hanse.product.v1.Catalogue/GetVariants", &["cart", "order", "pricing"])
}
