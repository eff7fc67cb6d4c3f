//! Who may call what.

use crate::world::person;
use hanse_kernel::{Actor, Permission};
use hanse_testkit::{Engine, TestHost};
use std::fmt::Write;
use std::sync::Arc;

#[tokio::test]
async fn every_guarded_route_refuses_nobody() {
    let test = TestHost::new(Engine::Sqlite);
    let module = hanse_user::module(test.host("user", hanse_user::MIGRATIONS).await, ()).unwrap();
    assert_eq!(module.routes.unguarded().await, Vec::<String>::new());
    let mut table = String::new();
    for rule in &module.routes.table {
        writeln!(table, "{} {} {}", rule.method, rule.path, rule.access.label()).unwrap();
    }
    insta::assert_snapshot!("the_route_table", table);
}

#[tokio::test]
async fn customers_are_for_staff_who_may_read_them() {
    let test = TestHost::new(Engine::Sqlite);
    let module = hanse_user::module(test.host("user", hanse_user::MIGRATIONS).await, ()).unwrap();
    let user = test.start_idle(module);
    let staff = |permissions: Vec<Permission>| Actor::Staff {
        user: person(9),
        permissions: Arc::new(permissions.into_iter().collect()),
    };
    let all_but_one = Permission::ALL.into_iter().filter(|p| *p != Permission::CustomersRead).collect();
    for (actor, status) in [
        (Actor::Anonymous, 401),
        (Actor::Customer { user: person(1) }, 403),
        (Actor::service("order"), 403),
        (staff(all_but_one), 403),
        (staff(vec![Permission::CustomersRead]), 200),
    ] {
        let answer = user.client(actor.clone()).get("/api/admin/customers").await;
        assert_eq!(answer.status.as_u16(), status, "{actor:?}");
    }
}
