//! Which services may ask payment what.

use hanse_payment_contract::rpc::DESCRIPTORS;
use hanse_rpc::Allow;

pub fn allow() -> Allow {
    Allow::new("payment", &[DESCRIPTORS])
        .method("/hanse.payment.v1.Payments/OpenPayment", &["order"])
        .method("/hanse.payment.v1.Payments/Reconcile", &[hanse_rpc::OPERATOR])
        .tells_personal_data()
}
