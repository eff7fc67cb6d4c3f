//! Which services may ask order what.

use hanse_order_contract::rpc::DESCRIPTORS;
use hanse_rpc::Allow;

pub fn allow() -> Allow {
    Allow::new("order", &[DESCRIPTORS])
        .method("/hanse.order.v1.Orders/Exists", &["payment", "pricing"])
        .method("/hanse.order.v1.Orders/GetForMail", &["notification"])
        .tells_personal_data()
}
