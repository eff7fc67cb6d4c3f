//! Which services may ask inventory what.

use hanse_inventory_contract::rpc::DESCRIPTORS;
use hanse_rpc::Allow;

pub fn allow() -> Allow {
    Allow::new("inventory", &[DESCRIPTORS]).method("/hanse.inventory.v1.Stock/GetLevels", &["cart"])
}
