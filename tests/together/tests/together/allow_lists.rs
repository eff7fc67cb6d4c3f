//! Every question of every contract has its list of callers, and every caller on a list is one of the house.

use super::modules::modules;
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

/// Those who answer nothing but the audit have no contract.
fn contract(service: &str) -> Vec<Descriptors> {
    match service {
        "auth" => vec![hanse_auth_contract::rpc::DESCRIPTORS],
        "user" => vec![hanse_user_contract::rpc::DESCRIPTORS],
        "product" => vec![hanse_product_contract::rpc::DESCRIPTORS],
        "inventory" => vec![hanse_inventory_contract::rpc::DESCRIPTORS],
        "pricing" => vec![hanse_pricing_contract::rpc::DESCRIPTORS],
        "cart" => vec![hanse_cart_contract::rpc::DESCRIPTORS],
        "order" => vec![hanse_order_contract::rpc::DESCRIPTORS],
        "payment" => vec![hanse_payment_contract::rpc::DESCRIPTORS],
        _ => vec![],
    }
}

async fn lists() -> Vec<(Allow, Vec<Descriptors>)> {
    let modules = modules(&TestHost::new(Engine::Sqlite)).await;
    modules.into_iter().map(|module| (module.allow, contract(module.host.service))).collect()
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
