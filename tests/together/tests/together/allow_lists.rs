//! Every question of every contract has its list of callers, and every caller on a list is one of the house.

use hanse_rpc::{Allow, Descriptors, Methods};
use hanse_testkit::{Engine, TestHost};

/// What is wrong with a service's list, given its contract.
fn faults(allow: &Allow, contract: &[Descriptors]) -> Vec<String> {
    let mut faults = allow.faults();
    let known: Vec<&str> = allow.methods().paths().collect();
    let forgotten = Methods::of(contract);
    let forgotten = forgotten.paths().filter(|path| !known.contains(path));
    faults.extend(forgotten.map(|path| format!("{}: the list does not know {path}", allow.service())));
    faults
}

async fn lists() -> Vec<(Allow, Vec<Descriptors>)> {
    let bench = TestHost::new(Engine::Sqlite);
    let host = async |service, migrations| bench.host(service, migrations).await;
    let auth = hanse_auth::AuthConfig::default();
    let order = hanse_order::OrderConfig::new([7; 32]);
    let payment = hanse_payment::PaymentConfig::new([8; 32]);
    let mail = hanse_notification::NotificationConfig {
        public_url: "http://localhost".into(),
        shop_name: "Shop".into(),
        from: "shop@example.org".into(),
        smtp_url: None,
    };
    let (none, some) = (Vec::new, |contract| vec![contract]);
    vec![
        (
            hanse_auth::module(host("auth", hanse_auth::MIGRATIONS).await, auth).await.unwrap().allow,
            some(hanse_auth_contract::rpc::DESCRIPTORS),
        ),
        (
            hanse_user::module(host("user", hanse_user::MIGRATIONS).await, ()).unwrap().allow,
            some(hanse_user_contract::rpc::DESCRIPTORS),
        ),
        (
            hanse_product::module(host("product", hanse_product::MIGRATIONS).await, Default::default())
                .unwrap()
                .allow,
            some(hanse_product_contract::rpc::DESCRIPTORS),
        ),
        (
            hanse_inventory::module(host("inventory", hanse_inventory::MIGRATIONS).await, Default::default())
                .unwrap()
                .allow,
            some(hanse_inventory_contract::rpc::DESCRIPTORS),
        ),
        (
            hanse_pricing::module(host("pricing", hanse_pricing::MIGRATIONS).await, Default::default())
                .unwrap()
                .allow,
            some(hanse_pricing_contract::rpc::DESCRIPTORS),
        ),
        (
            hanse_cart::module(host("cart", hanse_cart::MIGRATIONS).await, Default::default()).unwrap().allow,
            some(hanse_cart_contract::rpc::DESCRIPTORS),
        ),
        (
            hanse_order::module(host("order", hanse_order::MIGRATIONS).await, order).unwrap().allow,
            some(hanse_order_contract::rpc::DESCRIPTORS),
        ),
        (
            hanse_payment::module(host("payment", hanse_payment::MIGRATIONS).await, payment).unwrap().allow,
            some(hanse_payment_contract::rpc::DESCRIPTORS),
        ),
        (
            hanse_notification::module(host("notification", hanse_notification::MIGRATIONS).await, mail)
                .unwrap()
                .allow,
            none(),
        ),
        (
            hanse_analytics::module(host("analytics", hanse_analytics::MIGRATIONS).await).unwrap().allow,
            none(),
        ),
    ]
}

#[tokio::test]
async fn every_question_has_a_list_of_callers_who_exist() {
    let lists = lists().await;
    let mut house: Vec<&str> = lists.iter().map(|(allow, _)| allow.service()).collect();
    house.extend(["gateway", "hanse"]);
    for (allow, contract) in &lists {
        assert_eq!(faults(allow, contract), Vec::<String>::new());
        for caller in allow.callers() {
            assert!(house.contains(&caller), "{} lets {caller} ask, which is nobody", allow.service());
        }
    }
}

#[test]
fn a_question_that_nobody_listed_is_found() {
    let contract = [hanse_order_contract::rpc::DESCRIPTORS];
    let half = Allow::new("order", &contract).method("/hanse.order.v1.Orders/Exists", &["pricing"]);
    assert_eq!(
        faults(&half, &contract),
        ["order: /hanse.order.v1.Orders/GetForMail is not in the allow-list"]
    );
    let deaf = faults(&Allow::new("order", &[]), &contract);
    assert_eq!(deaf.len(), 2, "{deaf:?}");
    assert!(deaf[0].contains("the list does not know /hanse.order.v1.Orders/Exists"), "{deaf:?}");
}
